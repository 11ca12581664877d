/** Lets a training stop at a save and go on from it later, where its owner allows and something interactive has waited long enough. */
import type { Job, JobProgress } from "../core/job.ts";
import { mayGiveWay, type SchedulePolicy, type Waiting } from "../core/schedule.ts";

export interface GiveWayParts {
  /** What runs now. */
  job(): Job | undefined;
  waiting(): Promise<Waiting[]>;
  policy: SchedulePolicy;
  park(): void;
  now?: () => number;
}

/** @returns what to call with each progress of the job that runs. */
export function createGiveWay(parts: GiveWayParts): (progress: JobProgress) => Promise<void> {
  const now = parts.now ?? Date.now;
  let saved: { attempt: string; step: number } | undefined;

  return async ({ savedStep, step, steps, fraction }) => {
    const job = parts.job();
    if (job?.class !== "training" || job.input["give_way"] !== true || savedStep === undefined) return;
    const attempt = `${job.id} ${job.attempt}`;
    if (saved?.attempt === attempt && savedStep <= saved.step) return;
    saved = { attempt, step: savedStep };
    const training = { since: job.startedAt?.getTime() ?? now(), fraction: step !== undefined && steps ? step / steps : fraction };
    if (!mayGiveWay(training, await parts.waiting(), now(), parts.policy)) return;
    // it may have ended while that was asked
    const still = parts.job();
    if (still?.id === job.id && still.attempt === job.attempt) parts.park();
  };
}
