/** Upscaling of videos: as many frames at a time as fit into memory go in as one moving PNG, and come back as pictures. */
import { createReadStream, createWriteStream } from "node:fs";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { pipeline } from "node:stream/promises";
import { Failure } from "../../../core/failure.ts";
import type { VideoUpscaleCapability } from "../../../core/ports/video.ts";
import type { Ffmpeg } from "../../ffmpeg/index.ts";
import { enlargeVideo, type Piece, type PieceWork } from "../../video/enlarge.ts";
import { checkVideo, type VideoLimits } from "../../video/limits.ts";
import { saveEnlarged } from "../../video/save-enlarged.ts";
import { seekTo } from "../../video/steady.ts";
import type { Api } from "./api.ts";
import type { Connection } from "./connection.ts";
import { upscaleGraph } from "./graph.ts";
import type { Inventory } from "./inventory.ts";
import type { ComfyuiOptions } from "./options.ts";
import { makePictures } from "./pictures.ts";
import { vramGb } from "./templates.ts";
import { uploadFile } from "./upload.ts";
import { noUpscaler, usualUpscaler } from "./upscale.ts";
import { patienceWith } from "./wait.ts";

/** What browsers and televisions play (H.264 up to 4K), and what is done within an evening on a home card. */
const videoLimits: VideoLimits = {
  seconds: 60,
  pixels: 1920 * 1080,
  resultPixels: 3840 * 2160,
  remedy: "Cut it into shorter parts, or make it smaller first.",
};

/** Bytes of the enlarged frames of a piece, as ComfyUI holds them in RAM (four bytes a channel): it keeps them until the next piece. */
const ramBytes = 1_500_000_000;
const mostFrames = 16;

/** Factor of a model by its name: most are 4x, and what does not tell is taken for that. */
const factorOf = (model: string) => Number(/(?:^|[^\d])([248])x|x([248])(?!\d)/i.exec(model)?.slice(1).find(Boolean) ?? 4);

export function framesOfPiece(width: number, height: number, model: string): number {
  const bytes = width * height * factorOf(model) ** 2 * 3 * 4;
  return Math.max(1, Math.min(mostFrames, Math.floor(ramBytes / bytes)));
}

const gone = (model: string) =>
  new Failure(
    "unknown_model",
    `ComfyUI no longer has the upscale model ${model}. Put it back into its models/upscale_models folder, or ask for the video again.`,
  );

const framesFile = (piece: number) => `frames-${piece}.png`;
const enlargedFile = (piece: number, frame: number) => `up-${piece}-${String(frame).padStart(3, "0")}.png`;

export function createVideoUpscale(
  api: Api,
  connection: Connection,
  inventory: Inventory,
  ffmpeg: Ffmpeg,
  options: ComfyuiOptions,
): VideoUpscaleCapability {
  return {
    async plan({ scale }, source) {
      if (!source.mediaType.startsWith("video/"))
        throw new Failure("invalid_input", `${source.name} is not a video. upscale_image makes pictures larger.`);
      checkVideo(videoLimits, source, scale);
      const known = await inventory.known();
      const model = known ? usualUpscaler(known.files.upscalers) : "default";
      if (model === undefined) throw noUpscaler();
      return { family: "comfy-upscale", vramGb: vramGb["comfy-upscale"], model, notes: [] };
    },

    async upscale({ video, scale }, run) {
      const say = (note: string) => run.progress({ stage: "waiting", fraction: 0, note });
      // pieces of two models must not meet in one video: which it is must be known first
      const files = await patienceWith(api, options.waitMinutes, run, say).insist(() => inventory.recent());
      const model = usualUpscaler(files.upscalers);
      if (model === undefined) throw noUpscaler();
      let version = "";

      const work = async ({ pieces, all, steady, width, height, encode }: PieceWork): Promise<void> => {
        const { folder } = pieces;
        const came = new Map<number, number>();
        const pieceAt = (index: number) => all[index] as Piece;
        const cut = async ({ index, first, frames }: Piece) => {
          const moving = ["-frames:v", String(frames), "-pix_fmt", "rgb24", "-compression_level", "3", "-plays", "0", "-f", "apng"];
          await ffmpeg.run([...seekTo(steady, first), "-i", steady.name, ...moving, framesFile(index)], {
            cwd: folder,
            signal: run.signal,
          });
        };
        const clear = async (index: number) => {
          const files = Array.from({ length: came.get(index) ?? 0 }, (_, frame) => enlargedFile(index, frame));
          await Promise.all([framesFile(index), ...files].map((file) => rm(join(folder, file), { force: true })));
        };
        await makePictures(api, connection, options.waitMinutes, run, {
          ...{ count: all.length, what: "video", share: { from: 0.02, to: 0.94, called: "part" } },
          done: pieces.done,
          async prepare(refused) {
            if (refused && !(await inventory.now()).upscalers.includes(model)) throw gone(model);
            version = await connection.version();
          },
          async upload(index) {
            await cut(pieceAt(index));
            // each piece a name of its own: one of an earlier attempt may still wait for its frames
            const name = `msb-${run.job.id}-${index}.png`;
            return uploadFile(api, run.signal, { name, mediaType: "image/png", body: createReadStream(join(folder, framesFile(index))) });
          },
          graph: (_, promptId, image) => upscaleGraph({ image, model, width, height, prefix: `msb/${promptId}/upscaled` }),
          async save(index, { body, place }) {
            await pipeline(body, createWriteStream(join(folder, enlargedFile(index, place))));
            came.set(index, place + 1);
          },
          async finished(index) {
            const piece = pieceAt(index);
            const count = came.get(index) ?? 0;
            if (count !== piece.frames)
              throw new Failure(
                "engine_failed",
                `ComfyUI gave back ${count} of ${piece.frames} frames of a part of the video: this version reads moving pictures otherwise. Update ComfyUI, retry the job, and report it if it stays.`,
              );
            await encode(piece, ["-i", `up-${index}-%03d.png`]);
            await clear(index);
          },
        });
      };

      const plan = { engine: "comfyui", model };
      const piece = (width: number, height: number) => framesOfPiece(width, height, model);
      const scratch = options.scratch ? { scratch: options.scratch } : {};
      await enlargeVideo({ ffmpeg, run, video, scale, limits: videoLimits, plan, piece, work, ...scratch }, (enlarged) =>
        saveEnlarged(run, enlarged, { engine: { id: "comfyui", version }, model, scale }),
      );
    },
  };
}
