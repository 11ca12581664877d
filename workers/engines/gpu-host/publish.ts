/** Makes a trained LoRA a result: weights and samples saved, the weights where the renderer reads them, the asset said. */
import { createReadStream } from "node:fs";
import { rm } from "node:fs/promises";
import { buffer } from "node:stream/consumers";
import type { Recipe } from "../../../core/artifact.ts";
import { type Asset, assetIdOf } from "../../../core/asset.ts";
import { Failure } from "../../../core/failure.ts";
import type { Run, TrainRequest } from "../../../core/ports/engine.ts";
import { artifactName } from "../../../core/slug.ts";
import { insist } from "../../insist.ts";
import type { LoraFolder } from "../../lora-folder.ts";
import { licenceOf } from "../licences.ts";
import type { Patience } from "../patience.ts";
import type { Api } from "./api.ts";
import type { Wanted } from "./fetch.ts";
import { Refused } from "./http.ts";
import { type LeftFile, leftOf } from "./left.ts";
import { datasetHash } from "./params.ts";
import { fetchWeights, type Weights } from "./result.ts";
import type { Scratch } from "./scratch.ts";
import type { Teller } from "./teller.ts";
import type { RunView, TrainParams } from "./wire.ts";

/** Sample pictures that are kept with a LoRA, the latest. */
const maxSamples = 40;

export interface PublishParts {
  api: Api;
  run: Run;
  patience: Patience;
  teller: Teller;
  loraFolder: LoraFolder | undefined;
  scratch: Scratch;
  /** Of gpu-host and its trainer. */
  version: string;
}

export interface Trained {
  /** As it was asked for. */
  asked: TrainRequest;
  /** As it ran in the end, perhaps with less memory. */
  ran: TrainRequest;
  params: TrainParams;
  dataset: Asset;
  wanted: Wanted;
  /** Those of the same settings, newest first. */
  runs: readonly RunView[];
}

function recipeOf({ run, version }: PublishParts, trained: Trained, { sha256, steps }: Pick<Weights, "sha256" | "steps">): Recipe {
  const { ran, asked, params, dataset } = trained;
  return {
    tool: run.job.tool,
    input: run.job.input,
    engine: { id: "gpu-host", version },
    preview: false,
    generated: true,
    details: {
      base_model: ran.baseModel,
      family: ran.family,
      licence: licenceOf(ran.baseModel) ?? "unknown",
      trigger_words: ran.triggerWords,
      dataset: dataset.id,
      dataset_sha256: datasetHash(params),
      pictures: params.pictures.length,
      steps,
      steps_asked: asked.steps,
      batch_size: ran.batchSize,
      resolution: ran.resolution,
      weights_sha256: sha256,
    },
  };
}

async function saveSample({ api, run, patience }: PublishParts, file: LeftFile, name: string, recipe: Recipe): Promise<boolean> {
  try {
    const body = await patience.insist(async () => buffer(await api.file(file.run, file.name, run.signal)));
    await run.save({ name, mediaType: "image/png", body, recipe });
    return true;
  } catch (error) {
    // a sample that is gone is no reason to lose the LoRA
    if (!(error instanceof Refused)) throw error;
    run.log.warn({ err: error, sample: file.name }, "a sample picture is no longer in gpu-host");
    return false;
  }
}

async function place({ run, loraFolder, teller }: PublishParts, { path, sha256 }: Weights): Promise<void> {
  if (!loraFolder) return;
  try {
    // whose folder it is stands in the database, which may be away for a moment
    await insist(() => loraFolder.place(assetIdOf(run.job.id), createReadStream(path), sha256), run.signal, run.log);
  } catch (error) {
    // the weights are saved: they are placed again at the next look
    run.log.warn({ err: error }, "a LoRA could not be put into the folder that the renderer reads");
    const why =
      error instanceof Failure
        ? error.message
        : "The LoRA folder could not be written; the LoRA becomes usable within an hour of that being mended";
    teller.stage("storing", why);
  }
}

/** Failures `engine_failed`, `engine_lost`, `storage_*`. */
export async function publish(parts: PublishParts, trained: Trained): Promise<void> {
  const { api, run, patience, teller } = parts;
  const { asked, ran, dataset, params } = trained;
  teller.stage("storing");
  const folder = await parts.scratch.folder();
  try {
    const weights = await fetchWeights(api, trained.wanted, folder, run, patience);
    const recipe = recipeOf(parts, trained, weights);
    const name = artifactName(ran.name, ran.seed, "safetensors");
    await run.save({ name, mediaType: "application/x-safetensors", body: createReadStream(weights.path), recipe });
    const left = await patience.insist(() => leftOf(api, trained.runs, run.signal));
    const samples: string[] = [];
    for (const file of left.samples.filter(({ step }) => step <= weights.steps).slice(-maxSamples)) {
      const prompt = params.samples[file.index]?.prompt ?? "";
      // the step first: a long name is cut at its end, and each file must have its own
      const picture = artifactName(`step ${file.step} ${ran.name}`, file.index + 1, "png");
      const details = { ...recipe.details, sample_of_step: file.step, prompt };
      if (await saveSample(parts, file, picture, { ...recipe, details })) samples.push(picture);
    }
    await place(parts, weights);
    run.makeAsset({
      kind: "lora",
      family: ran.family,
      triggerWords: ran.triggerWords,
      baseModel: ran.baseModel,
      licence: licenceOf(ran.baseModel) ?? "unknown",
      rank: ran.rank,
      steps: weights.steps,
      stepsAsked: asked.steps,
      resolution: ran.resolution,
      dataset: dataset.id,
      pictures: params.pictures.length,
      artifact: run.artifactIdOf(name),
      sha256: weights.sha256,
      samples: samples.map((picture) => run.artifactIdOf(picture)),
    });
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
