/** One card through a day in virtual time: the lane's own rules, no clock. */
import { defaultPolicy, mayGiveWay, nextFamily, type SchedulePolicy, summarize, trainingOffset, type Warm } from "../../core/schedule.ts";
import { figureOf, saveSeconds } from "./figures.ts";
import type { Arrival } from "./trace.ts";

interface Queued extends Arrival {
  priority: number;
  queuedAt: number;
  /** Milliseconds of work that are left: less than `run` for a training that gave way. */
  left: number;
}

export interface Ended extends Arrival {
  endedAt: number;
  /** Milliseconds from asking to the end in which it did not run: in line, parked, and while its model was loaded. */
  wait: number;
}

/** What the card did from when to when. */
export interface Stretch {
  family: string;
  from: number;
  to: number;
  loading: boolean;
}

export interface Day {
  ended: Ended[];
  switches: number;
  /** Milliseconds from the first request to the last end. */
  makespan: number;
  stretches: Stretch[];
  /** Times a training gave way. */
  parked: number;
}

/** First come, first served: one line, no priorities, no training that gives way. */
export const firstCome: SchedulePolicy = { ...defaultPolicy, mode: "fifo" };

export function simulate(arrivals: readonly Arrival[], policy: SchedulePolicy): Day {
  const queue: Queued[] = [];
  const day: Day = { ended: [], switches: 0, makespan: 0, stretches: [], parked: 0 };
  let [now, coming] = [arrivals[0]?.at ?? 0, 0];
  let warm: Warm | undefined;

  const admit = (): void => {
    for (let next = arrivals[coming]; next && next.at <= now; next = arrivals[++coming]) {
      const { person, kind } = next;
      // as a job is accepted: one plus what this person has waiting already, trainings behind all
      const fair = 1 + queue.filter((job) => job.person === person).length + (kind === "training" ? trainingOffset : 0);
      const priority = policy.mode === "fifo" ? 1 : fair;
      queue.push({ ...next, priority, queuedAt: next.at, left: next.run });
    }
  };
  const spend = (family: string, ms: number, loading: boolean): void => {
    if (ms > 0) day.stretches.push({ family, from: now, to: now + ms, loading });
    now += ms;
  };

  /** From save to save; returns whether it ended. */
  const train = (job: Queued): boolean => {
    const begun = now;
    while (job.left > 0) {
      const part = Math.min(job.left, saveSeconds * 1000);
      spend(job.family, part, false);
      job.left -= part;
      admit();
      const state = { since: begun, fraction: 1 - job.left / job.run };
      if (job.left > 0 && mayGiveWay(state, summarize(queue), now, policy)) return false;
    }
    return true;
  };

  for (;;) {
    admit();
    const waiting = summarize(queue);
    const family = nextFamily(waiting, warm, now, policy);
    const job = waiting.find((entry) => entry.family === family)?.first;
    if (!job) {
      const next = arrivals[coming];
      if (!next) break;
      now = next.at;
      continue;
    }
    queue.splice(queue.indexOf(job), 1);
    const switched = warm?.family !== job.family;
    if (switched && warm) day.switches++;
    if (switched) warm = { family: job.family, since: now };
    // a trainer is a program of its own each time
    if (switched || job.kind === "training") spend(job.family, figureOf(job.family).loadSeconds * 1000, true);
    let done = true;
    if (job.kind === "training") done = train(job);
    else spend(job.family, job.left, false);
    if (done) day.ended.push({ ...job, endedAt: now, wait: now - job.at - job.run });
    else {
      day.parked++;
      queue.push({ ...job, queuedAt: now });
    }
  }
  day.makespan = now - (arrivals[0]?.at ?? 0);
  return day;
}
