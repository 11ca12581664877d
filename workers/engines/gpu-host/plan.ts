/** Fills what the person left open and says what the training needs, before it is asked about. */
import { randomInt } from "node:crypto";
import { Failure } from "../../../core/failure.ts";
import { bytesWords } from "../../../core/limits.ts";
import type { TrainPlan, TrainRequest, TrainWish } from "../../../core/ports/engine.ts";
import { licenceOf } from "../licences.ts";
import type { Api } from "./api.ts";
import { baseModel } from "./base-model.ts";
import { problemsOf } from "./engine-status.ts";
import { bytesFor, secondsFor } from "./estimate.ts";
import type { Known } from "./known.ts";
import { checkLimits } from "./limits.ts";
import type { GpuHostOptions } from "./options.ts";
import { presetFor, saveEveryFor, stepsFor } from "./presets.ts";
import { startFix } from "./wait.ts";

const gigabyte = 1024 ** 3;

function samplePromptsFor(words: readonly string[]): string[] {
  const subject = words.join(", ") || "the subject";
  return [`a photo of ${subject}`, `${subject} on a beach at sunset`];
}

function fill(wish: TrainWish, chosen: { name: string; family: "sd15" | "sdxl" }, cardGb: number): TrainRequest {
  const preset = presetFor(chosen.family, cardGb);
  const rank = wish.rank ?? preset.rank;
  const batchSize = wish.batchSize ?? preset.batchSize;
  const steps = wish.steps ?? stepsFor(chosen.family, wish.pictures, batchSize);
  const saveEvery = wish.saveEvery ?? saveEveryFor(steps);
  return {
    name: wish.name,
    triggerWords: wish.triggerWords,
    dataset: wish.dataset,
    baseModel: chosen.name,
    family: chosen.family,
    steps,
    rank,
    // half the rank is usual
    alpha: wish.alpha ?? Math.max(1, rank / 2),
    learningRate: wish.learningRate ?? preset.learningRate,
    batchSize,
    resolution: wish.resolution ?? preset.resolution,
    optimizer: wish.optimizer ?? preset.optimizer,
    scheduler: wish.scheduler ?? "constant",
    precision: wish.precision ?? preset.precision,
    seed: wish.seed ?? randomInt(0, 2 ** 31 - 1),
    saveEvery,
    sampleEvery: wish.sampleEvery ?? saveEvery,
    samplePrompts: wish.samplePrompts ?? (preset.samples ? samplePromptsFor(wish.triggerWords) : []),
    smallerOnOom: wish.smallerOnOom ?? true,
  };
}

/** Memory beyond the preset's, where the person asks for more than it. Failure `invalid_input` where the card has less than the least: a training cannot work in parts, and no lane would ever take it. */
function vramFor(request: TrainRequest, cardGb: number): number {
  const preset = presetFor(request.family as "sd15" | "sdxl", cardGb);
  const more = (request.batchSize * request.resolution ** 2) / (preset.batchSize * preset.resolution ** 2);
  const base = request.family === "sdxl" ? 5 : 3;
  const gb = Math.min(base + (preset.vramGb - base) * Math.max(0.5, more), Math.max(preset.vramGb, cardGb - 1));
  if (gb > cardGb) {
    const smaller = request.family === "sdxl" ? "Choose an SD 1.5 base model, which needs less, or train" : "Train";
    throw new Failure(
      "invalid_input",
      `Training on ${request.baseModel} needs about ${rounded(gb)} GB of VRAM, and the card has ${rounded(cardGb)} GB (MYSPINBOT_VRAM_GB says how much of it may be used). ${smaller} on a machine with a larger card.`,
    );
  }
  return rounded(gb);
}

const rounded = (gb: number) => Math.round(gb * 10) / 10;

export function createPlan(parts: { api: Api; known: Known; options: GpuHostOptions }): (wish: TrainWish) => Promise<TrainPlan> {
  const { api, known, options } = parts;

  const enoughDisk = async (bytes: TrainPlan["bytes"]): Promise<void> => {
    const short = (where: string, need: number, free: number) =>
      new Failure(
        "storage_full",
        `The training needs ${bytesWords(need)} on ${where}, and ${bytesWords(free)} are free. Free some space, or ask for fewer steps, a smaller rank or a larger save_every.`,
      );
    const there = await api.freeBytes().catch(() => undefined);
    if (there !== undefined && there < bytes.while) throw short("the disk of gpu-host", bytes.while, there);
    const here = await options.loraFolder?.freeBytes().catch(() => undefined);
    if (here !== undefined && here < bytes.after) throw short("the disk of MYSPINBOT_LORA_FOLDER", bytes.after, here);
  };

  const whereUsable = async (): Promise<string> => {
    if (!options.loraFolder)
      return "No LoRA folder is set, so the LoRA will not be usable in render_image by itself: you get its file, to be put into ComfyUI's models/loras. MYSPINBOT_LORA_FOLDER, set to that folder, does it for you.";
    const problem = await options.loraFolder.problem();
    return problem ?? "The LoRA will be usable in render_image as soon as it is trained.";
  };

  return async (wish) => {
    const seen = await known.lately();
    if (!seen)
      throw new Failure(
        "engine_unavailable",
        `A LoRA is trained by gpu-host, and ${api.address} does not answer. ${startFix(api.address)} Then ask again.`,
        {
          retryable: true,
        },
      );
    const problems = problemsOf(seen);
    if (problems.length > 0)
      throw new Failure(
        "engine_unavailable",
        `gpu-host at ${api.address} cannot train: ${[...new Set(problems)].join(" ")} Then ask again.`,
      );
    const card = seen.gpu.cards[0];
    const cardGb = Math.min(card ? card.vram_total / gigabyte : options.vramGb, options.vramGb);
    const chosen = baseModel(seen.trainer, wish, cardGb);
    const request = fill(wish, chosen, cardGb);
    checkLimits(request, wish.pictures);
    const bytes = bytesFor(chosen.family, request);
    await enoughDisk(bytes);
    return {
      request,
      family: "train",
      vramGb: vramFor(request, cardGb),
      seconds: secondsFor(chosen.family, request),
      bytes,
      licence: licenceOf(chosen.name) ?? "unknown",
      notes: [
        await whereUsable(),
        ...(seen.live
          ? []
          : [`gpu-host at ${api.address} does not answer now; the training begins when it is back. ${startFix(api.address)}`]),
        ...(request.saveEvery > request.steps ? ["Nothing is saved before the end: a crash would lose all of it."] : []),
      ],
    };
  };
}
