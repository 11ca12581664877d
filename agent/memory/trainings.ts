/** Trainings of a person, in this conversation and elsewhere. */
import { sameName } from "../../core/asset.ts";
import { isTerminal, type JobWithArtifacts } from "../../core/job.ts";
import type { Memory } from "./memory.ts";

/** Oldest first, each once. */
function trainingsIn({ jobs, open = [] }: Pick<Memory, "jobs" | "open">): JobWithArtifacts[] {
  const all = new Map([...jobs, ...open].map((job) => [job.id, job]));
  return [...all.values()].filter(({ tool }) => tool === "train_lora").sort((a, b) => a.createdAt.getTime() - b.createdAt.getTime());
}

const nameOf = ({ input }: JobWithArtifacts): string => (typeof input["name"] === "string" ? input["name"] : "");

/** The newest that fits, an open one before any other. */
export function trainingOf(
  memory: Pick<Memory, "jobs" | "open">,
  fits: (job: JobWithArtifacts) => boolean,
  name?: string,
): JobWithArtifacts | undefined {
  const all = trainingsIn(memory).filter((job) => fits(job) && (name === undefined || sameName(nameOf(job), name)));
  return all.findLast(({ state }) => !isTerminal(state)) ?? all.at(-1);
}
