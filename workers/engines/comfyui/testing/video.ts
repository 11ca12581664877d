/** A fake ComfyUI that has models for videos, and requests for them. */

import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import sharp from "sharp";
import { silentLog } from "../../../../core/log.ts";
import type { MotionRequest, MotionWish } from "../../../../core/ports/video.ts";
import { createFfmpeg, probe, withFolder } from "../../../ffmpeg/index.ts";
import type { FakeOptions } from "./fake-state.ts";
import { videoModels } from "./fake-video-nodes.ts";
import { pair } from "./setup.ts";

export const ffmpeg = createFfmpeg({ log: silentLog });

export const videoPair = (options: FakeOptions = {}, more: Parameters<typeof pair>[1] = {}) =>
  // many small questions are asked at once, on a machine that may be busy
  pair({ ...options, models: { ...videoModels, ...options.models } }, { ffmpeg, ...more, timings: { request: 10_000, ...more.timings } });

export const wish = (more: Partial<MotionWish> = {}): MotionWish => ({ prompt: "a red fox runs", negativePrompt: "", seed: 7, ...more });

export const motionRequest = (more: Partial<MotionRequest> = {}): MotionRequest => ({
  ...{ prompt: "a red fox runs", negativePrompt: "", width: 64, height: 64, frames: 9, fps: 8, motion: 5, seed: 7, steps: 4 },
  model: "wan2.2_ti2v_5B_fp16.safetensors",
  ...more,
});

/** What mediabunny makes of bytes. */
export const probed = (bytes: Uint8Array) =>
  withFolder(undefined, async (folder) => {
    const path = join(folder, "file");
    await writeFile(path, bytes);
    return probe(path);
  });

/** Top-level boxes of an MP4, in their order. */
export function boxes(mp4: Buffer): string[] {
  const found: string[] = [];
  for (let at = 0; at + 8 <= mp4.length; at += Math.max(8, mp4.readUInt32BE(at))) found.push(mp4.toString("latin1", at + 4, at + 8));
  return found;
}

export const picture = async (width = 128, height = 96) =>
  sharp({ create: { width, height, channels: 3, background: { r: 200, g: 90, b: 30 } } })
    .png()
    .toBuffer();

/** A moving test picture, with a tone where it has sound. */
export const film = (options: { size?: string; rate?: string; seconds?: number; sound?: boolean } = {}): Promise<Buffer> =>
  withFolder(undefined, async (folder) => {
    const { size = "64x48", rate = "8", seconds = 2, sound = false } = options;
    const picture = ["-f", "lavfi", "-i", `testsrc=size=${size}:rate=${rate}:duration=${seconds}`];
    const tone = sound ? ["-f", "lavfi", "-i", `sine=frequency=440:duration=${seconds}`, "-c:a", "aac"] : [];
    await ffmpeg.run([...picture, ...tone, "-c:v", "libx264", "-pix_fmt", "yuv420p", "film.mp4"], {
      cwd: folder,
      signal: new AbortController().signal,
    });
    return readFile(join(folder, "film.mp4"));
  });
