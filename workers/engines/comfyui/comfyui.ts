/** ComfyUI behind the engine port: pictures, videos and upscaling over its HTTP API, with reviewed graphs only. */
import type { Engine, ImageCapability, ModelInfo, UpscaleCapability } from "../../../core/ports/engine.ts";
import type { MotionCapability, VideoUpscaleCapability } from "../../../core/ports/video.ts";
import { createFfmpeg } from "../../ffmpeg/index.ts";
import { createApi } from "./api.ts";
import { createConnection } from "./connection.ts";
import { createStatus, vramNow } from "./engine-status.ts";
import { createImage } from "./image.ts";
import { createInventory, type ModelKind } from "./inventory.ts";
import { usableMotion } from "./motion/choose.ts";
import { createMotion } from "./motion/motion.ts";
import { createStockRoom } from "./motion/stock.ts";
import { type ComfyuiOptions, defaultTimings } from "./options.ts";
import { release } from "./release.ts";
import { createUpscale } from "./upscale.ts";
import { createVideoUpscale } from "./video-upscale.ts";

export type Comfyui = Engine & {
  image: ImageCapability;
  upscale: UpscaleCapability;
  motion: MotionCapability;
  videoUpscale: VideoUpscaleCapability;
  release(signal: AbortSignal): Promise<void>;
  close(): Promise<void>;
};

/** Metadata of this many files is read at a time. */
const atOnce = 8;

async function each<T, R>(items: readonly T[], work: (item: T) => Promise<R>): Promise<R[]> {
  const done: R[] = [];
  for (let start = 0; start < items.length; start += atOnce)
    done.push(...(await Promise.all(items.slice(start, start + atOnce).map(work))));
  return done;
}

export function createComfyui(options: ComfyuiOptions): Comfyui {
  const api = createApi(options, { ...defaultTimings, ...options.timings });
  const inventory = createInventory(api, options.modelFamilies);
  const status = createStatus(api, options);
  const connection = createConnection(api, options.log);
  const stock = createStockRoom(api);
  const ffmpeg = options.ffmpeg ?? createFfmpeg({ log: options.log });
  const closing = new AbortController();

  /** What makes videos as things are, for the list; those that lack a part are named when they are asked for. */
  const motion = async (): Promise<ModelInfo[]> => {
    const here = await stock.known();
    const all = here ? [...usableMotion(here, "image", options.modelFamilies), ...usableMotion(here, "words", options.modelFamilies)] : [];
    const infos = all.map(({ model, kind }) => ({ name: model, family: kind.shown, licence: kind.licence }));
    return infos.filter(({ name }, index) => infos.findIndex((info) => info.name === name) === index);
  };

  return {
    id: "comfyui",
    title: "ComfyUI",
    gpu: true,
    families: ["comfy-sd15", "comfy-sdxl", "comfy-upscale", "comfy-wan", "comfy-ltx", "comfy-svd"],
    offloads: true,
    status,
    image: createImage(api, connection, inventory, options),
    upscale: createUpscale(api, connection, inventory, options),
    motion: createMotion(api, connection, stock, ffmpeg, options),
    videoUpscale: createVideoUpscale(api, connection, inventory, ffmpeg, options),
    vram: (signal) => vramNow(api, signal),
    release: (signal) => release(api, options.log, AbortSignal.any([signal, closing.signal])),

    async models() {
      const known = await inventory.known();
      const list = (kind: ModelKind) => each(known?.files[kind] ?? [], (file) => inventory.info(kind, file));
      const [checkpoints, loras, upscalers] = [await list("checkpoints"), await list("loras"), await list("upscalers")];
      const videos = known?.live ? await motion() : [];
      const note = known?.live ? undefined : `${api.http.address} does not answer${known ? "; this is what it had when last seen" : ""}`;
      return { engine: "ComfyUI", checkpoints, loras, upscalers, ...(videos.length ? { motion: videos } : {}), ...(note ? { note } : {}) };
    },

    async close() {
      closing.abort(new Error("the engine was closed"));
      await connection.close();
    },
  };
}
