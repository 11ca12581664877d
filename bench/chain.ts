/** The whole chain from the studio's door to the published row, wired as in server.ts, with an engine that takes no time. */
import { join } from "node:path";
import { createApprovals } from "../core/approvals.ts";
import { createCard } from "../core/card.ts";
import { createStudio } from "../core/create-studio.ts";
import { defaultLimits } from "../core/limits.ts";
import { silentLog } from "../core/log.ts";
import { noMetrics } from "../core/ports/metrics.ts";
import { localPrincipal } from "../core/principal.ts";
import { defaultPolicy } from "../core/schedule.ts";
import { createBullQueue } from "../platform/bullmq/queue.ts";
import { createBus } from "../platform/bus/bus.ts";
import { createFolderFiles } from "../platform/files/folder.ts";
import { createMedia } from "../platform/media/media.ts";
import { openPostgres } from "../platform/postgres/open.ts";
import { createAttempts } from "../workers/attempt.ts";
import { createGpu } from "../workers/gpu.ts";
import { createLane } from "../workers/lane.ts";
import { engineList, scriptedEngine, scriptedTool, thing } from "../workers/testing/scripted-engine.ts";

export interface Chain {
  /** Jobs a second of `count` submits, one after the other, until the last is published. */
  rate(count: number): Promise<number>;
  close(): Promise<void>;
}

export async function openChain(options: { databaseUrl: string; redisUrl?: string; folder: string }): Promise<Chain> {
  const { databaseUrl, redisUrl, folder } = options;
  const log = silentLog;
  const redis = redisUrl ? { redisUrl } : {};
  const database = await openPostgres({ url: databaseUrl, log });
  const { jobs, artifacts, assets, settings } = database;
  const bus = await createBus({ database, shared: false, log });
  const files = createFolderFiles(join(folder, `files-${process.pid}-${redisUrl ? "redis" : "postgres"}`), { log });
  const engines = engineList(scriptedEngine());
  const tools = [scriptedTool((run) => thing(run))];
  const queue = await createBullQueue({ databaseUrl, families: ["scripted"], log, ...redis });
  const common = { tools, engines, jobs, artifacts, assets, files, media: createMedia(), bus, log };
  const approvals = createApprovals({ store: database.approvals, secret: Buffer.alloc(32), log });
  const limits = { ...defaultLimits, maxWaiting: 100_000 };
  const studio = createStudio({ ...common, queue, settings, approvals, limits, accepted() {} });
  const gpu = createGpu({ engines, card: createCard(database.card), vramGb: 16, worker: "bench", metrics: noMetrics, log });
  const attempts = createAttempts({ ...common, gpu, metrics: noMetrics, worker: "bench" });
  const lane = await createLane({
    ...{ name: "bench", families: ["scripted"], attempts, queue, jobs, settings, bus, policy: defaultPolicy, metrics: noMetrics, log },
  });
  return {
    async rate(count) {
      const begun = performance.now();
      const open = new Set<string>();
      const ended = new Set<string>();
      let tell = () => {};
      const done = new Promise<void>((resolve) => {
        tell = resolve;
      });
      let submitted = false;
      const stop = bus.subscribe((message) => {
        if (message.type !== "changed" || message.state !== "succeeded") return;
        ended.add(message.job);
        open.delete(message.job);
        if (submitted && open.size === 0) tell();
      });
      for (let index = 0; index < count; index++) {
        const { job } = (await studio.invoke(localPrincipal, { tool: "make_thing", input: { text: `${index}` } })) as {
          job: { id: string };
        };
        if (!ended.has(job.id)) open.add(job.id);
      }
      submitted = true;
      if (open.size > 0) await done;
      stop();
      return (count * 1000) / (performance.now() - begun);
    },
    async close() {
      await lane.close(0);
      await queue.close();
      await bus.close();
      await database.close();
    },
  };
}
