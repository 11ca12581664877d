/** `upscale_image`: the same picture, 2, 3 or 4 times as large, by a neural upscaler. */
import { z } from "zod";
import { Failure } from "../core/failure.ts";
import { pictureSize } from "../core/kinds.ts";
import { defineJobTool } from "../core/tool.ts";
import { artifactId } from "./fields.ts";

const input = z.strictObject({
  image: artifactId.describe("Artifact id of the picture to enlarge."),
  scale: z.literal([2, 3, 4], "2, 3 or 4").default(2).describe("Times as wide and high."),
});

export const upscaleImage = defineJobTool({
  name: "upscale_image",
  title: "Upscale an image",
  alias: "upscale",
  description:
    "Enlarge a picture 2, 3 or 4 times with a neural upscaler (ESRGAN). Returns a job id at once; the picture comes when the job is done.",
  input,
  positional: ["image"],
  artifactFields: ["image"],
  annotations: { readOnly: false, destructive: false, idempotent: false },

  async prepare({ image, scale }, { engines, limits, artifact }) {
    const source = await artifact(image);
    const { width, height } = pictureSize(source, "upscale_image");
    const pixels = width * height * scale * scale;
    if (pixels > limits.maxUpscaledPixels)
      throw new Failure(
        "limit_exceeded",
        `${width * scale}x${height * scale} would have ${pixels} pixels; at most ${limits.maxUpscaledPixels} are allowed (MYSPINBOT_MAX_UPSCALED_PIXELS). Use a smaller scale.`,
      );
    const engine = await engines.upscaler();
    const { family, vramGb } = await engine.upscale.plan({ image, scale }, source);
    return {
      input: { image, scale },
      title: `Upscale ${scale}x: ${source.name.slice(0, 100)}`,
      engine: engine.id,
      family,
      vramGb,
      class: "interactive",
    };
  },

  async run({ image, scale }, engines, run) {
    const engine = engines.get(run.job.engine);
    if (!engine.upscale)
      throw new Failure("engine_unavailable", `${engine.title} cannot upscale pictures. Retry the job with another engine.`);
    await engine.upscale.upscale({ image, scale }, run);
  },
});
