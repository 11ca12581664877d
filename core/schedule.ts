/** Which family a lane serves next: stay with the warm model for a bounded while, but let nobody starve. Pure. */

export interface Waiting {
  family: string;
  jobs: number;
  /** Lowest goes first. */
  bestPriority: number;
  /** Milliseconds of the same clock as `now`: when the job that goes first became queued. */
  firstQueuedAt: number;
}

export interface Warm {
  family: string;
  /** When the lane switched to it. */
  since: number;
}

/** Times are milliseconds. */
export interface SchedulePolicy {
  /** `fifo`: always the job that waits longest. */
  mode: "warm" | "fifo";
  /** That another family's first job waits until it is late. */
  maxWait: number;
  /** The same for a training, while something interactive waits. */
  maxTrainingWait: number;
  /** That a family stays although another one is late. With more of them late it grows by their square: on an overloaded card everybody is late, and loading is no work. */
  minHold: number;
  /** That something interactive waits before a training that may be interrupted gives way. */
  giveWayAfter: number;
  /** That a training has had the card before it gives way: to start again costs it a minute. */
  giveWayEvery: number;
  /** Part of a training, 0 to 1, from which on it is not interrupted any more. */
  giveWayUntil: number;
}

const minute = 60_000;

/** Found by `npm run bench -- schedule`; the goals hold for holds of 3 to 6 minutes. */
export const defaultPolicy: SchedulePolicy = {
  mode: "warm",
  maxWait: 2 * minute,
  maxTrainingWait: 45 * minute,
  minHold: 5 * minute,
  giveWayAfter: 3 * minute,
  giveWayEvery: 20 * minute,
  giveWayUntil: 0.9,
};

/** Priority of a training is its place plus this, so that everything interactive goes before it. */
export const trainingOffset = 1000;

const isTraining = (entry: Waiting): boolean => entry.bestPriority > trainingOffset;

function overdue(entry: Waiting, now: number, policy: SchedulePolicy): boolean {
  return now - entry.firstQueuedAt > (isTraining(entry) ? policy.maxTrainingWait : policy.maxWait);
}

function best(entries: readonly Waiting[], before: (a: Waiting, b: Waiting) => number): Waiting | undefined {
  // the name decides last, so that equal states give equal answers
  return [...entries].sort((a, b) => before(a, b) || (a.family < b.family ? -1 : 1))[0];
}

const longest = (a: Waiting, b: Waiting) => a.firstQueuedAt - b.firstQueuedAt;
const highest = (a: Waiting, b: Waiting) => a.bestPriority - b.bestPriority || longest(a, b);

/**
 * The family to open next; where nothing waits, the warm one (its model is loaded). Times are milliseconds of one clock.
 * Switching costs a model load of seconds to a minute, so the warm family goes on while it has work, until somebody else is late and it has had its turn.
 */
export function nextFamily(
  waiting: readonly Waiting[],
  warm: Warm | undefined,
  now: number,
  policy: SchedulePolicy = defaultPolicy,
): string | undefined {
  if (waiting.length === 0) return warm?.family;
  if (policy.mode === "fifo") return best(waiting, longest)?.family;
  const own = waiting.find((entry) => entry.family === warm?.family);
  const others = waiting.filter((entry) => entry !== own);
  const late = others.filter((entry) => overdue(entry, now, policy));
  if (own && warm) {
    const interactiveWaits = isTraining(own) && others.some((entry) => !isTraining(entry)) && !overdue(own, now, policy);
    const hadItsTurn = late.length > 0 && now - warm.since >= policy.minHold * late.length ** 2;
    if (!interactiveWaits && !hadItsTurn) return own.family;
  }
  return (late.length > 0 ? best(late, longest) : best(others, highest))?.family;
}

interface Place {
  id: string | number;
  family: string;
  priority: number;
  queuedAt: number;
}

/** One entry a family, with the job that goes first in it: by priority, then by waiting, then by order. */
export function summarize<Job extends Place>(line: readonly Job[]): (Waiting & { first: Job })[] {
  const families = new Map<string, { first: Job; jobs: number }>();
  for (const job of line) {
    const known = families.get(job.family);
    const ahead = known && (known.first.priority - job.priority || known.first.queuedAt - job.queuedAt) <= 0;
    families.set(job.family, { first: known && ahead ? known.first : job, jobs: (known?.jobs ?? 0) + 1 });
  }
  return [...families].map(([family, { first, jobs }]) => ({
    ...{ family, jobs, first },
    bestPriority: first.priority,
    firstQueuedAt: first.queuedAt,
  }));
}

/** Whether a training that has just saved a state, and whose owner allows it, stops there, to go on from it when the others have had their turn. */
export function mayGiveWay(
  training: { /** When this attempt began. */ since: number /** 0 to 1 */; fraction: number },
  waiting: readonly Waiting[],
  now: number,
  policy: SchedulePolicy = defaultPolicy,
): boolean {
  if (policy.mode === "fifo" || now - training.since < policy.giveWayEvery || training.fraction >= policy.giveWayUntil) return false;
  return waiting.some((entry) => entry.bestPriority <= trainingOffset && now - entry.firstQueuedAt >= policy.giveWayAfter);
}
