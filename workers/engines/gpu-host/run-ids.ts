/** Names of our runs in gpu-host: job, attempt, place within the attempt, and whether it runs with less memory. */

export interface RunId {
  job: string;
  attempt: number;
  place: number;
  smaller: boolean;
}

/** At most 64 characters of letters, digits, `_` and `-`. */
export function runId({ job, attempt, place, smaller }: RunId): string {
  return `${job}-${attempt}-${place}${smaller ? "s" : ""}`;
}

/** Undefined for a run of somebody else's. */
export function parseRunId(id: string): RunId | undefined {
  const found = /^(job_[0-9a-z]{16})-(\d{1,9})-(\d{1,9})(s?)$/.exec(id);
  if (!found?.[1]) return undefined;
  return { job: found[1], attempt: Number(found[2]), place: Number(found[3]), smaller: found[4] === "s" };
}

/** Newest first. */
export function byAge(one: RunId, other: RunId): number {
  return other.attempt - one.attempt || other.place - one.place;
}
