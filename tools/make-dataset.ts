/** `make_dataset`: photos become a named dataset, checked, cropped and captioned, that a LoRA can be trained on. */
import { z } from "zod";
import { assetName, datasetPictures } from "../core/asset.ts";
import { Failure } from "../core/failure.ts";
import type { DatasetRequest, Engines } from "../core/ports/engine.ts";
import { defineJobTool } from "../core/tool.ts";
import { artifactId, caption } from "./fields.ts";

const { least, most } = datasetPictures;

const input = z.strictObject({
  name: z.string().describe("What it is called."),
  pictures: z
    .array(artifactId)
    .min(1, `attach ${least} to ${most} photos, or a zip of them`)
    .max(most, `at most ${most} at once; a zip counts as one`)
    .describe(`Artifact ids of ${least} to ${most} photos, or of zips.`),
  subject: z.string().trim().max(300).default("").describe("What they show, such as: a brown dog."),
  resolution: z.literal([512, 1024], "512 or 1024").optional().describe("Pixels to crop for. By the models when absent."),
  faces: z.boolean().default(false).describe("Leave out photos without a face."),
  captions: z.array(caption).max(most).default([]).describe("One a photo, in order; else by model or subject."),
});

/** SDXL wants 1024; where the trainer has SD 1.5 alone, 512 is enough. */
async function sideFor(engines: Engines): Promise<512 | 1024> {
  const trainer = await engines.trainer().catch(() => undefined);
  const models = (await trainer?.models().catch(() => undefined))?.bases ?? [];
  return models.length > 0 && models.every(({ family }) => family === "sd15") ? 512 : 1024;
}

const requestOf = (job: z.output<typeof input>, resolution: number): DatasetRequest => ({
  ...{ name: job.name, pictures: job.pictures, subject: job.subject, resolution, faces: job.faces, captions: job.captions },
});

export const makeDataset = defineJobTool({
  name: "make_dataset",
  title: "Make a dataset",
  alias: "dataset",
  description: "Check, crop and caption photos of one thing, person or style for train_lora. Returns a job id at once.",
  input,
  positional: ["name"],
  artifactFields: ["pictures"],
  annotations: { readOnly: false, destructive: false, idempotent: false },
  scope: "train",

  async prepare(wish, { engines, artifact, taken }) {
    const name = assetName(wish.name);
    if (await taken("dataset", name))
      throw new Failure(
        "conflict",
        `You have a dataset "${name}" already, or one is being made. Choose another name, or rename_asset or delete_asset that one first.`,
      );
    const pictures = [...new Set(wish.pictures)];
    const sources = await Promise.all(pictures.map((id) => artifact(id)));
    const request = requestOf({ ...wish, name, pictures }, wish.resolution ?? (await sideFor(engines)));
    const engine = engines.datasets();
    const plan = await engine.dataset.plan(request, sources);
    return {
      input: { ...request },
      title: `Dataset: ${name}`,
      engine: engine.id,
      family: plan.family,
      vramGb: plan.vramGb,
      class: "interactive",
      makes: { kind: "dataset", name, pictures: plan.pictures },
    };
  },

  async run(job, engines, run) {
    const engine = engines.get(run.job.engine);
    if (!engine.dataset) throw new Failure("engine_unavailable", `${engine.title} makes no datasets. Ask for the dataset again.`);
    if (job.resolution === undefined) throw new Failure("invalid_input", "This job lacks a resolution. Ask for the dataset again.");
    await engine.dataset.make(requestOf(job, job.resolution), run);
  },

  work: ({ pictures }) => (Array.isArray(pictures) ? pictures.length : 1),
});
