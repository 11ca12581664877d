/** A task on a clock that all processes share: BullMQ's job scheduler makes the ticks, whoever is free runs them. */
import type { Log } from "../../core/log.ts";
import type { LaneQueue } from "../../core/ports/queue.ts";
import type { Backend, BullQueue, WorkerTimes } from "./backend.ts";
import { queueFailure, quietly, within } from "./failures.ts";
import { openLane } from "./lane.ts";

export interface EveryParts {
  backend: Backend;
  queue: BullQueue;
  /** Name of the queue, one for each task: a process takes only ticks of tasks that it has. */
  family: string;
  name: string;
  ms: number;
  task: () => Promise<void>;
  times: WorkerTimes;
  log: Log;
}

export function housekeeping(name: string): string {
  return `housekeeping-${name}`;
}

/** Only where it is missing, has another interval or has stopped: an upsert moves the tick that is due. */
async function ensureScheduler({ queue, name, ms, backend }: EveryParts): Promise<void> {
  const known = await within(backend.patienceMs, queue.getJobScheduler(name));
  if (known && known.every === ms && (known.next ?? 0) > Date.now() - 2 * ms - 1000) return;
  const opts = { removeOnComplete: true, removeOnFail: true };
  await within(backend.patienceMs, queue.upsertJobScheduler(name, { every: ms }, { name, opts }));
}

/** Failure `queue_unavailable` when the server cannot be reached now; later outages and a FLUSHALL are survived. */
export async function runEvery(parts: EveryParts): Promise<Pick<LaneQueue, "close">> {
  const { backend, log, name } = parts;
  const complain = quietly(log);
  const lane = await openLane({
    backend,
    families: new Map([[parts.family, parts.queue]]),
    times: parts.times,
    log,
    handlers: {
      handle: () => parts.task().catch((error: unknown) => log.error({ err: error, task: name }, "a periodic task failed")),
      between: async () => {},
    },
  });
  await lane.open(parts.family);
  try {
    await ensureScheduler(parts);
  } catch (error) {
    await lane.close(0);
    throw queueFailure(backend.server, error);
  }
  // each process looks after the scheduler itself: after a FLUSHALL there would be no tick to notice that there are no ticks
  const watch = setInterval(
    () => ensureScheduler(parts).catch((error: unknown) => complain(error, `the clock of the task ${name} could not be checked`)),
    parts.ms,
  );
  return {
    close(ms) {
      clearInterval(watch);
      return lane.close(ms);
    },
  };
}
