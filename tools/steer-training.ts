/** `steer_training`: a word to a training that runs: a sample now, a state now, or end here and keep what there is. */
import { z } from "zod";
import { Failure } from "../core/failure.ts";
import { type JobWithArtifacts, orderNames } from "../core/job.ts";
import type { Principal } from "../core/principal.ts";
import type { Studio } from "../core/studio.ts";
import { defineAnswerTool } from "../core/tool.ts";
import { jobId } from "./fields.ts";
import { jobAnswer } from "./jobs.ts";
import { settingsOf } from "./training-input.ts";

/** The next multiple of `every` after the step that it is at, the end being one too. */
function nextStep(job: JobWithArtifacts, every: number | undefined): string {
  const { step = 0 } = job.progress ?? {};
  const steps = Number(job.input["steps"]);
  return every === undefined ? "" : ` By itself it does so at step ${Math.min((Math.floor(step / every) + 1) * every, steps)} of ${steps}.`;
}

function said(job: JobWithArtifacts, order: (typeof orderNames)[number]): string {
  const settings = settingsOf(job.input);
  if (order === "keep")
    return "The training was told to end here: what it saved last becomes the LoRA. Where it has saved nothing yet, it ends at its first save. ";
  if (order === "save") return `The training was told to save now, if its trainer takes that.${nextStep(job, settings.save_every)} `;
  return `The training was told to draw a sample now, if its trainer takes that.${nextStep(job, settings.sample_every)} `;
}

/** Seconds in which a training that can be reached says what it does with an order. */
const hearing = 2;

/** The job with what the training says to it, where it says so soon. */
async function heard(studio: Studio, principal: Principal, job: JobWithArtifacts, signal: AbortSignal): Promise<JobWithArtifacts> {
  const stop = new AbortController();
  const progress = (_fraction: number, note: string) => {
    if (note !== (job.progress?.note ?? job.progress?.stage)) stop.abort();
  };
  return studio.wait(principal, job.id, hearing, { signal: AbortSignal.any([signal, stop.signal]), progress });
}

export const steerTraining = defineAnswerTool({
  name: "steer_training",
  title: "Steer a training",
  alias: "steer",
  description: "Tell a running training to draw a sample now, to save now, or to end and keep what it has.",
  input: z.strictObject({
    order: z.enum(orderNames).describe("keep: end here, with the LoRA so far."),
    job_id: jobId,
  }),
  positional: ["order", "job_id"],
  annotations: { readOnly: false, destructive: false, idempotent: true },
  scope: "train",

  async answer({ order, job_id }, { studio, principal, signal }) {
    const before = await studio.get(principal, job_id);
    if (before.tool !== "train_lora")
      throw new Failure("conflict", `${before.title} is no training. cancel_job ends it; list_jobs shows your trainings.`);
    const job = await studio.order(principal, job_id, order);
    return jobAnswer(studio, await heard(studio, principal, job, signal), said(job, order));
  },
});
