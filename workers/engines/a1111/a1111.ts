/** A1111 and Forge behind the engine port: pictures and upscaling over their HTTP API. Nothing of their code is ours (AGPL): HTTP only. */
import type { Engine, ImageCapability, UpscaleCapability } from "../../../core/ports/engine.ts";
import { createApi } from "./api.ts";
import { createOrphans } from "./cancel.ts";
import { createCard } from "./card.ts";
import { createStatus, title, vramNow } from "./engine-status.ts";
import { createImage } from "./image.ts";
import { createInventory, type Files } from "./inventory.ts";
import type { A1111Options } from "./options.ts";
import { createUpscale } from "./upscale.ts";

export type A1111 = Engine & {
  image: ImageCapability;
  upscale: UpscaleCapability;
  release(signal: AbortSignal): Promise<void>;
  close(): Promise<void>;
};

export function createA1111(options: A1111Options): A1111 {
  const api = createApi(options);
  const inventory = createInventory(api, options.modelFamilies);
  const orphans = createOrphans(api, options.log);
  const card = createCard(api, options.log);
  const closing = new AbortController();

  return {
    id: "a1111",
    title,
    gpu: true,
    families: ["a1111-sd15", "a1111-sdxl", "a1111-upscale"],
    // Forge does by itself, A1111 with --medvram
    offloads: true,
    status: createStatus(api, options),
    image: createImage(api, card, orphans, inventory, options),
    upscale: createUpscale(api, inventory, options),
    vram: (signal) => vramNow(api, signal),
    release: (signal) => card.release(AbortSignal.any([signal, closing.signal])),

    async models() {
      const known = await inventory.known();
      const list = (kind: "checkpoints" | "loras" | "upscalers", files: Files | undefined) =>
        files ? files[kind].map((file) => inventory.info(kind, file, files)) : [];
      const note = known?.live ? undefined : `${api.http.address} does not answer${known ? "; this is what it had when last seen" : ""}`;
      const [checkpoints, loras, upscalers] = [
        list("checkpoints", known?.files),
        list("loras", known?.files),
        list("upscalers", known?.files),
      ];
      return { engine: title, checkpoints, loras, upscalers, ...(note ? { note } : {}) };
    },

    async close() {
      closing.abort(new Error("the engine was closed"));
      await orphans.close();
    },
  };
}
