/** What a process tells those that watch it: metrics of everything that is wired, and their own listener where the settings ask for one. */
import type { Config } from "./config.ts";
import type { Agent } from "./core/chat.ts";
import { Failure } from "./core/failure.ts";
import type { Log } from "./core/log.ts";
import type { Engine, Engines } from "./core/ports/engine.ts";
import type { FileStore } from "./core/ports/files.ts";
import type { Queue } from "./core/ports/queue.ts";
import type { Tool } from "./core/tool.ts";
import { listenForMetrics } from "./http/metrics-listener.ts";
import type { DataFolder } from "./platform/data-folder/data-folder.ts";
import { sharedFacts } from "./platform/metrics/shared.ts";
import { createMetrics, type PrometheusMetrics } from "./platform/metrics.ts";
import type { Database } from "./platform/postgres/open.ts";

interface MetricsParts {
  config: Pick<Config, "roles" | "metrics" | "files" | "s3">;
  folder?: Pick<DataFolder, "path">;
  database: Pick<Database, "jobs" | "deliveries" | "lanes" | "pool" | "ping">;
  version: string;
  /** Whether this process was told to stop. */
  draining(): boolean;
  log: Log;
}

/** What is there only later in the start. */
interface WatchedParts {
  tools: readonly Tool[];
  engines: Pick<Engines, "all">;
  agent: Pick<Agent, "status">;
  queue: Pick<Queue, "has">;
  files: Pick<FileStore, "check">;
  /** Spans that nobody took; absent where no traces are made. */
  tracesDropped?(): number;
}

export interface WatchedProcess {
  readonly metrics: PrometheusMetrics;
  /** From now on these are measured, and this process counts as ready while database and queue answer. */
  watch(parts: WatchedParts): void;
  /** Rejects with the Failure that keeps this process from doing its work. */
  ready(): Promise<void>;
}

const presence = { ready: "up", down: "down", absent: "absent" } as const;

const engineCheck = (engine: Engine) => async () => presence[(await engine.status()).state];

/** As the start-up table tells it: with a remedy to tell, it does not answer. */
async function modelCheck(agent: Pick<Agent, "status">) {
  const { planner, model, fix } = await agent.status();
  if (planner !== "rules" && fix === undefined) return "up";
  return model === undefined ? "absent" : "down";
}

/** One short question about a job that never was. */
function queueCheck({ engines, queue }: WatchedParts): () => Promise<void> {
  const [family] = engines.all.flatMap((engine) => engine.families);
  return async () => {
    if (family !== undefined) await queue.has({ id: "job_that_never_was", family });
  };
}

function disksOf({ config, folder }: MetricsParts): Record<string, string> {
  const files = config.s3 ? undefined : config.files;
  const data = folder?.path ?? files;
  return { ...(data === undefined ? {} : { data }), ...(folder && files !== undefined ? { files } : {}) };
}

const notNow = (message: string) => new Failure("not_running", message, { retryable: true });

/** Failure `config` where the port of the settings cannot be had. Pushed to `stops` early, it is closed late: how a process ends is seen too. */
export async function wireMetrics(parts: MetricsParts, stops: ((ms: number) => Promise<unknown>)[]): Promise<WatchedProcess> {
  const { config, database, version, draining, log } = parts;
  const { jobs, lanes } = database;
  const metrics = createMetrics({
    ...{ waiting: jobs.waiting, open: jobs.open, deliveries: database.deliveries.backlog, lanes: lanes.connected },
    ...{ shared: sharedFacts(database.pool), version, roles: config.roles, draining },
  });
  let queue: (() => Promise<void>) | undefined;
  const watched: WatchedProcess = {
    metrics,
    watch(later) {
      const { tools, engines, agent, files, tracesDropped } = later;
      queue = queueCheck(later);
      metrics.watch({
        tools: tools.filter(({ kind }) => kind === "job").map(({ name }) => name),
        engines: Object.fromEntries(engines.all.map((engine) => [engine.id, engineCheck(engine)])),
        chatModel: () => modelCheck(agent),
        queue,
        storage: files.check,
        disks: disksOf(parts),
        ...(tracesDropped ? { tracesDropped } : {}),
      });
    },
    async ready() {
      if (draining())
        throw notNow("This process is stopping and takes no more work. Ask another one, or this one when it has started again.");
      if (!queue) throw notNow("This process is still starting. Ask again in a moment.");
      await Promise.all([database.ping(), queue()]);
    },
  };
  if (config.metrics) {
    const listener = await listenForMetrics({ ...config.metrics, metrics, ready: watched.ready, log });
    stops.push(() => listener.close());
  }
  return watched;
}
