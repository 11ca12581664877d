/** One job in the words of a chat: what waits for what, how a training goes, and what came of it. */
import { madeBy, wordsOfAsset } from "../../core/asset-words.ts";
import { describeJob } from "../../core/describe.ts";
import type { JobWithArtifacts } from "../../core/job.ts";
import type { Turn } from "../turn.ts";
import { failedStage, stageStates, stepWords } from "./clip-words.ts";
import { nextSteps } from "./next-steps.ts";
import { trainingWords } from "./training-words.ts";

/** Titles instead of ids: who asked for three things at once knows them by what they are. */
async function titleOf(id: string, turn: Turn): Promise<string> {
  const known = turn.jobs.get(id)?.title ?? (await turn.parts.studio.get(turn.request.principal, id).catch(() => undefined))?.title;
  return known ? `"${known}"` : id;
}

/** What is said of a job when it is accepted: the same words whenever the turn is read again, but for its state. What is to be known of it each time, such as a licence, is said with it. */
export async function acceptedWords(turn: Turn, job: JobWithArtifacts): Promise<string> {
  const steps = await stepWords(turn, job);
  const stages = new Set(Object.values(job.tree?.stages ?? {}));
  const needs = await Promise.all((job.needs ?? []).filter((id) => !stages.has(id)).map((id) => titleOf(id, turn)));
  const state = job.blocked
    ? [`Job ${job.id} (${job.title}) is queued.`, ...(steps ?? []), ...(job.notes ?? [])].join("\n")
    : describeJob(job, await turn.parts.studio.outlook(job));
  if (needs.length === 0) return state;
  return `${state}\nIt starts by itself when ${needs.join(" and ")} ${needs.length === 1 ? "is" : "are"} done.`;
}

/** What is said to somebody who asks about it. */
export async function jobWords(turn: Turn, job: JobWithArtifacts): Promise<string> {
  const { studio } = turn.parts;
  const outlook = await studio.outlook(job);
  const under = (await stageStates(turn, job)) ?? (await failedStage(turn, job));
  if (under !== undefined) return under;
  if (job.blocked) return acceptedWords(turn, job);
  const made = await madeBy(studio, turn.request.principal, job);
  if (made) return `Job ${job.id} (${job.title}) is done. ${wordsOfAsset(made)}`;
  return trainingWords(job, outlook) ?? [describeJob(job, outlook), ...nextSteps(job)].join("\n");
}
