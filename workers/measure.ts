/** What the metrics are told of one attempt's beginning and end. */
import type { ArtifactDraft } from "../core/artifact.ts";
import type { Claim } from "../core/ports/job-store.ts";
import type { JobEnding, Metrics } from "../core/ports/metrics.ts";

type Outcome = Parameters<Metrics["attemptEnded"]>[1];

const isEnding = (outcome: Outcome): outcome is JobEnding => outcome === "succeeded" || outcome === "failed" || outcome === "canceled";

/** When somebody asked for it, or asked again after it had ended: the night between a failure and its retry is no part of how long it took. */
export function askedAt({ job, previous }: Claim): Date {
  const ended = previous.findLastIndex(({ outcome }) => outcome !== undefined && isEnding(outcome));
  if (ended < 0) return job.createdAt;
  // put in line by the retry; after a later attempt, by that attempt's end
  return previous[ended + 1]?.startedAt ?? job.queuedAt;
}

export function measureBegin(metrics: Pick<Metrics, "queueWaited">, { job }: Claim): void {
  metrics.queueWaited(job.tool, ((job.startedAt?.getTime() ?? Date.now()) - job.queuedAt.getTime()) / 1000);
}

/** @param published what a success made. */
export function measureEnd(
  metrics: Pick<Metrics, "attemptEnded" | "jobEnded" | "artifactPublished">,
  claim: Claim,
  outcome: Outcome,
  published: readonly ArtifactDraft[] = [],
): void {
  const { tool } = claim.job;
  metrics.attemptEnded(tool, outcome);
  if (isEnding(outcome)) metrics.jobEnded(tool, outcome, (Date.now() - askedAt(claim).getTime()) / 1000);
  for (const { mediaType, bytes, recipe } of published) metrics.artifactPublished({ mediaType, bytes, part: recipe?.part === true });
}
