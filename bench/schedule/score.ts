/** One seed's day by the policy and first come, first served, and what the one is to the other. */
import { defaultPolicy, type SchedulePolicy } from "../../core/schedule.ts";
import { type Day, type Ended, firstCome, simulate } from "./simulate.ts";
import { dayOf } from "./trace.ts";

export interface Score {
  seed: number;
  jobs: number;
  ours: Day;
  fifo: Day;
  /** Ours over first come, first served. */
  switches: number;
  pictureWait: number;
  makespan: number;
  longestWait: number;
  /** Jobs of the day that never ended: nobody's. */
  starved: number;
}

const longest = (jobs: readonly Ended[]): number => Math.max(...jobs.map((job) => job.wait));

export function meanPictureWait(day: Day): number {
  const pictures = day.ended.filter((job) => job.kind === "picture");
  return pictures.reduce((sum, job) => sum + job.wait, 0) / pictures.length;
}

/** @param part of the usual number of sessions */
export function scoreOf(seed: number, policy: SchedulePolicy = defaultPolicy, part = 1): Score {
  const arrivals = dayOf(seed, part);
  const [ours, fifo] = [simulate(arrivals, policy), simulate(arrivals, firstCome)];
  return {
    seed,
    jobs: arrivals.length,
    ours,
    fifo,
    switches: ours.switches / fifo.switches,
    pictureWait: meanPictureWait(ours) / meanPictureWait(fifo),
    makespan: ours.makespan / fifo.makespan,
    longestWait: longest(ours.ended) / longest(fifo.ended),
    starved: arrivals.length - ours.ended.length,
  };
}

export const goals = { switches: 0.333, pictureWait: 0.6, makespan: 1, longestWait: 1.5, starved: 0 } as const;
export type Ratio = keyof typeof goals;
