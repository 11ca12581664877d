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
  /** Jobs it has run since the lane switched to it. */
  jobs: number;
  /** When the lane switched to it. */
  since: number;
}

export interface SchedulePolicy {
  /** `fifo`: always the job that waits longest. */
  mode: "warm" | "fifo";
  /** Jobs in a row of one family while another waits. */
  maxRun: number;
  /** Milliseconds that another family's first job may wait before the warm one must give way. */
  maxWait: number;
  /** Milliseconds that a family stays once loaded although others are late: on an overloaded card everybody is late, and loading is no work. */
  minHold: number;
}

export const defaultPolicy: SchedulePolicy = { mode: "warm", maxRun: 8, maxWait: 120_000, minHold: 60_000 };

/** Priority of a training is its place plus this, so that everything interactive goes before it. */
export const trainingOffset = 1000;

/** A training waits this many times longer than a picture before it is overdue. */
const trainingPatience = 15;

function overdue(entry: Waiting, now: number, maxWait: number): boolean {
  return now - entry.firstQueuedAt > maxWait * (entry.bestPriority > trainingOffset ? trainingPatience : 1);
}

function best(entries: readonly Waiting[], before: (a: Waiting, b: Waiting) => number): Waiting | undefined {
  // the name decides last, so that equal states give equal answers
  return [...entries].sort((a, b) => before(a, b) || (a.family < b.family ? -1 : 1))[0];
}

const longest = (a: Waiting, b: Waiting) => a.firstQueuedAt - b.firstQueuedAt;
const highest = (a: Waiting, b: Waiting) => a.bestPriority - b.bestPriority || longest(a, b);

/**
 * The family to open next; where nothing waits, the warm one (its model is loaded). Times are milliseconds of one clock.
 * Switching costs a model load of seconds to a minute, so the warm family goes on until it has had its run or until somebody else has waited long enough.
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
  if (own && warm) {
    const others = waiting.filter((entry) => entry !== own);
    const late = others.filter((entry) => overdue(entry, now, policy.maxWait));
    const interactiveWaits = own.bestPriority > trainingOffset && others.some((entry) => entry.bestPriority <= trainingOffset);
    const mustGo = warm.jobs >= policy.maxRun || interactiveWaits || (late.length > 0 && now - warm.since >= policy.minHold);
    if (others.length === 0 || !mustGo) return own.family;
    return (late.length > 0 ? best(late, longest) : best(others, highest))?.family;
  }
  const everyLate = waiting.filter((entry) => overdue(entry, now, policy.maxWait));
  return (everyLate.length > 0 ? best(everyLate, longest) : best(waiting, highest))?.family;
}
