/** `upscale_video`: the same video, 2 or 4 times as large, its sound kept. */
import { z } from "zod";
import { Failure } from "../core/failure.ts";
import { upscaledName } from "../core/slug.ts";
import { defineJobTool } from "../core/tool.ts";
import { fileRef } from "./fields.ts";
import { nameOf, needsVideo, standsIn, titled } from "./sources.ts";

const input = z.strictObject({
  video: fileRef.describe("Artifact id of the video."),
  scale: z.literal([2, 4], "2 or 4").default(2).describe("Times as wide and high."),
});

export const upscaleVideo = defineJobTool({
  name: "upscale_video",
  title: "Upscale a video",
  alias: "upscale_video",
  description: "Enlarge a video 2 or 4 times (Real-ESRGAN, frame by frame; the sound stays). Returns a job id at once.",
  input,
  positional: ["video"],
  artifactFields: ["video"],
  annotations: { readOnly: false, destructive: false, idempotent: false },

  async prepare({ video, scale }, { engines, source: find }) {
    const source = needsVideo(await find(video), "upscale_video");
    const engine = await engines.videoUpscaler();
    const { family, vramGb, notes } = await engine.videoUpscale.plan({ video, scale }, source);
    const { width, height, seconds, sound } = source;
    return {
      input: { video, scale },
      title: titled(`Upscale video ${scale}x`, nameOf(source)),
      ...{ engine: engine.id, family, vramGb, class: "interactive" },
      makes: {
        ...{
          kind: "file",
          name: upscaledName(source.name, scale, "mp4"),
          mediaType: "video/mp4",
          preview: source.preview || standsIn(engine),
        },
        ...(width && height ? { width: width * scale, height: height * scale } : {}),
        ...(seconds !== undefined ? { seconds } : {}),
        ...(sound !== undefined ? { sound } : {}),
      },
      ...(notes.length > 0 ? { notes } : {}),
    };
  },

  async run({ video, scale }, engines, run) {
    const engine = engines.get(run.job.engine);
    if (!engine.videoUpscale)
      throw new Failure("engine_unavailable", `${engine.title} cannot upscale videos. Ask for it again; another engine will take it.`);
    await engine.videoUpscale.upscale({ video, scale }, run);
  },
});
