/** Stops exactly one task of ours, and makes sure that it has stopped. `/interrupt` stops whatever runs: it is called only while that is ours. */
import { setTimeout as sleep } from "node:timers/promises";
import type { Log } from "../../../core/log.ts";
import type { Api } from "./api.ts";
import { lookUp } from "./truth.ts";

const short = 2_000;
/** So far that it is over before an interruption could do anything, but stop what comes after it. */
const almost = 0.98;

export interface Stopping {
  /** Milliseconds during which "unknown" is not believed, because the post may still arrive. */
  late?: number;
  /** Milliseconds until it is given up. */
  limit?: number;
  /** Stops trying. */
  signal?: AbortSignal;
  /** Told each time it still waits behind others: nothing takes a task out of that queue. */
  onQueued?(): void;
}

/**
 * `stopped`: it is known to be over, or A1111 is gone. `queued`: it waits behind somebody else's and will begin; it cannot be stopped before that.
 * Never throws.
 */
export async function stopTask(api: Api, id: string, log: Log, how: Stopping = {}): Promise<"stopped" | "queued" | "running"> {
  const start = Date.now();
  const end = start + (how.limit ?? api.timings.confirm);
  let silences = 0;
  let where: "queued" | "running" = "running";
  for (let wait = 50; Date.now() < end && !how.signal?.aborted; wait = Math.min(wait * 2, 500)) {
    try {
      const found = await lookUp(api, id, { timeout: short });
      silences = 0;
      if (found.where === "over" || (found.where === "unknown" && Date.now() - start >= (how.late ?? 0))) return "stopped";
      if (found.where !== "unknown") where = found.where;
      if (found.where === "queued") {
        how.onQueued?.();
        // to wait for a stranger's picture is for somebody who has the time
        if (how.limit === undefined && Date.now() - start >= (how.late ?? 0)) return "queued";
      }
      // told again as long as it runs: what loads a model forgets it
      if (found.where === "running" && found.fraction < almost) await api.post("/sdapi/v1/interrupt", {}, { timeout: short });
    } catch (error) {
      log.debug({ err: error, task: id }, "A1111/Forge did not answer while a task was stopped");
      if (++silences === 4) return "stopped";
    }
    await sleep(wait);
  }
  if (!how.signal?.aborted) log.warn({ task: id }, "A1111/Forge did not confirm that a task stopped");
  return where;
}

/** Looks after the tasks that could not be stopped yet, until they are. */
export function createOrphans(api: Api, log: Log) {
  const closing = new AbortController();
  const all = new Set<Promise<unknown>>();
  return {
    adopt(id: string): void {
      log.info({ task: id }, "a canceled task waits inside A1111/Forge; it is stopped as soon as it begins");
      const stopping = stopTask(api, id, log, { limit: api.timings.orphan, signal: closing.signal });
      all.add(stopping);
      void stopping.finally(() => all.delete(stopping));
    },
    async close(): Promise<void> {
      closing.abort();
      await Promise.all(all);
    },
  };
}
export type Orphans = ReturnType<typeof createOrphans>;
