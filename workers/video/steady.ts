/** A video in frames of equal length, each of which can be found by its number: what is cut by frames is cut alike each time. */
import { rename } from "node:fs/promises";
import { join } from "node:path";
import { Failure } from "../../core/failure.ts";
import { type Ffmpeg, probe } from "../ffmpeg/index.ts";
import { rateText } from "./rate.ts";

export interface Steady {
  /** Name in the folder. */
  name: string;
  frames: number;
  fps: number;
  width: number;
  height: number;
}

const name = "steady.mp4";

/**
 * Without loss, every frame whole in itself; phones' uneven rates become even, at their mean.
 * What an earlier attempt left is taken. @param fps of the source.
 */
export async function makeSteady(ffmpeg: Ffmpeg, folder: string, source: string, fps: number, signal: AbortSignal): Promise<Steady> {
  const found = await about(folder, fps);
  if (found) return found;
  const part = "steady.part.mp4";
  const lossless = ["-c:v", "libx264", "-preset", "ultrafast", "-qp", "0", "-g", "1", "-pix_fmt", "yuv420p"];
  await ffmpeg.run(
    [
      "-i",
      source,
      "-map",
      "0:v:0",
      "-an",
      "-map_metadata",
      "-1",
      "-vf",
      `fps=${rateText(fps)},scale=trunc(iw/2)*2:trunc(ih/2)*2`,
      ...lossless,
      part,
    ],
    { cwd: folder, signal },
  );
  await rename(join(folder, part), join(folder, name));
  const made = await about(folder, fps);
  if (!made || made.frames < 1)
    throw new Failure("unsupported_media", "The video has no frames that can be read. Export it again as MP4, then retry.");
  return made;
}

async function about(folder: string, fps: number): Promise<Steady | undefined> {
  const { video, seconds } = await probe(join(folder, name)).catch(() => ({ video: undefined, seconds: 0 }));
  if (!video) return undefined;
  return { name, frames: video.frames ?? Math.round(seconds * fps), fps, width: video.width, height: video.height };
}

/** Where ffmpeg begins so that frame `first` is the next: half a frame before it. */
export const seekTo = ({ fps }: Steady, first: number): readonly string[] => ["-ss", Math.max(0, (first - 0.5) / fps).toFixed(6)];
