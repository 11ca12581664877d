/** Enlarges a video piece by piece: frames of equal length, pieces that outlive a crash, then one file with the sound as it was. */
import { createWriteStream } from "node:fs";
import { rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { pipeline } from "node:stream/promises";
import type { Artifact } from "../../core/artifact.ts";
import { Failure } from "../../core/failure.ts";
import type { JsonObject } from "../../core/json.ts";
import type { Run } from "../../core/ports/engine.ts";
import { type Ffmpeg, h264Args, posterOf, probe } from "../ffmpeg/index.ts";
import { bt709Tags, toBt709 } from "./colour.ts";
import { checkVideo, type VideoLimits } from "./limits.ts";
import { openPieces, type Pieces } from "./pieces.ts";
import { rateText } from "./rate.ts";
import { makeSteady, type Steady } from "./steady.ts";

export interface Piece {
  index: number;
  /** Number of its first frame. */
  first: number;
  frames: number;
}

/** What an engine works with: it makes every piece that is not done. */
export interface PieceWork {
  pieces: Pieces;
  all: readonly Piece[];
  steady: Steady;
  /** Of a frame of the result. */
  width: number;
  height: number;
  /** @param input what ffmpeg reads the enlarged frames of this piece from, in the folder; without a rate. */
  encode(piece: Piece, input: readonly string[]): Promise<void>;
}

export interface EnlargeParts {
  ffmpeg: Ffmpeg;
  scratch?: string;
  run: Run;
  video: string;
  scale: 2 | 4;
  limits: VideoLimits;
  /** Frames of one piece, by the size of the source. */
  piece(width: number, height: number): number;
  /** All else that a piece depends on, such as the model: pieces of another are of no use. */
  plan: JsonObject;
  work(work: PieceWork): Promise<void>;
}

export interface Enlarged {
  path: string;
  poster: Uint8Array;
  source: Artifact;
  frames: number;
}

/** Sound that an MP4 carries as it is. */
const carried = new Set(["aac", "mp3"]);

export function cutPieces(frames: number, most: number): Piece[] {
  return Array.from({ length: Math.ceil(frames / most) }, (_, index) => ({
    index,
    first: index * most,
    frames: Math.min(most, frames - index * most),
  }));
}

async function download(run: Run, id: string, folder: string): Promise<Artifact> {
  const { artifact, body } = await run.open(id);
  if (!artifact.mediaType.startsWith("video/")) {
    body.destroy();
    throw new Failure("unsupported_media", `${artifact.name} is not a video. upscale_image makes pictures larger.`);
  }
  await pipeline(body, createWriteStream(join(folder, "source.part")), { signal: run.signal });
  await rename(join(folder, "source.part"), join(folder, "source"));
  return artifact;
}

/** `keep` is called with the finished file; what was kept of the work goes afterwards, and stays where the work will be gone on with. */
export async function enlargeVideo(parts: EnlargeParts, keep: (enlarged: Enlarged) => Promise<void>): Promise<void> {
  const { ffmpeg, run, scale, limits } = parts;
  const { signal } = run;
  const plan = { video: parts.video, scale, ...parts.plan };
  const pieces = await openPieces({ job: run.job.id, plan, ...(parts.scratch ? { parent: parts.scratch } : {}) });
  const { folder } = pieces;
  try {
    run.progress({ stage: "loading", fraction: 0 });
    const source = await download(run, parts.video, folder);
    const found = await probe(join(folder, "source"));
    if (!found.video) throw new Failure("unsupported_media", `${source.name} has sound alone, no picture that could be upscaled.`);
    checkVideo(limits, { ...found.video, seconds: found.seconds }, scale);
    const steady = await makeSteady(ffmpeg, folder, "source", Math.min(60, found.video.fps), signal);
    const rate = rateText(steady.fps);
    const all = cutPieces(steady.frames, parts.piece(steady.width, steady.height));
    await parts.work({
      ...{ pieces, all, steady, width: steady.width * scale, height: steady.height * scale },
      async encode({ index }, input) {
        const name = `part-${index}.mp4`;
        // so little loss that the second encoding, of the whole, sees none
        const fine = ["-c:v", "libx264", "-preset", "veryfast", "-crf", "6"];
        const [before, after] = [input.slice(0, -2), input.slice(-2)];
        await ffmpeg.run([...before, "-framerate", rate, ...after, "-vf", toBt709, ...bt709Tags, ...fine, name], { cwd: folder, signal });
        await pieces.finish(index, name);
      },
    });
    run.progress({ stage: "encoding", fraction: 0.95 });
    await writeFile(join(folder, "list.txt"), all.map(({ index }) => `file '${pieces.name(index)}'\n`).join(""));
    const sound = found.audio ? ["-map", "1:a:0", "-c:a", ...(carried.has(found.audio.codec) ? ["copy"] : ["aac", "-b:a", "192k"])] : [];
    await ffmpeg.run(
      [
        ...["-f", "concat", "-safe", "0", "-i", "list.txt", "-i", "source", "-map", "0:v:0"],
        ...sound,
        ...["-map_metadata", "-1"],
        ...h264Args,
        ...bt709Tags,
        "-r",
        rate,
        "enlarged.mp4",
      ],
      { cwd: folder, signal },
    );
    const path = join(folder, "enlarged.mp4");
    const poster = await posterOf(ffmpeg, path, signal);
    run.progress({ stage: "storing", fraction: 0.98 });
    await keep({ path, poster, source, frames: steady.frames });
  } catch (error) {
    if (!goesOn(error, signal)) await pieces.remove();
    throw error;
  }
  await pieces.remove();
}

/** A crash, a stop of the server, a card that was given away: the next attempt goes on. What a person ended, or what fails again, is over. */
function goesOn(error: unknown, signal: AbortSignal): boolean {
  const why: unknown = signal.aborted ? signal.reason : error;
  if (!(why instanceof Failure)) return true;
  return why.code !== "canceled" && (signal.aborted || why.retryable);
}
