/** A lane: the families that one worker serves one at a time, which of them is open, and when it rests. */
import type { BusMessage } from "../core/event.ts";
import type { Log } from "../core/log.ts";
import type { Bus } from "../core/ports/bus.ts";
import type { JobStore } from "../core/ports/job-store.ts";
import type { Metrics } from "../core/ports/metrics.ts";
import { type LaneQueue, type Queue, TryAgain } from "../core/ports/queue.ts";
import type { Settings } from "../core/ports/stores.ts";
import { nextFamily, type SchedulePolicy, type Warm } from "../core/schedule.ts";
import type { Attempts } from "./attempt.ts";
import type { Gpu } from "./gpu.ts";

export interface LaneParts {
  name: string;
  families: readonly string[];
  attempts: Attempts;
  queue: Queue;
  jobs: Pick<JobStore, "waiting" | "open">;
  settings: Settings;
  bus: Bus;
  /** Freed on `pause`; absent for a lane that does not use the card. */
  gpu?: Gpu;
  policy: SchedulePolicy;
  metrics: Pick<Metrics, "familySwitched">;
  log: Log;
  /** Milliseconds between looks at what waits: a notification may be lost. Default 5000. */
  lookMs?: number;
}

export interface Lane {
  /** Takes no more; what runs may end within `ms`, then goes back in line. */
  close(ms: number): Promise<void>;
}

type Paused = { mode: "finish" | "park" } | null | undefined;

export async function createLane(parts: LaneParts): Promise<Lane> {
  const { attempts, log } = parts;
  const mine = new Set(parts.families);
  let warm: Warm | undefined;
  let paused = false;
  let closing = false;
  /** From the moment an item is handed over: while it is being claimed it neither waits nor runs, and another family must not be opened for that. */
  let busy = false;
  let lane: LaneQueue | undefined;
  let deciding: Promise<void> = Promise.resolve();
  const ended = new Set<string>();

  async function decide(): Promise<void> {
    if (closing || !lane) return;
    // both at once: between two jobs the card is idle
    const [kept, everything] = await Promise.all([parts.settings.get("paused"), parts.jobs.waiting()]);
    const setting = kept as Paused;
    const before = paused;
    paused = Boolean(setting);
    if (paused) {
      await lane.open(undefined);
      if (setting?.mode === "park") attempts.park();
      if (!before) void freeWhenIdle();
      return;
    }
    if (busy) return;
    const waiting = everything.filter((entry) => mine.has(entry.family));
    const family = nextFamily(
      waiting.map((entry) => ({ ...entry, firstQueuedAt: entry.firstQueuedAt.getTime() })),
      warm,
      Date.now(),
      parts.policy,
    );
    if (family === undefined || closing) return;
    if (family !== warm?.family) {
      if (warm) parts.metrics.familySwitched(family);
      warm = { family, jobs: 0, since: Date.now() };
    }
    if (lane.family !== family) await lane.open(family);
  }

  /** One look at a time, in order; a look that fails is repeated by the clock. */
  function look(): Promise<void> {
    deciding = deciding
      .then(decide)
      .catch((error: unknown) => log.warn({ err: error, lane: parts.name }, "looking for work failed; trying again"));
    return deciding;
  }

  /** A job that was retried while its canceled or failed attempt was still ending was known to the queue then, and so was not added. */
  async function addRetried(): Promise<void> {
    if (ended.size === 0) return;
    const ids = new Set(ended);
    ended.clear();
    for (const job of await parts.jobs.open())
      if (ids.has(job.id) && job.state === "queued" && !(await parts.queue.has(job))) await parts.queue.add(job);
  }

  async function freeWhenIdle(): Promise<void> {
    if (!parts.gpu || attempts.running) return;
    await parts.gpu.releaseAll(AbortSignal.timeout(60_000)).catch((error: unknown) => log.warn({ err: error }, "the card was not freed"));
  }

  lane = await parts.queue.lane(parts.name, parts.families, {
    async handle(id, lost) {
      busy = true;
      // taken in the moment in which the pause came
      if (paused || closing) throw new TryAgain("paused");
      if (warm) warm.jobs++;
      const end = await attempts.run(id, lost);
      if (end !== "succeeded") ended.add(id);
    },
    async between() {
      busy = false;
      if (paused) await freeWhenIdle();
      await addRetried().catch((error: unknown) => log.warn({ err: error }, "a retried job reaches the queue by the reconciler"));
      await look();
    },
  });
  const stopHearing = parts.bus.subscribe((message: BusMessage) => {
    if (message.type === "settings" && message.name === "paused") void look();
    if (message.type === "changed" && message.state === "queued" && mine.has(message.family) && message.family !== lane?.family)
      void look();
  });
  const clock = setInterval(look, parts.lookMs ?? 5000);
  await look();

  return {
    async close(ms) {
      closing = true;
      clearInterval(clock);
      stopHearing();
      await deciding;
      await lane?.open(undefined).catch(() => undefined);
      const timer = setTimeout(() => attempts.park(), Math.max(0, ms / 2));
      await lane?.close(ms);
      clearTimeout(timer);
    },
  };
}
