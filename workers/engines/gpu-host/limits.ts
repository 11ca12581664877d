/** What gpu-host takes, checked before the card is; each refusal names the numbers that are allowed. */
import { Failure } from "../../../core/failure.ts";
import type { TrainRequest } from "../../../core/ports/engine.ts";

const optimizers = ["AdamW", "AdamW8bit", "Adafactor"];
const schedulers = ["constant", "cosine", "linear"];
const precisions = ["bf16", "fp16", "no"];
const maxPictures = 500;
const maxSaves = 200;
const maxSamples = 2000;
/** Characters of a caption, trigger words included, and of a sample prompt. */
export const maxLine = 1000;

type Problem = { path: string; message: string };

function range(path: string, value: number, least: number, most: number, whole = true): Problem[] {
  const fits = value >= least && value <= most && (!whole || Number.isInteger(value));
  return fits ? [] : [{ path, message: `${path} ${value} is not allowed: ${whole ? "a whole number from " : ""}${least} to ${most}` }];
}

function oneOf(path: string, value: string, words: readonly string[]): Problem[] {
  return words.includes(value) ? [] : [{ path, message: `${path} must be one of ${words.join(", ")}` }];
}

/** Failure `invalid_input` that names every field at once. */
export function checkLimits(request: TrainRequest, pictures: number): void {
  const { steps, saveEvery, sampleEvery, samplePrompts, rank, alpha, resolution, family } = request;
  const problems: Problem[] = [
    ...range("pictures", pictures, 1, maxPictures),
    ...range("steps", steps, 1, 20_000),
    ...range("rank", rank, 1, 128),
    ...(alpha > 0 && alpha <= rank
      ? []
      : [{ path: "alpha", message: `alpha ${alpha} is not allowed: above 0, and at most the rank (${rank})` }]),
    ...range("learning_rate", request.learningRate, 1e-7, 1e-2, false),
    ...range("batch_size", request.batchSize, 1, 8),
    ...range("resolution", resolution, family === "sdxl" ? 512 : 256, 1536),
    ...(resolution % 64 === 0 ? [] : [{ path: "resolution", message: `resolution ${resolution} is not allowed: a multiple of 64` }]),
    ...range("seed", request.seed, 0, 2 ** 31 - 1),
    ...oneOf("optimizer", request.optimizer, optimizers),
    ...oneOf("scheduler", request.scheduler, schedulers),
    ...oneOf("precision", request.precision, precisions),
    ...range("save_every", saveEvery, Math.max(1, Math.ceil(steps / maxSaves)), 20_000),
    ...range("sample_every", sampleEvery, 1, 20_000),
    ...(samplePrompts.length <= 8 ? [] : [{ path: "sample_prompts", message: "at most 8 sample prompts" }]),
    ...(samplePrompts.every((prompt) => prompt.trim() !== "" && prompt.length <= maxLine)
      ? []
      : [{ path: "sample_prompts", message: `each sample prompt must have 1 to ${maxLine} characters` }]),
    ...((steps / sampleEvery) * samplePrompts.length <= maxSamples
      ? []
      : [{ path: "sample_every", message: `that would be more than ${maxSamples} sample pictures: raise sample_every` }]),
  ];
  if (problems.length > 0)
    throw new Failure("invalid_input", `The training cannot be like that: ${problems.map(({ message }) => message).join("; ")}.`, {
      fields: problems,
    });
}
