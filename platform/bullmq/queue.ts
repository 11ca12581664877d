/** The job queue: BullMQ on Redis where one is configured, else on PostgreSQL. */
import type { Log } from "../../core/log.ts";
import type { LaneQueue, Queue } from "../../core/ports/queue.ts";
import type { Backend, BullQueue, WorkerTimes } from "./backend.ts";
import { housekeeping, runEvery } from "./every.ts";
import { queueFailure, within } from "./failures.ts";
import { openLane } from "./lane.ts";
import { openPostgresBackend } from "./postgres.ts";
import { openRedis } from "./redis.ts";

export interface BullQueueOptions {
  databaseUrl?: string | undefined;
  /** Where it is set, Redis is the queue and PostgreSQL is not asked. */
  redisUrl?: string | undefined;
  /** Takes a Redis that may evict, too. */
  redisUnsafe?: boolean;
  /** Those whose depth is reported. Others may be used too. */
  families: readonly string[];
  /** Starts empty: what a process that died left in `families`, with its locks, is thrown away. Only where no other process works on them. */
  forget?: boolean;
  log: Log;
  /** Milliseconds after which an item whose worker is silent may be given to another. Default 15 000: our event loop stays free. */
  lockMs?: number;
  /** Milliseconds between looks for such items. Default 5000. */
  stalledMs?: number;
  /** Milliseconds before the first repetition of a `TryAgain`; doubles up to a minute. Default 1000. */
  backoffMs?: number;
}

/** Largest priority that BullMQ takes. */
const lastPriority = 2_097_152;

function openBackend({ redisUrl, redisUnsafe, databaseUrl, log }: BullQueueOptions): Promise<Backend> {
  if (redisUrl) return openRedis(redisUrl, log, redisUnsafe);
  if (databaseUrl) return openPostgresBackend(databaseUrl, log);
  throw new Error("createBullQueue needs a redisUrl or a databaseUrl");
}

/** Failure `queue_unavailable` when the server cannot be reached, `config` when it does not let us in. */
export async function createBullQueue(options: BullQueueOptions): Promise<Queue> {
  const { log } = options;
  const times: WorkerTimes = {
    lockMs: options.lockMs ?? 15_000,
    stalledMs: options.stalledMs ?? 5000,
    backoffMs: options.backoffMs ?? 1000,
  };
  const backend = await openBackend(options);
  const queues = new Map<string, Promise<BullQueue>>();
  const lanes = new Set<Pick<LaneQueue, "close">>();

  const open = async (family: string): Promise<BullQueue> => {
    const queue = backend.queue(family);
    try {
      await within(backend.patienceMs, queue.waitUntilReady());
      return queue;
    } catch (error) {
      // BullMQ remembers the failure for good: the next call makes a new one
      queues.delete(family);
      void queue.close().catch(() => undefined);
      throw error;
    }
  };
  const queueOf = (family: string): Promise<BullQueue> => {
    const queue = queues.get(family) ?? open(family);
    queues.set(family, queue);
    return queue;
  };
  const ask = async <T>(family: string, question: (queue: BullQueue) => Promise<T>): Promise<T> => {
    try {
      return await within(
        backend.patienceMs,
        queueOf(family).then((queue) => question(queue)),
      );
    } catch (error) {
      throw queueFailure(backend.server, error);
    }
  };
  const empty = async (family: string): Promise<void> => {
    await ask(family, async (queue) => {
      await queue.obliterate({ force: true });
      // emptying a queue pauses it
      await queue.resume();
    });
  };
  const waiting = async (family: string): Promise<[string, number]> => {
    const counts = await ask(family, (queue) => queue.getJobCounts("waiting", "prioritized", "delayed"));
    return [family, Object.values(counts).reduce((sum, count) => sum + count, 0)];
  };

  if (options.forget)
    await Promise.all(options.families.map(empty)).catch(async (error: unknown) => {
      await backend.close().catch(() => undefined);
      throw error;
    });

  return {
    async add({ id, family, priority }) {
      if (!/^(?!\d+$)[^:]+$/.test(id)) throw new Error(`${id} is no name for a queue item: no colon, not digits alone`);
      await ask(family, (queue) =>
        queue.add(
          "job",
          {},
          {
            jobId: id,
            priority: Math.min(Math.max(1, Math.round(priority)), lastPriority),
            // the row counts; here only the backoff does
            attempts: 1_000_000,
            backoff: { type: "custom" },
            stackTraceLimit: 1,
            // gone at once, so that a retry of the same job can be added
            removeOnComplete: true,
            removeOnFail: true,
          },
        ),
      );
    },
    async remove({ id, family }) {
      await ask(family, (queue) => queue.remove(id)).catch((error: unknown) =>
        log.debug({ err: error, job: id }, "an item could not be taken out of the queue"),
      );
    },
    async has({ id, family }) {
      const state = await ask(family, (queue) => queue.getJobState(id));
      return state !== "unknown" && state !== "completed" && state !== "failed";
    },
    async lane(name, families, handlers) {
      const served = new Map<string, BullQueue>();
      for (const family of families) served.set(family, await ask(family, async (queue) => queue));
      const lane = await openLane({ backend, families: served, times, handlers, log: log.child({ lane: name }) });
      lanes.add(lane);
      return lane;
    },
    async every(name, ms, task) {
      const family = housekeeping(name);
      const queue = await ask(family, async (known) => known);
      lanes.add(await runEvery({ backend, queue, family, name, ms, task, times, log }));
    },
    async depths() {
      return Object.fromEntries(await Promise.all(options.families.map(waiting)));
    },
    async close() {
      await Promise.allSettled([...lanes].map((lane) => lane.close(0)));
      await Promise.allSettled([...queues.values()].map(async (queue) => within(backend.patienceMs, (await queue).close())));
      await backend.close();
    },
  };
}
