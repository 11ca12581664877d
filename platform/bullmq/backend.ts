/** What the queue needs of BullMQ on either server, and nothing of which server it is. */
import type { Job, Queue, Worker } from "bullmq";

/** The methods of BullMQ's `Queue` that do not depend on the server behind it. */
export type BullQueue = Pick<
  Queue,
  | "add"
  | "remove"
  | "getJob"
  | "getJobState"
  | "getJobCounts"
  | "getJobScheduler"
  | "upsertJobScheduler"
  | "obliterate"
  | "resume"
  | "waitUntilReady"
  | "close"
>;

/** A `Worker` without a processor: it fetches, we run (see lane.ts for why). */
export interface BullWorker extends Pick<Worker, "waitUntilReady" | "startStalledCheckTimer" | "close"> {
  getNextJob(token: string, options: { block: boolean }): Promise<Job | undefined>;
  getBackend(): { disconnectBlocking(wait?: boolean): Promise<void>; reconnectBlocking(): Promise<void> };
}

export interface WorkerTimes {
  /** Milliseconds after which an item whose worker is silent counts as abandoned. */
  lockMs: number;
  /** Milliseconds between looks for abandoned items. */
  stalledMs: number;
  /** Milliseconds before the first repetition of a `TryAgain`; doubles each time, up to a minute. */
  backoffMs: number;
}

export interface Backend {
  readonly server: "Redis" | "PostgreSQL";
  /** Milliseconds after which an operation counts as failed. */
  readonly patienceMs: number;
  queue(name: string): BullQueue;
  worker(name: string, times: WorkerTimes): BullWorker;
  /** Lets go of the connections, after all queues and workers are closed. */
  close(): Promise<void>;
}

/** Our own namespace, where other programs use BullMQ on the same Redis. */
const prefix = "myspinbot";

/** BullMQ forbids `:` in names. */
export function safeName(name: string): string {
  return name.replaceAll(":", "-");
}

/** Nobody reads BullMQ's own events (on PostgreSQL they are incomplete), so few are kept. */
export const queueOptions = { prefix, streams: { events: { maxLen: 100 } } };

export function workerOptions({ lockMs, stalledMs, backoffMs }: WorkerTimes) {
  return {
    prefix,
    autorun: false,
    concurrency: 1,
    lockDuration: lockMs,
    stalledInterval: stalledMs,
    // how often a job may be tried is decided by its row, and the fence makes a repetition harmless
    maxStalledCount: 1000,
    settings: { backoffStrategy: (made: number) => Math.min(backoffMs * 2 ** (made - 1), 60_000) },
  };
}
