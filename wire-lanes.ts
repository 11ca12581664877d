/** The work of one process: a lane for its card and one for its processor, and the looks that find again what was lost. */
import { hostname } from "node:os";
import type { Config } from "./config.ts";
import { reachOf } from "./core/lane-reach.ts";
import type { Log } from "./core/log.ts";
import type { Bus } from "./core/ports/bus.ts";
import type { Card, ChatMemory } from "./core/ports/card.ts";
import type { Engines } from "./core/ports/engine.ts";
import type { FileStore } from "./core/ports/files.ts";
import type { Media } from "./core/ports/media.ts";
import type { Metrics } from "./core/ports/metrics.ts";
import type { Queue } from "./core/ports/queue.ts";
import type { Tracing } from "./core/ports/tracing.ts";
import type { SchedulePolicy } from "./core/schedule.ts";
import type { Tool } from "./core/tool.ts";
import type { Database } from "./platform/postgres/open.ts";
import { type AttemptParts, createAttempts } from "./workers/attempt.ts";
import { createGpu } from "./workers/gpu.ts";
import { createLane } from "./workers/lane.ts";
import { watchNeeds } from "./workers/needs.ts";
import { ownsFiles } from "./workers/owns-files.ts";
import { reconcile, sweep } from "./workers/reconcile.ts";

interface LaneParts {
  config: Pick<Config, "vramGb" | "chatOnCard">;
  database: Pick<Database, "jobs" | "artifacts" | "assets" | "settings" | "lanes">;
  tools: readonly Tool[];
  engines: Engines;
  files: FileStore;
  media: Media;
  bus: Bus;
  queue: Queue;
  card: Card;
  /** Absent for a chat model that cannot be told to give the card back. */
  chat: ChatMemory | undefined;
  policy: SchedulePolicy;
  metrics: Metrics;
  tracing: Tracing;
  /** Whether others may work on the same rows. */
  shared: boolean;
  boundary: AttemptParts["boundary"] | undefined;
  reconcileMs: number;
  log: Log;
}

const hour = 3_600_000;

/** Begins to take work. Returned: what looks at once for jobs that the queue does not know. */
export async function wireLanes(parts: LaneParts, stops: ((ms: number) => Promise<unknown>)[]): Promise<() => void> {
  const { config, database, tools, engines, files, media, bus, queue, card, policy, metrics, tracing, shared, boundary, log } = parts;
  const { jobs, artifacts, assets, settings, lanes } = database;
  // on a folder of its own nobody else works, and this process has not begun: whatever is marked as running is dead
  const alone = shared ? {} : { deadMs: 0, graceMs: 0 };
  const first = reconcile({ jobs, queue, metrics, log, ...alone }).catch((error: unknown) =>
    log.warn({ err: error }, "the first look failed"),
  );
  // others may live: waiting for a sign of it must not keep this one from beginning
  if (!shared) await first;
  const owned = () => ownsFiles({ files, settings });
  void owned().catch((error: unknown) => log.warn({ err: error }, "whose files these are could not be told yet"));
  stops.push(watchNeeds({ jobs, queue, bus, log }));
  const worker = `${hostname()}:${process.pid}`;
  const reach = (onCard: boolean) => reachOf(engines.all, onCard, config.vramGb);
  const gpu = createGpu({
    ...{ engines, card, vramGb: config.vramGb, worker, metrics, log },
    ...(parts.chat && config.chatOnCard ? { chat: parts.chat } : {}),
    waits: async () => (await lanes.waiting(reach(true))).length > 0,
  });
  stops.push(() => gpu.close());
  for (const onCard of [true, false]) {
    const { families, ...sizes } = reach(onCard);
    const attempts = createAttempts({
      ...{ tools, engines, jobs, artifacts, assets, files, media, bus, gpu, metrics, tracing, log, worker },
      ...(boundary ? { boundary } : {}),
    });
    const lane = await createLane({
      ...{ name: onCard ? "card" : "processor", families, attempts, queue, jobs, settings, bus, metrics, log },
      policy,
      connected: { lanes, worker, ...sizes },
      ...(onCard ? { gpu } : {}),
    });
    stops.push((ms) => lane.close(ms));
  }
  const look = async () => void (await reconcile({ jobs, queue, metrics, log }));
  await queue.every("reconcile", parts.reconcileMs, look);
  await queue.every("sweep", hour, async () => void (await sweep({ jobs, files, artifacts, owned, metrics, log })));
  return () => void look().catch((error: unknown) => log.warn({ err: error }, "a look at lost jobs failed"));
}
