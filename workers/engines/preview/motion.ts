/** Videos without a GPU: a still picture with a slow move of the camera, marked PREVIEW in the picture. */
import { createReadStream } from "node:fs";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import sharp from "sharp";
import { Failure } from "../../../core/failure.ts";
import type { Run } from "../../../core/ports/engine.ts";
import type { MotionCapability, MotionRequest } from "../../../core/ports/video.ts";
import { sizeFor } from "../../../core/sizes.ts";
import { artifactName } from "../../../core/slug.ts";
import { type Ffmpeg, h264Args, posterOf, withFolder } from "../../ffmpeg/index.ts";
import { notAPicture, sourcePicture } from "../source-picture.ts";
import { captionLayers } from "./caption.ts";
import { drawScene } from "./draw.ts";
import { type Move, moveOf, zoomFilter } from "./motion-camera.ts";

export interface PreviewMotionOptions {
  ffmpeg: Ffmpeg;
  /** Folder for what is worked on. Default: the system's for temporary files. */
  scratch?: string;
}

/** Changes whenever the same request would be made otherwise. */
const version = "1";
const model = "preview";
const seconds = { usual: 4, least: 1, most: 10 };
const rate = { usual: 16, least: 8, most: 30 };
const pixels = { usual: 832 * 480, most: 1280 * 720 };
/** The still is this much larger than a frame: a slow move over too few pixels would tremble. */
const detail = 3;

const remedy = "start ComfyUI with a model that makes videos (COMFYUI_URL says where it is)";
const note = `A stand-in: a still picture with a move of the camera, marked PREVIEW. For a real video, ${remedy}.`;

function sizeOf(wish: { width?: number; height?: number; aspect?: string }, image: { width: number; height: number } | undefined) {
  const even = (length: number) => Math.max(128, Math.round(length / 16) * 16);
  if (wish.width !== undefined && wish.height !== undefined) {
    if (wish.width * wish.height > pixels.most || Math.min(wish.width, wish.height) < 128)
      throw new Failure(
        "invalid_input",
        `Previews of videos have at least 128 pixels a side and at most ${pixels.most} pixels (such as 1280x720), not ${wish.width}x${wish.height}.`,
      );
    return { width: even(wish.width), height: even(wish.height) };
  }
  const [across, down] = wish.aspect !== undefined || !image ? sizeFor("sdxl", wish.aspect ?? "wide") : [image.width, image.height];
  const ratio = Math.min(2.5, Math.max(0.4, across / down));
  return { width: even(Math.sqrt(pixels.usual * ratio)), height: even(Math.sqrt(pixels.usual / ratio)) };
}

function checkModel(name: string | undefined): void {
  if (name !== undefined && name !== model)
    throw new Failure(
      "unknown_model",
      `There is no model "${name.slice(0, 200)}" for videos: without a GPU engine there is only "${model}". Leave model out, or ${remedy}.`,
    );
}

async function stillOf(request: MotionRequest, run: Run): Promise<{ still: Buffer; source?: { id: string; name: string } }> {
  const { width, height } = request;
  const large = (picture: Uint8Array) =>
    sharp(picture)
      .autoOrient()
      .resize(width * detail, height * detail, { fit: "cover" })
      .toColourspace("srgb")
      .flatten({ background: "white" })
      .png({ compressionLevel: 1 })
      .toBuffer();
  if (request.image === undefined) return { still: await large(await drawScene({ ...request, model })) };
  const { artifact, bytes } = await sourcePicture(run, request.image);
  const still = await large(bytes).catch((error: unknown) => {
    throw notAPicture(artifact.name, error);
  });
  return { still, source: { id: artifact.id, name: artifact.name } };
}

/** PREVIEW and what was asked for, on nothing: laid over the moving picture, it stands still. */
async function labelOf(request: MotionRequest): Promise<Buffer> {
  const { width, height } = request;
  const nothing = sharp({ create: { width, height, channels: 4, background: { r: 0, g: 0, b: 0, alpha: 0 } } });
  return nothing
    .composite(await captionLayers({ ...request, model }))
    .png()
    .toBuffer();
}

export function createPreviewMotion({ ffmpeg, scratch }: PreviewMotionOptions): MotionCapability {
  const film = async (request: MotionRequest, move: Move, still: Buffer, folder: string, run: Run): Promise<string> => {
    const length = request.frames / request.fps;
    await writeFile(join(folder, "still.png"), still);
    await writeFile(join(folder, "label.png"), await labelOf(request));
    const filter = `[0:v]${zoomFilter(move, request)}[moving];[moving][1:v]overlay=0:0,format=yuv420p`;
    const encode = withoutFilter(h264Args);
    await ffmpeg.run(
      [
        "-i",
        "still.png",
        "-i",
        "label.png",
        "-filter_complex",
        filter,
        ...encode,
        "-r",
        String(request.fps),
        "-frames:v",
        String(request.frames),
        "moving.mp4",
      ],
      {
        cwd: folder,
        signal: run.signal,
        onSeconds: (done) => run.progress({ stage: "sampling", fraction: 0.1 + 0.8 * Math.min(1, done / length) }),
      },
    );
    return join(folder, "moving.mp4");
  };

  return {
    fromWords: async () => true,

    async plan(wish, image) {
      checkModel(wish.model);
      if (wish.image === undefined && wish.prompt.trim() === "")
        throw new Failure(
          "invalid_input",
          "Nothing was said about what is to be seen. Describe the video, or give a picture to start from.",
        );
      if (wish.fps !== undefined && (wish.fps < rate.least || wish.fps > rate.most))
        throw new Failure("invalid_input", `Previews of videos have ${rate.least} to ${rate.most} frames a second, not ${wish.fps}.`);
      const fps = Math.round(wish.fps ?? rate.usual);
      const asked = wish.seconds ?? seconds.usual;
      const frames = Math.round(Math.min(seconds.most, Math.max(seconds.least, asked)) * fps);
      const shortened =
        asked > seconds.most ? [`Previews of videos have at most ${seconds.most} s: it has that instead of ${asked} s.`] : [];
      const request: MotionRequest = {
        ...{ prompt: wish.prompt, negativePrompt: wish.negativePrompt, seed: wish.seed, ...sizeOf(wish, image) },
        ...{ frames, fps, motion: wish.motion ?? 5, steps: wish.steps ?? 20, model },
        ...(wish.image !== undefined ? { image: wish.image } : {}),
      };
      return { request, family: "preview", vramGb: 0, seconds: frames / fps, notes: [...shortened, note] };
    },

    async render(request, run) {
      checkModel(request.model);
      await withFolder(scratch, async (folder) => {
        run.progress({ stage: "loading", fraction: 0 });
        const { still, source } = await stillOf(request, run);
        run.signal.throwIfAborted();
        const move = moveOf(request.seed, request.motion);
        const path = await film(request, move, still, folder, run);
        run.progress({ stage: "encoding", fraction: 0.92 });
        const poster = await posterOf(ffmpeg, path, run.signal);
        run.progress({ stage: "storing", fraction: 0.96 });
        await run.save({
          name: artifactName(request.prompt || source?.name.replace(/\.[a-z0-9]{1,5}$/i, "") || "video", request.seed, "mp4"),
          mediaType: "video/mp4",
          body: createReadStream(path),
          poster,
          recipe: {
            tool: run.job.tool,
            input: run.job.input,
            engine: { id: "preview", version },
            preview: true,
            // moved by rules: no trained model had a part in it
            generated: false,
            details: { model, move: move.name, frames: request.frames, fps: request.fps, ...(source ? { source: source.id } : {}) },
          },
        });
      });
    },
  };
}

/** A filter of its own takes the place of theirs; sizes are even here anyway. */
function withoutFilter(args: readonly string[]): string[] {
  const at = args.indexOf("-vf");
  return at < 0 ? [...args] : [...args.slice(0, at), ...args.slice(at + 2)];
}
