/**
 * One loop over several families: it takes an item of the open family, runs it, and only then takes the next.
 *
 * BullMQ's workers are used for fetching, locks and stalled items, not for their own loop: a paused worker that waits for work still takes the next item
 * that comes, and a paused one no longer looks for stalled items, so that those of a killed worker would come back only when their family is opened again.
 */
import { randomUUID } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import type { Log } from "../../core/log.ts";
import type { LaneHandlers, LaneQueue } from "../../core/ports/queue.ts";
import type { Backend, BullQueue, BullWorker, WorkerTimes } from "./backend.ts";
import { queueFailure, quietly, within } from "./failures.ts";
import { giveBack, type RunningItem, runItem, type Taken } from "./item.ts";

export interface LaneParts {
  backend: Backend;
  families: ReadonlyMap<string, BullQueue>;
  times: WorkerTimes;
  handlers: LaneHandlers;
  log: Log;
}

/** Milliseconds for two connections a family to be made: a worker that gave up would only be started again, and meanwhile nobody works. */
const openingMs = 15_000;

async function openWorkers({ backend, families, times }: LaneParts): Promise<Map<string, BullWorker>> {
  const workers = new Map<string, BullWorker>();
  try {
    for (const family of families.keys()) workers.set(family, backend.worker(family, times));
    await within(openingMs, Promise.all([...workers.values()].map((worker) => worker.waitUntilReady())));
    for (const worker of workers.values()) await worker.startStalledCheckTimer();
    return workers;
  } catch (error) {
    await Promise.allSettled([...workers.values()].map((worker) => worker.close(true)));
    throw queueFailure(backend.server, error);
  }
}

/** Failure `queue_unavailable` when the server cannot be reached. */
export async function openLane(parts: LaneParts): Promise<LaneQueue> {
  const { backend, handlers, log } = parts;
  const workers = await openWorkers(parts);
  const complain = quietly(log);
  const fetching = new Set<string>();
  const interrupted = new Set<string>();
  let family: string | undefined;
  let closing = false;
  /** True only while the loop waits: what arrives at any other time goes back. */
  let idle = false;
  let wake = (): void => {};
  let taken: Taken | undefined;
  let running: RunningItem | undefined;

  const wanted = (name: string): boolean => idle && !closing && family === name && !taken;

  async function fetch(name: string, worker: BullWorker): Promise<void> {
    fetching.add(name);
    const token = randomUUID();
    try {
      let job = await worker.getNextJob(token, { block: false });
      if (!job && wanted(name)) job = await worker.getNextJob(token, { block: true });
      if (job && wanted(name)) taken = { job, token, family: name };
      else if (job) await giveBack({ job, token, family: name }, backend, log);
    } catch (error) {
      if (closing) return;
      complain(error, "no work can be fetched from the queue; trying again");
      await sleep(500);
    } finally {
      // BullMQ may have connected again by itself, and then refuses
      if (interrupted.delete(name) && !closing)
        await worker
          .getBackend()
          .reconnectBlocking()
          .catch(() => undefined);
      fetching.delete(name);
      wake();
    }
  }

  function interrupt(name: string): void {
    if (!fetching.has(name) || interrupted.has(name)) return;
    interrupted.add(name);
    void workers
      .get(name)
      ?.getBackend()
      .disconnectBlocking(false)
      .catch(() => undefined);
  }

  async function loop(): Promise<void> {
    while (!closing) {
      const item = taken;
      taken = undefined;
      if (!item) {
        await new Promise<void>((resolve) => {
          idle = true;
          wake = () => {
            idle = false;
            resolve();
          };
          const worker = family === undefined || fetching.has(family) ? undefined : workers.get(family);
          if (family !== undefined && worker) void fetch(family, worker);
        });
        continue;
      }
      const queue = parts.families.get(item.family);
      if (closing || item.family !== family || !queue) {
        await giveBack(item, backend, log);
        continue;
      }
      running = runItem(item, { backend, queue, lockMs: parts.times.lockMs, log, handle: handlers.handle });
      await running.done;
      running = undefined;
      if (!closing) await handlers.between().catch((error: unknown) => log.error({ err: error }, "the pause between two items failed"));
    }
    if (taken) await giveBack(taken, backend, log);
  }
  const looped = loop();

  async function close(ms: number): Promise<void> {
    closing = true;
    for (const name of workers.keys()) interrupt(name);
    wake();
    await within(ms, looped).catch(() => undefined);
    await running?.letGo();
    await Promise.allSettled(
      [...workers.values()].map(async (worker) => {
        // a wait on PostgreSQL would otherwise keep the process alive until its time is over
        await worker
          .getBackend()
          .disconnectBlocking(false)
          .catch(() => undefined);
        await within(backend.patienceMs, worker.close(true));
      }),
    );
  }
  let closed: Promise<void> | undefined;

  return {
    async open(next) {
      if (next !== undefined && !workers.has(next)) throw new Error(`this lane does not serve the family ${next}`);
      if (next === family || closing) return;
      const before = family;
      family = next;
      if (before !== undefined) interrupt(before);
      if (idle) wake();
    },
    get family() {
      return family;
    },
    close(ms) {
      closed ??= close(ms);
      return closed;
    },
  };
}
