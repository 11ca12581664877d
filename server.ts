/** The composition root: reads as the wiring diagram of one server process. Everything it starts, it stops in reverse order. */
import { tmpdir } from "node:os";
import { createAgent } from "./agent/agent.ts";
import { createCheckpointer } from "./agent/checkpointer.ts";
import { chatModelOf } from "./agent/model.ts";
import type { Config } from "./config.ts";
import { createAccessKeys } from "./core/access-keys.ts";
import { createApprovals } from "./core/approvals.ts";
import { createCard } from "./core/card.ts";
import type { StatusView } from "./core/client.ts";
import { createStudio } from "./core/create-studio.ts";
import { createDeliveries } from "./core/deliveries.ts";
import { createLinks, linkSecret } from "./core/links.ts";
import type { Log } from "./core/log.ts";
import type { Engine } from "./core/ports/engine.ts";
import { defaultPolicy } from "./core/schedule.ts";
import type { Tool } from "./core/tool.ts";
import { accessOf } from "./http/access-of.ts";
import { createAddresses } from "./http/addresses.ts";
import { createApp } from "./http/app.ts";
import { listen } from "./http/listen.ts";
import { originOf } from "./http/origin.ts";
import { studioDoor } from "./mcp-server/door.ts";
import type { RegisterExtras } from "./mcp-server/extras.ts";
import { createMcpHttp } from "./mcp-server/http.ts";
import { createBullQueue } from "./platform/bullmq/queue.ts";
import { createBus } from "./platform/bus/bus.ts";
import type { DataFolder } from "./platform/data-folder/data-folder.ts";
import { createMedia } from "./platform/media/media.ts";
import { databaseFailure } from "./platform/postgres/errors.ts";
import { openPostgres } from "./platform/postgres/open.ts";
import { statusRows } from "./status.ts";
import { createTools } from "./tools/index.ts";
import { wireEngines } from "./wire-engines.ts";
import { findingsOf } from "./wire-health.ts";
import { wireLanes } from "./wire-lanes.ts";
import { wireMetrics } from "./wire-metrics.ts";
import { databaseUrlOf, filesOf } from "./wire-storage.ts";
import { wireTracing } from "./wire-tracing.ts";
import type { AttemptParts } from "./workers/attempt.ts";
import { createSeen } from "./workers/engines/seen.ts";
import { sweepLeft } from "./workers/ffmpeg/index.ts";

export interface ServerOptions {
  config: Config;
  /** Absent for a worker without a folder of its own. */
  folder?: DataFolder;
  version: string;
  log: Log;
  say(text: string): void;
  /** Takes any free port where the usual one is taken: nobody asked for it by name. */
  anyPort?: boolean;
  /** Opened to others by somebody who makes the key for them: no first one for everything is made. */
  lan?: boolean;
  /** Ends by itself after the configured minutes without a request and without an open job. */
  idle?: boolean;
  /** Only for a harness that injects faults: told after a job was committed, and waited for at an attempt's boundaries. */
  hooks?: { accepted?: (tool: string) => void; boundary?: NonNullable<AttemptParts["boundary"]> };
  /** Only for a harness: further tools and the engines that carry them out, and what MCP has beside them. A studio that is installed has none of it. */
  fixtures?: { tools?: readonly Tool[]; engines?: readonly Engine[]; mcp?: RegisterExtras };
  /** Milliseconds; shorter than usual only for a harness that would wait for them. */
  periods?: { reconcileMs?: number; lockMs?: number; stalledMs?: number };
}

export interface Server {
  status(): Promise<StatusView>;
  /** Resolved when everything is stopped, whoever asked for it. */
  readonly stopped: Promise<void>;
  /** @param ms patience for what runs; it then goes back in line. */
  stop(ms?: number): Promise<void>;
}

const minute = 60_000;

/** Failures: `folder_in_use`, `config`, `database_unavailable`, `queue_unavailable`, `storage_*`. What was started before one of them is stopped again. */
export async function startServer(options: ServerOptions): Promise<Server> {
  const stops: ((ms: number) => Promise<unknown>)[] = [];
  let stopping: Promise<void> | undefined;
  const stopAll = async (ms: number): Promise<void> => {
    for (const stop of stops.splice(0).reverse())
      await stop(ms).catch((error: unknown) => options.log.warn({ err: error }, "a part did not stop cleanly"));
  };
  let tellStopped = () => {};
  const stopped = new Promise<void>((resolve) => {
    tellStopped = resolve;
  });
  const stop = (ms = 10_000): Promise<void> => {
    stopping ??= stopAll(ms).then(tellStopped);
    return stopping;
  };
  try {
    const status = await wire(options, stops, { stop, draining: () => stopping !== undefined });
    return { status, stopped, stop };
  } catch (error) {
    await stopAll(1000);
    throw error;
  }
}

async function wire(
  options: ServerOptions,
  stops: ((ms: number) => Promise<unknown>)[],
  { stop, draining }: { stop(): Promise<void>; draining(): boolean },
): Promise<() => Promise<StatusView>> {
  const {
    config,
    folder,
    log,
    say,
    version,
    hooks = {},
    fixtures = {},
    periods: { reconcileMs = minute / 2, ...queueTimes } = {},
  } = options;
  if (folder) stops.push(await folder.lock());
  const { tracing, ...traced } = await wireTracing({ config, version, log }, stops);
  await sweepLeft({ parent: folder?.path ?? tmpdir(), alone: folder !== undefined, log });

  // where rows, messages, work and files are kept
  const databaseUrl = await databaseUrlOf(options, stops);
  const database = await openPostgres({ url: databaseUrl, log });
  stops.push(() => database.close());
  const { jobs, artifacts, assets, settings, plans, lanes } = database;
  const shared = !(config.roles.http && config.roles.worker) || config.databaseUrl !== undefined;
  let onDatabaseBack = () => {};
  const onGap = () => onDatabaseBack();
  const bus = await createBus({ database, shared, log, onGap, ...(config.redisUrl ? { redisUrl: config.redisUrl } : {}) });
  stops.push(() => bus.close());
  const files = filesOf(options);
  const media = createMedia();
  const watched = await wireMetrics({ config, database, version, draining, log, ...(folder ? { folder } : {}) }, stops);
  const { metrics } = watched;

  // what does the work
  const card = createCard(database.card, { apart: !config.chatOnCard });
  const model = chatModelOf({
    ...{ ollama: config.ollama, seen: createSeen(settings, "model"), card, whileBusy: config.chatWhileBusy, log },
    ...(config.openai ? { openai: config.openai } : {}),
  });
  const wired = wireEngines({
    ...{ config, settings, onCpu: model.onCpu, more: fixtures.engines ?? [], metrics, log },
    ...(folder ? { scratch: folder.path } : {}),
  });
  stops.push(() => wired.close());
  const { engines } = wired;
  const queue = await createBullQueue({
    databaseUrl,
    families: engines.all.flatMap((engine) => engine.families),
    // a queue in our own database is nobody else's: what a dead process holds in it is added again from the rows at once
    forget: !shared && !config.redisUrl,
    log,
    ...queueTimes,
    ...(config.redisUrl ? { redisUrl: config.redisUrl, redisUnsafe: config.redisUnsafe } : {}),
  });
  stops.push(() => queue.close());

  // the only door to it
  const tools = [...createTools(), ...(fixtures.tools ?? [])];
  const secret = await linkSecret(settings);
  const approvals = createApprovals({ store: database.approvals, secret, log });
  const policy = { ...defaultPolicy, mode: config.schedule };
  const studio = createStudio({
    ...{
      tools,
      jobs,
      artifacts,
      assets,
      files,
      media,
      queue,
      settings,
      lanes,
      policy,
      engines,
      approvals,
      bus,
      limits: config.limits,
      tracing,
      log,
    },
    unplace: wired.unplace,
    accepted(tool) {
      metrics.jobAccepted(tool);
      hooks.accepted?.(tool);
    },
  });
  const deliveries = createDeliveries({ store: database.deliveries, jobs, bus, metrics, tracing });
  const agent = createAgent({
    ...{ studio, plans, deliveries },
    checkpointer: await createCheckpointer(database.pool, { explain: databaseFailure }),
    ...{ model, metrics, tracing, log },
  });

  if (config.roles.worker) {
    // what was accepted in the moment in which the database went did not reach a queue that lies in it
    onDatabaseBack = await wireLanes(
      {
        ...{
          config,
          database,
          tools,
          engines,
          files,
          media,
          bus,
          queue,
          card,
          chat: model.memory,
          policy,
          metrics,
          tracing,
          shared,
          reconcileMs,
          log,
        },
        boundary: hooks.boundary,
      },
      stops,
    );
    await wired.keepOrder({ jobs, assets, artifacts, files, queue });
  }

  // the ways in
  let url: string | undefined;
  const checks = {
    Database: { what: config.databaseUrl ? "PostgreSQL by DATABASE_URL" : "embedded PostgreSQL 16", check: database.ping },
    Queue: { what: config.redisUrl ? "BullMQ on Redis" : "BullMQ on PostgreSQL", check: async () => void (await queue.depths()) },
    Files: { what: config.s3 ? `S3 bucket ${config.s3.bucket}` : (config.files ?? "the data folder"), check: files.check },
    ...wired.checks,
  };
  const findings = findingsOf(config, database);
  const status = async (): Promise<StatusView> => ({
    version,
    pid: process.pid,
    data: folder?.path ?? "none",
    ...(url ? { url } : {}),
    ...(url && config.publicUrl ? { public_url: config.publicUrl } : {}),
    rows: await statusRows({ engines: engines.all, agent, checks, paused: studio.paused, config, findings }),
  });
  // from here on it counts as ready
  watched.watch({ tools, engines, agent, queue, files, ...traced });
  if (!config.roles.http) return status;

  const keys = createAccessKeys({ store: database.accessKeys, log });
  const links = createLinks({ secret, owner: artifacts.owner });
  // one that a client started writes into a log: nobody would see the key there, and it is no place for one
  if (!config.loopback && config.key === undefined && !options.idle && !options.lan) {
    const first = await keys.createFirst();
    if (first)
      say(
        `The studio is open to other machines and had no access key. This one may do everything, and is shown this once:\n  ${first.secret}`,
      );
  }

  const access = accessOf(config, { keys, links, log });
  const address = createAddresses({ links, access });
  const mcp = createMcpHttp({
    ...{ version, log, extras: fixtures.mcp },
    door: (principal) => studioDoor(studio, principal, address),
    origin: (request) => originOf(request, access),
  });
  const about = { limits: config.limits, log, version, status, metrics, ready: database.ping };
  const app = createApp({ ...about, studio, agent, deliveries, mcp, keys, links, access });
  const where = { host: config.host, log, ...(folder ? { socketPath: folder.socketPath } : {}) };
  const listening = await listen(app, { ...where, port: config.port }).catch((error: unknown) => {
    const taken = ((error as Error).cause as NodeJS.ErrnoException | undefined)?.code === "EADDRINUSE";
    if (!options.anyPort || !taken) throw error;
    say(`Port ${config.port} is taken by another program; using a free one (MYSPINBOT_PORT sets it).`);
    return listen(app, { ...where, port: 0 });
  });
  // together: an open MCP stream would hold the listener
  stops.push((ms) => Promise.all([listening.close(Math.min(ms, 3000)), mcp.close()]));
  url = listening.url;
  await folder?.writeServerInfo({ pid: process.pid, version, url });

  if (options.idle && config.idleMinutes > 0) {
    const clock = setInterval(async () => {
      if (listening.idleMs() < config.idleMinutes * minute) return;
      const open = await jobs.open().catch(() => [undefined]);
      if (open.length > 0) return;
      say("Nothing to do for a while; ending. The next `myspinbot chat` starts it again.");
      await stop();
    }, 5000);
    stops.push(async () => clearInterval(clock));
  }
  return status;
}
