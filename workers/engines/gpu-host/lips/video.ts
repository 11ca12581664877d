/** A video for Wav2Lip: as long as the sound, cut around the face, and with a face in every frame, for it takes no other. */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { Failure } from "../../../../core/failure.ts";
import type { LipsRequest } from "../../../../core/ports/video.ts";
import type { Wish } from "../../../faces/choose.ts";
import { fitted, graphVideoArgs } from "../../../faces/encode.ts";
import type { FaceFinder } from "../../../faces/finder.ts";
import { lookAtVideo } from "../../../faces/look.ts";
import { type Region, regionOf } from "../../../faces/region.ts";
import { placesOf, type Track } from "../../../faces/track.ts";
import { type Ffmpeg, probe } from "../../../ffmpeg/index.ts";
import { fps, givenSize, limits, type Prepared } from "./parts.ts";
import { during, facelessSpans } from "./spans.ts";

/** Seconds between two looks at what will be sent. */
const step = 0.4;

export interface VideoJob {
  finder: FaceFinder;
  ffmpeg: Ffmpeg;
  wish: Wish;
  faceless: LipsRequest["faceless"];
  signal: AbortSignal;
  /** Frames in which the face was looked for so far. */
  onFrame(done: number, of: number): void;
}

/** Failure `invalid_input` with the share. */
export function checkFaceless(track: Track, { name }: Wish, faceless: LipsRequest["faceless"]): void {
  if (track.faceless === 0 || faceless === "keep") return;
  const missing = track.places.filter((place) => place === undefined).length;
  throw new Failure(
    "invalid_input",
    `In ${missing} of ${track.places.length} frames of ${name} that were looked at (${Math.ceil(track.faceless * 100)} %) no face was found. Cut the video to where the face is seen, or ask with faceless keep: those frames then stay as they are.`,
    { fields: [{ path: "faceless", message: "keep" }] },
  );
}

/** As long as the sound, from its beginning again where it is shorter; without its own sound. */
async function lengthened({ ffmpeg, wish, signal }: VideoJob, seconds: number, folder: string): Promise<{ width: number; height: number }> {
  const filter = `${fitted(limits.video.side)},fps=${fps}`;
  const args = ["-stream_loop", "-1", "-i", "face", "-t", seconds.toFixed(3), "-an", ...graphVideoArgs(), "-vf", filter];
  await ffmpeg.run([...args, "-preset", "veryfast", "base.mp4"], { cwd: folder, signal });
  const { video } = await probe(join(folder, "base.mp4"));
  if (!video) throw new Failure("unsupported_media", `${wish.name} has no picture. Give a video that plays in a video player.`);
  return video;
}

/** The face's part of it; where there is none, the surest face stands in. */
async function cut({ ffmpeg, signal }: VideoJob, region: Region, track: Track, seconds: number, folder: string): Promise<void> {
  const spans = facelessSpans(track);
  const size = givenSize(region, Math.ceil(seconds * fps));
  const crop = `crop=${region.width}:${region.height}:${region.x}:${region.y},scale=${size.width}:${size.height}`;
  const encode = [...graphVideoArgs(), "-preset", "veryfast", "part.mp4"];
  if (spans.length === 0)
    return ffmpeg.run(["-i", "base.mp4", "-an", ...encode.slice(0, -1), "-vf", crop, "part.mp4"], { cwd: folder, signal });
  const scores = track.places.map((place) => place?.score ?? -1);
  const surest = scores.indexOf(Math.max(...scores)) * track.step;
  await ffmpeg.run(["-ss", surest.toFixed(3), "-i", "base.mp4", "-frames:v", "1", "-vf", crop, "surest.png"], { cwd: folder, signal });
  const graph = `[0:v]${crop}[part];[part][1:v]overlay=0:0:shortest=1:enable='${during(spans)}'[out]`;
  const inputs = ["-i", "base.mp4", "-loop", "1", "-framerate", String(fps), "-i", "surest.png"];
  await ffmpeg.run([...inputs, "-filter_complex", graph, "-map", "[out]", "-an", ...encode], { cwd: folder, signal });
}

/** @param folder has the video as `face`. Failures `invalid_input`, `unsupported_media`. */
export async function prepareVideo(job: VideoJob, seconds: number, folder: string): Promise<Prepared> {
  const size = await lengthened(job, seconds, folder);
  const look = { step, until: seconds, width: size.width, signal: job.signal, onFrame: job.onFrame };
  const track = await lookAtVideo(job, join(folder, "base.mp4"), job.wish, look);
  checkFaceless(track, job.wish, job.faceless);
  const places = placesOf(track);
  const region = regionOf(places, track.others.flat(), size, job.wish.name);
  await cut(job, region, track, seconds, folder);
  return {
    ...{ width: size.width, height: size.height },
    face: await readFile(join(folder, "part.mp4")),
    faceWidth: Math.min(...places.map(({ width }) => width)),
    faceless: facelessSpans(track),
    over: { file: "base.mp4", still: false, ...region },
  };
}
