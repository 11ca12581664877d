/** How a training goes, and what can be said to it; how one ended that failed, and from where it goes on. */
import { describeRange, type Outlook } from "../../core/describe.ts";
import { isTerminal, type JobWithArtifacts } from "../../core/job.ts";

const lossWords = (loss: number): string => `loss ${loss.toFixed(loss < 0.01 ? 4 : 3)}`;

function running(job: JobWithArtifacts, { seconds }: Outlook): string {
  const { progress } = job;
  const { stage, step, steps, loss, savedStep, note } = progress ?? {};
  const facts = [
    ...(step !== undefined && steps !== undefined ? [`step ${step} of ${steps}`] : stage ? [stage.replaceAll("_", " ")] : []),
    ...(loss === undefined ? [] : [lossWords(loss)]),
    ...(savedStep === undefined ? [] : [`last saved at step ${savedStep}`]),
    ...(seconds ? [`${describeRange(seconds)} left`] : []),
  ];
  const state = job.state === "canceling" ? "is being stopped" : "is running";
  const say =
    job.state === "running" && stage === "training"
      ? '\nYou can say "show me a sample now", "save it now" or "stop the training and keep it".'
      : "";
  return `Job ${job.id} (${job.title}) ${state}${facts.length > 0 ? `: ${facts.join(", ")}` : ""}.${note ? ` ${note.replace(/[.\s]*$/, "")}.` : ""}${say}`;
}

function ended(job: JobWithArtifacts): string {
  const cause = job.state === "canceled" ? "was canceled." : `failed: ${job.error?.message ?? "no cause was recorded."}`;
  const saved = job.progress?.savedStep;
  const from = saved === undefined ? "it had saved nothing yet, so that it begins again" : `it goes on from step ${saved}, which was saved`;
  return `Job ${job.id} (${job.title}) ${cause}\nSay "resume the training": ${from}.`;
}

/** Undefined for anything else, for one that waits and for one that is done. */
export function trainingWords(job: JobWithArtifacts, outlook: Outlook): string | undefined {
  if (job.tool !== "train_lora" || job.state === "queued" || job.state === "succeeded") return undefined;
  return isTerminal(job.state) ? ended(job) : running(job, outlook);
}
