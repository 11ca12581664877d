/** A video as an engine left it becomes one that plays everywhere; what is none is named for what it is. */
import { open, rename } from "node:fs/promises";
import { join } from "node:path";
import { Failure } from "../../core/failure.ts";
import { type Ffmpeg, h264Args, type Probed, probe } from "../ffmpeg/index.ts";
import { bt709Tags, toBt709 } from "./colour.ts";
import { rateText } from "./rate.ts";

export interface Left {
  mediaType: string;
  path: string;
}

export interface PlayableOptions {
  /** In which `path`s of pictures lie, named as `frameName` names them, and the result is written. */
  folder: string;
  /** Of pictures, which have none themselves. */
  fps: number;
  /** Who made it, such as `ComfyUI`. */
  maker: string;
  signal: AbortSignal;
}

export interface Playable {
  /** MP4: H.264, yuv420p, index first, without what the maker wrote into it. */
  path: string;
  seconds: number;
  width: number;
  height: number;
  fps: number;
  frames: number;
}

/** Name of picture `index` of a video that comes as pictures. */
export const frameName = (index: number): string => `frame-${String(index).padStart(6, "0")}.png`;
const framePattern = "frame-%06d.png";

async function begins(path: string): Promise<Buffer> {
  const file = await open(path);
  try {
    const { bytesRead, buffer } = await file.read(Buffer.alloc(64), 0, 64, 0);
    return buffer.subarray(0, bytesRead);
  } finally {
    await file.close();
  }
}

function noVideo(maker: string, what: string, cause?: unknown): Failure {
  return new Failure("engine_failed", `${maker} said that the video is done, but ${what}. Look at its log, then retry the job.`, { cause });
}

async function checked(path: string, maker: string): Promise<Probed & { video: NonNullable<Probed["video"]> }> {
  const head = await begins(path);
  if (head.length === 0) throw noVideo(maker, "the file is empty");
  if (/^\s*</.test(head.toString("latin1"))) throw noVideo(maker, "the file is a web page, as a proxy in between may send it");
  const found = await probe(path).catch((error: unknown) => {
    throw noVideo(maker, "the file is broken or no video", error);
  });
  if (!found.video || found.video.frames === 0 || !(found.seconds > 0)) throw noVideo(maker, "there are no frames in it");
  return { ...found, video: found.video };
}

/** Failure `engine_failed` where what was left is no video. @param left one video, or its frames in order. */
export async function playable(ffmpeg: Ffmpeg, left: readonly Left[], options: PlayableOptions): Promise<Playable> {
  const { folder, fps, maker, signal } = options;
  const first = left[0];
  if (!first) throw noVideo(maker, "it left no file");
  const path = join(folder, "playable.mp4");
  const run = (args: readonly string[]) => ffmpeg.run([...args, "playable.part.mp4"], { cwd: folder, signal });
  if (first.mediaType.startsWith("image/") && first.mediaType !== "image/gif") {
    if (left.length < 2) throw noVideo(maker, "it left a single picture");
    const rate = rateText(fps);
    const encode = h264Args.map((arg) => (arg.startsWith("scale=") ? `${arg},${toBt709}` : arg));
    await run(["-framerate", rate, "-start_number", "0", "-i", framePattern, ...encode, ...bt709Tags, "-r", rate]);
  } else {
    const { video } = await checked(first.path, maker);
    const isMp4 = (await begins(first.path)).toString("latin1", 4, 8) === "ftyp";
    // ComfyUI writes the graph into it, prompt and all, and the index last
    const plain = ["-map", "0:v:0", "-map", "0:a:0?", "-map_metadata", "-1", "-map_chapters", "-1"];
    if (video.codec === "avc" && isMp4) await run(["-i", first.path, ...plain, "-c", "copy", "-movflags", "+faststart"]);
    else await run(["-i", first.path, ...plain, ...h264Args, "-c:a", "aac"]);
  }
  await rename(join(folder, "playable.part.mp4"), path);
  const { video, seconds } = await checked(path, maker);
  return {
    path,
    seconds,
    width: video.width,
    height: video.height,
    fps: video.fps,
    frames: video.frames ?? Math.round(seconds * video.fps),
  };
}
