/** A studio as compose runs it (a server and a worker, PostgreSQL, Redis, an engine and a chat model that speak their real protocols), and what watches it. */
import { access, chmod, mkdir, mkdtemp, rm } from "node:fs/promises";
import { homedir, tmpdir } from "node:os";
import { join } from "node:path";
import pg from "pg";
import { type FakeOllama, startFakeOllama } from "../../agent/testing/fake-ollama.ts";
import { silentLog } from "../../core/log.ts";
import { freePort, startRedis } from "../../platform/bullmq/testing/redis-server.ts";
import { startEmbeddedPostgres } from "../../platform/embedded-postgres/embedded-postgres.ts";
import { type FakeComfyui, startFakeComfyui } from "../../workers/engines/comfyui/testing/fake-comfyui.ts";
import type { Checks } from "../harness/checks.ts";
import { type GpuHostProcess, startGpuHost } from "../harness/gpu-host.ts";
import { type Command, command, main, until } from "../harness/product.ts";
import { startExporters } from "./exporters.ts";
import type { Target } from "./parts.ts";

export interface House {
  base: string;
  url: string;
  /** Of the listeners of server and worker. */
  watched: Record<"server" | "worker", string>;
  worker: Command;
  comfyui: FakeComfyui;
  gpuHost?: GpuHostProcess;
  /** By the job that scrapes it. */
  targets: Record<string, Target[]>;
  sql(text: string): Promise<void>;
  end(): Promise<void>;
}

const there = (path: string) =>
  access(path).then(
    () => true,
    () => false,
  );

/** Only where its environment was made before: to make it takes minutes. */
async function gpuHostOf(checks: Checks) {
  const cache = process.env["XDG_CACHE_HOME"] ?? join(homedir(), ".cache");
  const venv = process.env["GPU_HOST_VENV"] ?? join(cache, "myspinbot/gpu-host-tests");
  if (await there(join(venv, "bin/python"))) return startGpuHost({ venv });
  checks.note("gpu-host is not here (npm run test:gpu-host makes its environment): its panels are not run");
  return undefined;
}

/** @param program what runs in place of what was built. */
export async function makeHouse(checks: Checks, program: readonly string[] = [main]): Promise<House> {
  const base = await mkdtemp(join(tmpdir(), "spin-monitoring-"));
  const ends: (() => Promise<unknown>)[] = [() => rm(base, { recursive: true, force: true, maxRetries: 10, retryDelay: 200 })];
  const end = async () => {
    for (const each of ends.splice(0).reverse())
      await each().catch((error: unknown) => checks.note(`a part did not end: ${String(error)}`));
  };
  const keep = <T>(part: T, ending: (part: T) => Promise<unknown>): T => {
    ends.push(() => ending(part));
    return part;
  };
  try {
    // as root the database runs as another user, who must pass through
    await chmod(base, 0o711);
    await mkdir(join(base, "files"));
    const say = () => undefined;
    const postgres = keep(await startEmbeddedPostgres({ folder: join(base, "postgres"), log: silentLog, say }), (part) => part.stop());
    const memory = ["--maxmemory", "200mb", "--maxmemory-policy", "noeviction"];
    const redis = keep(await startRedis(true, memory), (part) => part.end());
    const comfyui = keep(await startFakeComfyui({ stepMs: 60 }), (part) => part.close());
    const ollama: FakeOllama = keep(await startFakeOllama({ replies: [{ text: "Hello, what shall I draw?" }] }), (part) => part.close());
    const gpuHost = await gpuHostOf(checks);
    if (gpuHost) ends.push(() => gpuHost.close());

    const ports = { server: await freePort(), worker: await freePort() };
    const env = {
      ...{ PATH: process.env["PATH"] ?? "", HOME: base, MYSPINBOT_PORT: "0", MYSPINBOT_LOG: "warn", MYSPINBOT_FILES: join(base, "files") },
      ...{ DATABASE_URL: postgres.url, REDIS_URL: redis.url, COMFYUI_URL: comfyui.url, OLLAMA_URL: ollama.url },
      ...(gpuHost ? { GPU_HOST_URL: gpuHost.url, GPU_HOST_KEY: gpuHost.key } : {}),
    };
    const start = (role: "server" | "worker", more: Record<string, string>) => {
      const own = { MYSPINBOT_METRICS_PORT: `${ports[role]}`, MYSPINBOT_DATA: join(base, role), ...more };
      const started = command(process.execPath, [...program, role === "server" ? "start" : "worker"], {
        cwd: base,
        env: { ...env, ...own },
      });
      const early = started.ended.then((code) => {
        if (code !== 0) checks.check(`the ${role} goes on`, false, `it ended with ${code}: ${started.stderr.slice(-2000)}`);
      });
      ends.push(async () => {
        started.child.kill("SIGTERM");
        await started.ended;
        await early;
      });
      return started;
    };
    const watched = { server: `http://127.0.0.1:${ports.server}`, worker: `http://127.0.0.1:${ports.worker}` };
    const ready = async (role: "server" | "worker", { stderr }: Command) => {
      const answers = () =>
        fetch(`${watched[role]}/readyz`).then(
          (answer) => answer.ok,
          () => false,
        );
      await until(answers, `the ${role} is ready: ${stderr}`, 60_000);
    };
    const server = start("server", { ROLES: "http" });
    await ready("server", server);
    const worker = start("worker", {});
    await ready("worker", worker);
    const url = /http:\/\/[\w.:[\]]+/.exec(
      await until(() => server.stdout.includes("http://") && server.stdout, "the server says where"),
    )?.[0];
    const around = {
      base,
      databaseUrl: postgres.url,
      redisUrl: redis.url,
      probes: { comfyui: `${comfyui.url}/system_stats`, ollama: `${ollama.url}/api/version` },
    };
    const exporters = await startExporters(around, checks);
    ends.push(exporters.end);
    const client = new pg.Client({ connectionString: postgres.url });
    await client.connect();
    ends.push(() => client.end());
    return {
      ...{ base, url: url ?? "", watched, worker, comfyui },
      ...(gpuHost ? { gpuHost } : {}),
      targets: {
        server: [{ address: `127.0.0.1:${ports.server}`, instance: "server" }],
        worker: [{ address: `127.0.0.1:${ports.worker}`, instance: "worker" }],
        ...(gpuHost ? { "gpu-host": [{ address: new URL(gpuHost.url).host, instance: "gpu-host", key: gpuHost.key }] } : {}),
        ...exporters.targets,
      },
      sql: async (text) => void (await client.query(text)),
      end,
    };
  } catch (error) {
    await end();
    throw error;
  }
}
