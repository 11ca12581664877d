/** Upscaling with an ESRGAN-like model. */
import { Failure } from "../../../core/failure.ts";
import type { Run, UpscaleCapability } from "../../../core/ports/engine.ts";
import { upscaledName } from "../../../core/slug.ts";
import type { Api } from "./api.ts";
import type { Connection } from "./connection.ts";
import { upscaleGraph } from "./graph.ts";
import type { Inventory } from "./inventory.ts";
import type { ComfyuiOptions } from "./options.ts";
import { makePictures } from "./pictures.ts";
import { vramGb } from "./templates.ts";
import { uploadPicture } from "./upload.ts";

/** Better ones for photographs and paintings alike first; a 4x model can do 2 and 3 as well, the other way round looks soft. */
const preference = [/ultrasharp/i, /realesrgan[-_]?x4plus(?!.*anime)/i, /^(?!.*anime)(.*(4x|x4).*)/i, /4x|x4/i, /./];

export function usualUpscaler(files: readonly string[]): string | undefined {
  for (const pattern of preference) {
    const found = files.find((file) => pattern.test(file));
    if (found) return found;
  }
  return undefined;
}

export const noUpscaler = () =>
  new Failure(
    "unknown_model",
    "ComfyUI has no upscale model. Put one, such as RealESRGAN_x4plus.pth, into its models/upscale_models folder; no restart is needed.",
  );

export function createUpscale(api: Api, connection: Connection, inventory: Inventory, options: ComfyuiOptions): UpscaleCapability {
  return {
    async plan() {
      const known = await inventory.known();
      const model = known ? usualUpscaler(known.files.upscalers) : "default";
      if (model === undefined) throw noUpscaler();
      return { family: "comfy-upscale", vramGb: vramGb["comfy-upscale"], model };
    },

    async upscale({ image, scale }, run: Run) {
      const { artifact: source, body } = await run.open(image);
      body.destroy();
      if (!source.width || !source.height)
        throw new Failure("unsupported_media", `${source.name} is not a picture. Only PNG, JPEG and WebP pictures can be upscaled.`);
      const width = source.width * scale;
      const height = source.height * scale;
      let model: string | undefined;
      let engineVersion = "";
      await makePictures(api, connection, options.waitMinutes, run, {
        count: 1,
        async prepare(refused) {
          const [files, version] = await Promise.all([refused ? inventory.now() : inventory.recent(), connection.version()]);
          model = usualUpscaler(files.upscalers);
          if (model === undefined) throw noUpscaler();
          engineVersion = version;
        },
        upload: () => uploadPicture(api, run, image),
        graph: (_, promptId, uploaded) =>
          upscaleGraph({ image: uploaded, model: model ?? "", width, height, prefix: `msb/${promptId}/upscaled` }),
        async save(_, { mediaType, body: picture }) {
          await run.save({
            name: upscaledName(source.name, scale, "png"),
            mediaType,
            body: picture,
            recipe: {
              tool: run.job.tool,
              input: run.job.input,
              engine: { id: "comfyui", version: engineVersion },
              preview: false,
              // enlarging invents nothing: a photo stays a photo
              generated: source.recipe?.generated ?? false,
              details: { model: model ?? "", scale, source: source.id, ...(source.recipe?.preview ? { source_preview: true } : {}) },
            },
          });
        },
      });
    },
  };
}
