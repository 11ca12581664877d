/** A lane: the families that one worker serves one at a time, which of them is open, and when it rests. */

import type { BusMessage } from "../core/event.ts";
import { takes } from "../core/lane-reach.ts";
import type { Log } from "../core/log.ts";
import type { Bus } from "../core/ports/bus.ts";
import type { JobStore } from "../core/ports/job-store.ts";
import type { LaneStore } from "../core/ports/lanes.ts";
import type { Metrics } from "../core/ports/metrics.ts";
import { type LaneQueue, type Queue, TryAgain } from "../core/ports/queue.ts";
import type { Settings } from "../core/ports/stores.ts";
import { nextFamily, type SchedulePolicy, type Waiting, type Warm } from "../core/schedule.ts";
import type { Attempts } from "./attempt.ts";
import { createGiveWay } from "./give-way.ts";
import type { Gpu } from "./gpu.ts";

export interface LaneParts {
  name: string;
  families: readonly string[];
  attempts: Attempts;
  queue: Queue;
  jobs: Pick<JobStore, "waiting" | "open">;
  settings: Settings;
  bus: Bus;
  /** Where it tells the others that it is there, and what its card holds: without it, it takes whatever its families bring. */
  connected?: { lanes: LaneStore; worker: string; vramGb: number; offloads: readonly string[] };
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
  const { connected } = parts;
  const self = connected && {
    ...{ name: `${connected.worker}:${parts.name}`, worker: connected.worker, families: [...parts.families], vramGb: connected.vramGb },
  };
  const reach = connected && { families: [...parts.families], vramGb: connected.vramGb, offloads: connected.offloads };
  let warm: Warm | undefined;
  let paused = false;
  let closing = false;
  /** From the moment an item is handed over: while it is being claimed it neither waits nor runs, and another family must not be opened for that. */
  let busy = false;
  /** It had a job in its hands that is not for it: where nothing else waits it leaves the queue to the others, or it would be the first to find the same job again. */
  let stepsAside = false;
  let lane: LaneQueue | undefined;
  let deciding: Promise<void> = Promise.resolve();
  const ended = new Set<string>();

  async function beat(): Promise<void> {
    if (connected && self) await connected.lanes.beat(self);
  }

  /** What waits and fits this lane. */
  async function waitingHere(): Promise<Waiting[]> {
    const waiting = connected && reach ? await connected.lanes.waiting(reach) : await parts.jobs.waiting();
    return waiting.filter((entry) => mine.has(entry.family)).map((entry) => ({ ...entry, firstQueuedAt: entry.firstQueuedAt.getTime() }));
  }

  async function decide(): Promise<void> {
    if (closing || !lane) return;
    // both at once: between two jobs the card is idle
    const [kept, waiting] = await Promise.all([parts.settings.get("paused"), waitingHere()]);
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
    if (stepsAside && waiting.length === 0) {
      if (lane.family !== undefined) await lane.open(undefined);
      return;
    }
    stepsAside = false;
    const family = nextFamily(waiting, warm, Date.now(), parts.policy);
    if (family === undefined || closing) return;
    if (family !== warm?.family) {
      if (warm) parts.metrics.familySwitched(family);
      warm = { family, since: Date.now() };
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
      if (ids.has(job.id) && job.state === "queued" && !job.blocked && !(await parts.queue.has(job))) await parts.queue.add(job);
  }

  /** Asked of the rows, as late as can be: a pause, or what a job needs, may be younger than the last look. Throws TryAgain where it may not start here. */
  async function mayStart(id: string): Promise<void> {
    let asked: { paused: unknown; takes: boolean };
    try {
      asked =
        connected && reach ? await connected.lanes.beforeStart(id, reach) : { paused: await parts.settings.get("paused"), takes: true };
    } catch (error) {
      log.debug({ err: error, job: id }, "whether a job may start is left to its claim");
      return;
    }
    if (asked.paused) {
      void look();
      throw new TryAgain("paused");
    }
    // later, and later each time: in between another lane finds it
    if (asked.takes) return;
    stepsAside = true;
    throw new TryAgain("too big for this card");
  }

  /** What was too big for the lanes that were here was put off, later each time: it would find this one only after a while. */
  async function fetchBigOnes(): Promise<void> {
    if (!connected || !self) return;
    const [all, line] = await Promise.all([connected.lanes.connected(), connected.lanes.line()]);
    const { offloads } = connected;
    const others = all.filter(({ name }) => name !== self.name);
    for (const job of line) {
      if (job.running || !takes(self, job, all, offloads)) continue;
      const known = others.some(({ families }) => families.includes(job.family));
      if (!known || others.some((other) => takes(other, job, others, offloads))) continue;
      await parts.queue.remove(job);
      await parts.queue.add(job);
    }
  }

  async function freeWhenIdle(): Promise<void> {
    if (!parts.gpu || attempts.running) return;
    await parts.gpu.releaseAll(AbortSignal.timeout(60_000)).catch((error: unknown) => log.warn({ err: error }, "the card was not freed"));
  }

  // before the first item: whoever asks why a job waits must find this lane
  await beat().catch((error: unknown) => log.warn({ err: error, lane: parts.name }, "the lane is not listed yet; trying again"));
  lane = await parts.queue.lane(parts.name, parts.families, {
    async handle(id, lost) {
      busy = true;
      // taken in the moment in which the pause came
      if (paused || closing) throw new TryAgain("paused");
      await mayStart(id);
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
  const giveWay = createGiveWay({ job: () => attempts.job, waiting: waitingHere, policy: parts.policy, park: attempts.park });
  const stopHearing = parts.bus.subscribe((message: BusMessage) => {
    if (message.type === "progress" && message.job === attempts.running)
      void giveWay(message.progress).catch((error: unknown) => log.debug({ err: error }, "a training goes on until its next save"));
    if (message.type === "settings" && message.name === "paused") void look();
    if (message.type === "changed" && message.state === "queued" && mine.has(message.family) && message.family !== lane?.family)
      void look();
  });
  const clock = setInterval(() => {
    void look();
    void beat().catch((error: unknown) => log.debug({ err: error }, "a sign of life was not kept"));
  }, parts.lookMs ?? 5000);
  await look();
  void fetchBigOnes().catch((error: unknown) => log.debug({ err: error }, "what was too big for the others comes by itself"));

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
      if (connected && self) await connected.lanes.leave(self.name).catch(() => undefined);
    },
  };
}
