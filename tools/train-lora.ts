/** `train_lora`: a dataset becomes a LoRA, which its owner can draw with by name. */
import { randomInt } from "node:crypto";
import type { NeedsYes } from "../core/approval.ts";
import { assetName, datasetPictures } from "../core/asset.ts";
import { describeRange } from "../core/describe.ts";
import { Failure } from "../core/failure.ts";
import { bytesWords } from "../core/limits.ts";
import type { TrainPlan } from "../core/ports/engine.ts";
import { defineJobTool, type PrepareContext } from "../core/tool.ts";
import { isSettled, requestOf, resolvedInput, trainingInput, wishOf } from "./training-input.ts";
import { triggerWordsOf } from "./trigger-words.ts";

interface Chosen {
  /** How the resolved input names it. */
  ref: string;
  name: string;
  pictures: number;
  /** The job that will make it. */
  need?: string;
}

/**
 * By its id where it is ready: that stays when it is renamed. By its name where it is promised: its job, which goes first, tells whose name it was.
 * @param settled whether the reference was shown to a person already: it stays as it was promised then, though it is there by now.
 */
async function datasetFor(ref: string, settled: boolean, { asset }: PrepareContext): Promise<Chosen> {
  const { least, most } = datasetPictures;
  const found = await asset("dataset", ref).catch((error: unknown) => {
    if (!(error instanceof Failure) || error.code !== "unknown_asset") throw error;
    throw new Failure(
      "unknown_asset",
      `${error.message} A LoRA is trained on a dataset: attach ${least} to ${most} photos and make_dataset first.`,
    );
  });
  if (!("asset" in found)) {
    const { promise, job } = found;
    const { name } = promise;
    return { ref: name, name, pictures: promise.kind === "dataset" ? promise.pictures : 0, ...(job ? { need: job } : {}) };
  }
  const { id, name, job, details } = found.asset;
  const pictures = details.kind === "dataset" ? details.pictures.length : 0;
  if (pictures < least)
    throw new Failure(
      "invalid_input",
      `The dataset ${name} has ${pictures} pictures; ${least} to ${most} are needed. Make one of more photos.`,
    );
  return settled && ref !== id ? { ref: name, name, pictures, need: job } : { ref: id, name, pictures };
}

function yesFor({ request, seconds, bytes, licence, notes }: TrainPlan, { name, pictures }: Chosen): NeedsYes {
  // the question has a time of its own where this box has trained before: nobody knows that here
  const time = seconds
    ? `Published figures for such a card say ${describeRange(seconds)}; a Time line, where there is one, is of this box's own trainings.`
    : "No figures are published for such a card; a Time line, where there is one, is of this box's own trainings.";
  return {
    why: [
      `A training has the card for itself: ${request.steps} steps with ${pictures} pictures of the dataset ${name} on ${request.baseModel}.`,
      time,
      `It takes ${bytesWords(bytes.while)} of disk while it runs and ${bytesWords(bytes.after)} after.`,
      licence === "unknown"
        ? "The LoRA inherits the licence of its base model, which is not known here."
        : `The LoRA inherits the licence of its base model: ${licence}.`,
      ...notes,
    ].join(" "),
    statement: "The photos may be used for this, and every person in them has agreed.",
  };
}

export const trainLora = defineJobTool({
  name: "train_lora",
  title: "Train a LoRA",
  alias: "train",
  description:
    "Train a LoRA on a dataset (make_dataset first). Takes minutes to hours; a person must say yes. Returns a job id; when it is done, render_image takes the LoRA by name.",
  input: trainingInput,
  positional: ["name"],
  annotations: { readOnly: false, destructive: false, idempotent: false },
  scope: "train",
  needsYes: () => ({ why: "A training has the card for itself for a long time." }),

  async prepare(wish, context) {
    const name = assetName(wish.name);
    const triggerWords = triggerWordsOf(wish.trigger_words, name);
    if (await context.taken("lora", name))
      throw new Failure(
        "conflict",
        `You have a LoRA "${name}" already, or one is in training. Choose another name, or rename_asset or delete_asset that one first.`,
      );
    const chosen = await datasetFor(wish.dataset ?? name, isSettled(wish), context);
    const { ref, pictures, need } = chosen;
    const trainer = await context.engines.trainer();
    const seed = wish.seed ?? randomInt(0, 2 ** 31 - 1);
    const plan = await trainer.train.plan(wishOf(wish, { name, triggerWords, dataset: ref, pictures, seed }));
    const { request } = plan;
    return {
      input: resolvedInput(request, wish.give_way),
      title: `Train LoRA: ${name} (${request.steps} steps)`,
      engine: trainer.id,
      family: plan.family,
      vramGb: plan.vramGb,
      class: "training",
      makes: { kind: "lora", name, family: request.family, triggerWords },
      yes: yesFor(plan, chosen),
      ...(need ? { needs: [need] } : {}),
    };
  },

  async run(job, engines, run) {
    const engine = engines.get(run.job.engine);
    if (!engine.train) throw new Failure("engine_unavailable", `${engine.title} cannot train. Set GPU_HOST_URL, then retry the job.`);
    await engine.train.train(requestOf(job), run);
  },

  // steps over pixels
  work({ steps, settings }) {
    const { resolution, batch_size } = (settings ?? {}) as { resolution?: number; batch_size?: number };
    return Number(steps) * Number(batch_size) * Number(resolution) ** 2;
  },
});
