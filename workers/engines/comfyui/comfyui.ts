/** ComfyUI behind the engine port: pictures and upscaling over its HTTP API, with reviewed graphs only. */
import type { Engine, ImageCapability, UpscaleCapability } from "../../../core/ports/engine.ts";
import { createApi } from "./api.ts";
import { createConnection } from "./connection.ts";
import { createStatus, vramNow } from "./engine-status.ts";
import { createImage } from "./image.ts";
import { createInventory, type ModelKind } from "./inventory.ts";
import { type ComfyuiOptions, defaultTimings } from "./options.ts";
import { release } from "./release.ts";
import { createUpscale } from "./upscale.ts";

export type Comfyui = Engine & {
  image: ImageCapability;
  upscale: UpscaleCapability;
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
  const closing = new AbortController();

  return {
    id: "comfyui",
    title: "ComfyUI",
    gpu: true,
    families: ["comfy-sd15", "comfy-sdxl", "comfy-upscale"],
    offloads: true,
    status,
    image: createImage(api, connection, inventory, options),
    upscale: createUpscale(api, connection, inventory, options),
    vram: (signal) => vramNow(api, signal),
    release: (signal) => release(api, options.log, AbortSignal.any([signal, closing.signal])),

    async models() {
      const known = await inventory.known();
      const list = (kind: ModelKind) => each(known?.files[kind] ?? [], (file) => inventory.info(kind, file));
      const [checkpoints, loras, upscalers] = [await list("checkpoints"), await list("loras"), await list("upscalers")];
      const note = known?.live ? undefined : `${api.http.address} does not answer${known ? "; this is what it had when last seen" : ""}`;
      return { engine: "ComfyUI", checkpoints, loras, upscalers, ...(note ? { note } : {}) };
    },

    async close() {
      closing.abort(new Error("the engine was closed"));
      await connection.close();
    },
  };
}
