/** What gpu-host is asked for: the same in every attempt, or a training could not go on from where it was. */
import { createHash } from "node:crypto";
import type { DatasetDetails } from "../../../core/asset.ts";
import type { TrainRequest } from "../../../core/ports/engine.ts";
import { maxLine } from "./limits.ts";
import type { TrainParams } from "./wire.ts";

/** One line without control characters, as gpu-host takes it. */
function line(text: string): string {
  return text
    .replace(/[\p{Cc}\u2028\u2029]+/gu, " ")
    .trim()
    .slice(0, maxLine)
    .trim();
}

export function captionOf(triggerWords: readonly string[], caption: string): string {
  return (
    line(
      [...triggerWords, caption]
        .map((part) => part.trim())
        .filter(Boolean)
        .join(", "),
    ) || "a picture"
  );
}

/** Pixels of a sample: 64 is gpu-host's least step, and a sample larger than the training tells nothing more. */
function sample(request: TrainRequest, prompt: string): TrainParams["samples"][number] {
  const side = request.resolution;
  return { prompt: line(prompt), negative_prompt: "", width: side, height: side, seed: request.seed, steps: 20, scale: 7 };
}

/** With less memory: first fewer pictures at once, then smaller ones. Undefined where there is no less. */
export function smaller(request: TrainRequest): { request: TrainRequest; words: string } | undefined {
  if (request.batchSize > 1) return { request: { ...request, batchSize: 1 }, words: `batch 1 in place of ${request.batchSize}` };
  const least = request.family === "sdxl" ? 512 : 256;
  const resolution = Math.max(least, Math.floor((request.resolution * 0.75) / 64) * 64);
  if (resolution === request.resolution) return undefined;
  return { request: { ...request, resolution }, words: `${resolution} pixels in place of ${request.resolution}` };
}

export function paramsOf(request: TrainRequest, dataset: DatasetDetails): TrainParams {
  return {
    family: request.family,
    base_model: request.baseModel,
    pictures: dataset.pictures.map(({ sha256, caption }) => ({ image: sha256, caption: captionOf(request.triggerWords, caption) })),
    title: line(request.name).slice(0, 80) || "LoRA",
    steps: request.steps,
    rank: request.rank,
    alpha: request.alpha,
    learning_rate: request.learningRate,
    batch_size: request.batchSize,
    resolution: request.resolution,
    optimizer: request.optimizer,
    scheduler: request.scheduler,
    precision: request.precision,
    seed: request.seed,
    save_every: request.saveEvery,
    samples: request.samplePrompts.map((prompt) => sample(request, prompt)),
    sample_every: request.sampleEvery,
  };
}

/** Of the pictures and their captions, for the recipe: two trainings with the same hash saw the same. */
export function datasetHash(params: Pick<TrainParams, "pictures">): string {
  return createHash("sha256").update(JSON.stringify(params.pictures)).digest("hex");
}
