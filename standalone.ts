/** What `doctor` can tell while no studio runs: engines, chat model and what is configured elsewhere are looked at, nothing is started or changed. */
import { chatModelOf } from "./agent/model.ts";
import { folderRows } from "./cli/diagnose/folder.ts";
import { disk, portRow } from "./cli/diagnose/machine.ts";
import { processRow } from "./cli/diagnose/process.ts";
import { stackOf } from "./cli/diagnose/stack.ts";
import type { Config } from "./config.ts";
import type { StatusRow, StatusView } from "./core/client.ts";
import { silentLog } from "./core/log.ts";
import { createS3Files } from "./platform/files/s3.ts";
import { redisHealth } from "./platform/health/redis.ts";
import { openPostgres } from "./platform/postgres/open.ts";
import { type StatusParts, statusRows } from "./status.ts";
import { loraChecks } from "./wire-engines.ts";
import { findingsOf } from "./wire-health.ts";
import { createComfyui } from "./workers/engines/comfyui/comfyui.ts";
import { createGpuHost } from "./workers/engines/gpu-host/gpu-host.ts";
import { createLoraFolder } from "./workers/lora-folder.ts";

/** Only what others run: the embedded parts start with the studio. */
function outside({ databaseUrl, redisUrl, s3, loraFolder }: Config): StatusParts["checks"] {
  return {
    ...(databaseUrl
      ? {
          Database: {
            what: "PostgreSQL by DATABASE_URL",
            async check() {
              const database = await openPostgres({ url: databaseUrl, log: silentLog, poolMax: 1, migrate: false });
              await database.ping().finally(() => database.close());
            },
          },
        }
      : {}),
    ...(redisUrl ? { Queue: { what: "BullMQ on Redis", check: async () => void (await redisHealth(redisUrl)) } } : {}),
    ...(s3 ? { Files: { what: `S3 bucket ${s3.bucket}`, check: () => createS3Files({ ...s3, log: silentLog }).check() } } : {}),
    ...loraChecks(loraFolder === undefined ? undefined : createLoraFolder(loraFolder)),
  };
}

/** @param container whether we run in one; looked up when left out, and so is the stack. */
export async function standaloneStatus(config: Config, version: string, container?: boolean, stack = stackOf()): Promise<StatusView> {
  const seen = async () => false;
  const comfyui = createComfyui({
    ...config.comfyui,
    seen,
    modelFamilies: config.modelFamilies,
    waitMinutes: 0,
    log: silentLog,
  });
  const gpuHost = createGpuHost({ ...config.gpuHost, seen, waitMinutes: 0, vramGb: config.vramGb, log: silentLog });
  const model = chatModelOf({
    ollama: config.ollama,
    seen: { get: seen, set: async () => undefined },
    log: silentLog,
    ...(config.openai ? { openai: config.openai } : {}),
  });
  try {
    const rows = await statusRows({
      engines: [comfyui, gpuHost],
      agent: model,
      checks: outside(config),
      findings: findingsOf(config, undefined, stack),
      paused: async () => undefined,
      config,
      ...(container === undefined ? {} : { container }),
      ...(stack ? { stack } : {}),
    });
    const own = await processRow(config, stack);
    return { version, pid: 0, data: config.data, rows: own ? [own, ...rows] : rows };
  } finally {
    await comfyui.close();
  }
}

export interface MachineOptions {
  version: string;
  /** Whether MYSPINBOT_PORT was set. */
  portAsked: boolean;
  /** The studio that runs on this data folder. */
  running?: StatusView;
}

/** What `doctor` tells of this machine, whether a studio runs or not. */
export async function machineRows(config: Config, { version, portAsked, running }: MachineOptions): Promise<StatusRow[]> {
  // a worker alone listens on no port of that kind
  const port = running || !config.roles.http ? undefined : await portRow(config.host, config.port, portAsked);
  const room = await disk(config.data);
  const files = config.files === undefined ? undefined : await disk(config.files, "MYSPINBOT_FILES");
  const rights = await folderRows(config.data);
  const other: StatusRow = {
    ...{ part: "Version", state: "info", what: `the studio that runs is ${running?.version}, and this is ${version}` },
    fix: "myspinbot stop, then start it again",
  };
  return [port, room, files, ...rights, running && running.version !== version ? other : undefined].filter((row) => row !== undefined);
}
