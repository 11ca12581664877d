/** What must reach the database is tried until it does: a finished picture is not thrown away because PostgreSQL restarts. */
import { setTimeout as sleep } from "node:timers/promises";
import { toFailure } from "../core/failure.ts";
import type { Log } from "../core/log.ts";

/** Repeats `work` while it throws a retryable Failure, with growing pauses of at most 5 s, until the signal ends; then throws the last error. */
export async function insist<T>(work: () => Promise<T>, signal: AbortSignal, log: Log): Promise<T> {
  for (let pause = 100; ; pause = Math.min(pause * 2, 5000)) {
    try {
      return await work();
    } catch (error) {
      if (!toFailure(error).retryable || signal.aborted) throw error;
      log.warn({ err: error, pause }, "the database did not answer; trying again");
      await sleep(pause, undefined, { signal }).catch(() => undefined);
    }
  }
}
