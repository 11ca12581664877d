/** What can be said of a training: few fields for a person, and the fine settings that its preset fills. */
import { z } from "zod";
import { Failure } from "../core/failure.ts";
import type { JsonObject } from "../core/json.ts";
import type { TrainRequest, TrainWish } from "../core/ports/engine.ts";
import { assetRef } from "./assets.ts";
import { rare } from "./fields.ts";

// bounds of the fine settings are the trainer's: whoever gives one has read about it, and every model reads this schema
const word = z.string().optional();
const figure = z.number().optional();

const settings = z.strictObject({
  family: word.describe("sd15 or sdxl."),
  resolution: figure.describe("Pixels."),
  batch_size: figure.describe("Pictures a step."),
  learning_rate: figure.describe("Of all layers."),
  alpha: figure.describe("At most the rank."),
  optimizer: word.describe("AdamW8bit, AdamW or Adafactor."),
  scheduler: word.describe("constant, cosine or linear."),
  precision: word.describe("bf16, fp16 or no."),
  save_every: figure.describe("Steps."),
  sample_every: figure.describe("Steps."),
});

export const trainingInput = z.strictObject({
  name: z.string().describe("What the LoRA is called."),
  trigger_words: z
    .array(z.string().trim().min(1).max(50, "at most 50 characters each"))
    .min(1, "1 to 5")
    .max(5, "1 to 5")
    .describe("1 to 5 that call it up; they mean nothing yet, such as: bsct dog."),
  dataset: assetRef.optional().describe("Name or id. Default: the one of the same name."),
  base_model: z.string().max(200).optional().describe("Checkpoint to train on. By the card when absent."),
  steps: z.int().min(1).max(20_000, "1 to 20000 steps").optional().describe("By the number of pictures when absent."),
  rank: z.int().min(1).max(128).optional().describe("1 to 128."),
  seed: z
    .int()
    .min(0)
    .max(2 ** 31 - 1)
    .optional()
    .describe("Random when absent."),
  sample_prompts: z.array(z.string()).max(8).optional().describe("Prompts of the samples; an empty list: none."),
  give_way: z.boolean().default(false).describe("Let others use the card between saves."),
  smaller_on_out_of_memory: z.boolean().default(true).describe("Then try once with less."),
  settings: rare(settings.optional().describe("Fine settings; each by the preset when absent.")),
});

type Wish = z.output<typeof trainingInput>;

export function settingsOf(input: JsonObject): z.output<typeof settings> {
  return settings.safeParse(input["settings"]).data ?? {};
}

export function wishOf(wish: Wish, resolved: Pick<TrainWish, "name" | "triggerWords" | "dataset" | "pictures" | "seed">): TrainWish {
  const given = {
    baseModel: wish.base_model,
    steps: wish.steps,
    rank: wish.rank,
    samplePrompts: wish.sample_prompts,
    family: wish.settings?.family,
    resolution: wish.settings?.resolution,
    batchSize: wish.settings?.batch_size,
    learningRate: wish.settings?.learning_rate,
    alpha: wish.settings?.alpha,
    optimizer: wish.settings?.optimizer,
    scheduler: wish.settings?.scheduler,
    precision: wish.settings?.precision,
    saveEvery: wish.settings?.save_every,
    sampleEvery: wish.settings?.sample_every,
  };
  const known = Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined)) as Partial<TrainRequest>;
  return { ...known, ...resolved, smallerOnOom: wish.smaller_on_out_of_memory };
}

/** The input that will run, every choice made. */
export function resolvedInput(request: TrainRequest, giveWay: boolean): JsonObject {
  return {
    name: request.name,
    trigger_words: request.triggerWords,
    dataset: request.dataset,
    base_model: request.baseModel,
    steps: request.steps,
    rank: request.rank,
    seed: request.seed,
    sample_prompts: request.samplePrompts,
    give_way: giveWay,
    smaller_on_out_of_memory: request.smallerOnOom,
    settings: {
      family: request.family,
      resolution: request.resolution,
      batch_size: request.batchSize,
      learning_rate: request.learningRate,
      alpha: request.alpha,
      optimizer: request.optimizer,
      scheduler: request.scheduler,
      precision: request.precision,
      save_every: request.saveEvery,
      sample_every: request.sampleEvery,
    },
  };
}

function complete(job: Wish): TrainRequest | undefined {
  const { name, dataset = name, seed } = job;
  const given = { name, triggerWords: job.trigger_words, dataset, pictures: 0, ...(seed === undefined ? {} : { seed }) };
  const { pictures: _pictures, ...request } = wishOf(job, given);
  const whole = (wish: Partial<TrainRequest>): wish is TrainRequest => resolvedKeys.every((key) => wish[key] !== undefined);
  return whole(request) ? request : undefined;
}

/** Whether every choice was made before: it is what a person was shown, or what ran. */
export function isSettled(wish: Wish): boolean {
  return complete(wish) !== undefined;
}

/** What the trainer is told. Failure `invalid_input` where a choice is missing. */
export function requestOf(job: Wish): TrainRequest {
  const request = complete(job);
  if (!request) throw new Failure("invalid_input", "This training lacks some of its settings. Ask for it again.");
  return request;
}

const resolvedKeys = [
  ...(["name", "baseModel", "family", "triggerWords", "dataset", "steps", "rank", "alpha", "learningRate", "batchSize"] as const),
  ...(["resolution", "optimizer", "scheduler", "precision", "seed", "saveEvery", "sampleEvery", "samplePrompts", "smallerOnOom"] as const),
];
