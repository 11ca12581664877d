/** Videos through the same network, frame by frame; small ones, for a CPU takes seconds a frame. */
import { appendFile, open, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { Failure } from "../../../core/failure.ts";
import type { VideoUpscaleCapability } from "../../../core/ports/video.ts";
import type { Ffmpeg } from "../../ffmpeg/index.ts";
import { enlargeVideo, type PieceWork } from "../../video/enlarge.ts";
import { checkVideo, type VideoLimits } from "../../video/limits.ts";
import { saveEnlarged } from "../../video/save-enlarged.ts";
import { seekTo } from "../../video/steady.ts";
import type { Pixels } from "./pixels.ts";
import { modelName, weightsVersion } from "./weights.ts";

/** Source pixels a second that one core enlarges (measured, either scale): with it, the largest that is taken needs about an hour on two cores. */
const pixelsPerSecond = 40_000;

const cpuVideoLimits: VideoLimits = {
  seconds: 30,
  pixels: 1280 * 720,
  // such as 640 x 360 for 30 s, or 1280 x 720 for 10 s
  pixelSeconds: 640 * 360 * 40,
  resultPixels: 2560 * 1440,
  remedy:
    "Cut it into shorter parts or make it smaller first; with ComfyUI on a graphics card (COMFYUI_URL) longer and larger ones can be.",
};

/** Bytes of the raw frames of one piece, enlarged. */
const pieceBytes = 200_000_000;

export interface CpuVideoParts {
  ffmpeg: Ffmpeg;
  scratch?: string;
  checkInstalled(): void;
  enlarge(source: Pixels, scale: 2 | 4, signal: AbortSignal): Promise<Uint8Array>;
}

const raw = (width: number, height: number) => ["-f", "rawvideo", "-pixel_format", "rgb24", "-video_size", `${width}x${height}`];

export function createCpuVideoUpscale({ ffmpeg, scratch, checkInstalled, enlarge }: CpuVideoParts): VideoUpscaleCapability {
  return {
    async plan({ scale }, source) {
      checkInstalled();
      if (!source.mediaType.startsWith("video/"))
        throw new Failure("invalid_input", `${source.name} is not a video. upscale_image makes pictures larger.`);
      checkVideo(cpuVideoLimits, source, scale);
      return { family: "cpu-upscale", vramGb: 0, model: modelName(scale), notes: notesFor(source) };
    },

    async upscale({ video, scale }, run) {
      checkInstalled();
      const { signal } = run;

      const work = async ({ pieces, all, steady, width, height, encode }: PieceWork): Promise<void> => {
        const cwd = pieces.folder;
        const frameBytes = steady.width * steady.height * 3;
        const say = (frame: number) =>
          run.progress({ stage: "upscaling", fraction: 0.03 + 0.9 * (frame / steady.frames), step: frame, steps: steady.frames });
        for (const piece of all) {
          if (pieces.done(piece.index)) continue;
          const cut = ["-frames:v", String(piece.frames), "-f", "rawvideo", "-pix_fmt", "rgb24"];
          await ffmpeg.run([...seekTo(steady, piece.first), "-i", steady.name, ...cut, "frames.rgb"], { cwd, signal });
          await writeFile(join(cwd, "enlarged.rgb"), "");
          const file = await open(join(cwd, "frames.rgb"));
          try {
            for (let frame = 0; frame < piece.frames; frame++) {
              const rgb = new Uint8Array(frameBytes);
              const { bytesRead } = await file.read(rgb, 0, frameBytes, frame * frameBytes);
              // the last frames of a file that ends in the middle of one
              if (bytesRead < frameBytes) break;
              const enlarged = await enlarge({ width: steady.width, height: steady.height, rgb }, scale, signal);
              await appendFile(join(cwd, "enlarged.rgb"), enlarged);
              say(piece.first + frame + 1);
            }
          } finally {
            await file.close();
          }
          await encode(piece, [...raw(width, height), "-i", "enlarged.rgb"]);
        }
        await Promise.all(["frames.rgb", "enlarged.rgb"].map((name) => rm(join(cwd, name), { force: true })));
      };

      const engine = { id: "cpu-upscale", version: weightsVersion() };
      const model = modelName(scale);
      const piece = (width: number, height: number) =>
        Math.max(1, Math.min(24, Math.floor(pieceBytes / (width * height * scale * scale * 3))));
      const plan = { engine: engine.id, model, version: engine.version };
      await enlargeVideo(
        { ffmpeg, run, video, scale, limits: cpuVideoLimits, plan, piece, work, ...(scratch ? { scratch } : {}) },
        (enlarged) => saveEnlarged(run, enlarged, { engine, model, scale }),
      );
    },
  };
}

function notesFor({ width, height, seconds }: { width?: number; height?: number; seconds?: number }): string[] {
  if (width === undefined || height === undefined || seconds === undefined) return [];
  // most videos of engines have 16 to 30 frames a second
  const minutes = (rate: number) => Math.max(1, Math.round((width * height * seconds * rate) / (2 * pixelsPerSecond) / 60));
  return [`On the CPU this takes about ${minutes(16)} to ${minutes(30)} minutes.`];
}
