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
}

export const defaultPolicy: SchedulePolicy = { mode: "warm", maxRun: 8, maxWait: 120_000 };
