/** The built product as a person runs it: commands as processes, on a data folder of their own, and a look at its rows. */
import { type ChildProcess, type SpawnOptions, spawn, spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { chmod, mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import pg from "pg";
import { silentLog } from "../../core/log.ts";
import { createHttpClient } from "../../http/client.ts";
import { type DataFolder, openDataFolder } from "../../platform/data-folder/data-folder.ts";
import { clusterPath, findCluster } from "../../platform/embedded-postgres/cluster.ts";
import { processesIn, readPidFile } from "../../platform/embedded-postgres/postmaster.ts";
import { urlOf } from "../../platform/embedded-postgres/session.ts";
import { stopServer } from "../../platform/embedded-postgres/stop.ts";

export const root = join(import.meta.dirname, "..", "..");
export const main = join(root, "dist", "main.js");
/** A program from source, wherever it is started. */
export const fromSource = (file: string): string[] => ["--import", import.meta.resolve("tsx"), join(root, file)];

/** An old build would be measured in place of what is here. */
export function build(): void {
  const built = spawnSync("npm", ["run", "--silent", "build"], { cwd: root, encoding: "utf8" });
  if (built.status !== 0) throw new Error(`the build failed:\n${built.stdout}${built.stderr}`);
}

export async function until<T>(look: () => Promise<T | undefined | false> | T | undefined | false, what: string, ms = 60_000): Promise<T> {
  for (const end = Date.now() + ms; Date.now() < end; await sleep(20)) {
    const found = await look();
    if (found) return found;
  }
  throw new Error(`not within ${ms / 1000} s: ${what}`);
}

export interface Command {
  readonly child: ChildProcess;
  readonly pid: number;
  readonly stdout: string;
  readonly stderr: string;
  readonly ended: Promise<number | NodeJS.Signals | null>;
}

export function command(program: string, args: readonly string[], options: SpawnOptions): Command {
  const child = spawn(program, args, { ...options, stdio: ["ignore", "pipe", "pipe"] });
  const heard = { stdout: "", stderr: "" };
  child.stdout?.setEncoding("utf8").on("data", (text: string) => {
    heard.stdout += text;
  });
  child.stderr?.setEncoding("utf8").on("data", (text: string) => {
    heard.stderr += text;
  });
  const ended = new Promise<number | NodeJS.Signals | null>((resolve, reject) => {
    child.once("error", reject);
    // "close": what it said is read to the end
    child.once("close", (code, signal) => resolve(code ?? signal));
  });
  return {
    child,
    pid: child.pid ?? 0,
    get stdout() {
      return heard.stdout;
    },
    get stderr() {
      return heard.stderr;
    },
    ended,
  };
}

export interface Product {
  /** Folder that everything of this run lies in. */
  readonly base: string;
  readonly env: Record<string, string>;
  readonly folder: DataFolder;
  readonly client: ReturnType<typeof createHttpClient>;
  /** @param program what runs in place of what was built. */
  run(args: readonly string[], options?: SpawnOptions, program?: readonly string[]): Command;
  /** `start`, until it takes work. */
  start(options?: SpawnOptions, program?: readonly string[]): Promise<Command>;
  postgresUrl(): Promise<string>;
  rows<Row extends object>(text: string, values?: unknown[]): Promise<Row[]>;
  /** Processes that serve this data folder. */
  servers(): Promise<number[]>;
  postgresProcesses(): Promise<number[]>;
  /** Stops what still runs and removes everything. */
  end(): Promise<void>;
}

export async function makeProduct(name: string, env: Record<string, string> = {}): Promise<Product> {
  const base = await mkdtemp(join(tmpdir(), `spin-${name}-`));
  // as root the database runs as another user, who must pass through
  await chmod(base, 0o711);
  const folder = await openDataFolder(join(base, "data"), () => undefined);
  const data = join(clusterPath(folder.postgresPath), "data");
  const commands: Command[] = [];
  const client = createHttpClient({ socketPath: folder.socketPath }, { patience: { tries: 0, firstMs: 0 } });
  const path = process.env["PATH"] ?? "";
  // nothing of the caller's own settings
  const whole = { PATH: path, HOME: base, MYSPINBOT_DATA: folder.path, MYSPINBOT_PORT: "0", MYSPINBOT_PREVIEW: "1", ...env };

  const product: Product = {
    base,
    env: whole,
    folder,
    client,
    run(args, options = {}, program = [main]) {
      const started = command(process.execPath, [...program, ...args], { cwd: base, env: whole, ...options });
      commands.push(started);
      return started;
    },
    async start(options, program) {
      const server = product.run(["start"], options, program);
      const early = server.ended.then((code) => Promise.reject(new Error(`start ended with ${code}: ${server.stderr}`)));
      early.catch(() => undefined);
      await Promise.race([early, until(() => server.stdout.includes("MySpinBot"), "start is ready", 180_000)]);
      return server;
    },
    async postgresUrl() {
      const [cluster, pid] = await Promise.all([findCluster(folder.postgresPath), readPidFile(data)]);
      if (!cluster || !pid?.port) throw new Error("no database runs");
      return urlOf(cluster, pid.port);
    },
    async rows(text, values = []) {
      const connection = new pg.Client({ connectionString: await product.postgresUrl(), options: "-c default_transaction_read_only=on" });
      await connection.connect();
      try {
        return (await connection.query(text, values)).rows as never;
      } finally {
        await connection.end();
      }
    },
    async servers() {
      const pids = (await readdir("/proc")).filter((entry) => /^\d+$/.test(entry));
      const found = await Promise.all(
        pids.map(async (pid) => {
          const [line, set] = await Promise.all(
            ["cmdline", "environ"].map((file) => readFile(`/proc/${pid}/${file}`, "utf8").catch(() => "")),
          );
          return /main\.[jt]s\0start\0/.test(line ?? "") && set?.split("\0").includes(`MYSPINBOT_DATA=${folder.path}`) ? Number(pid) : [];
        }),
      );
      return found.flat();
    },
    postgresProcesses: async () => (await processesIn(data)) ?? [],
    async end() {
      const alive = [
        ...commands.filter(({ child }) => child.exitCode === null && child.signalCode === null).map(({ pid }) => pid),
        ...(await product.servers()),
      ];
      for (const pid of alive) send(pid, "SIGTERM");
      await until(async () => (await product.servers()).length === 0, "the servers end", 30_000).catch(async () => {
        for (const pid of await product.servers()) send(pid, "SIGKILL");
      });
      const postmaster = await readPidFile(data).catch(() => undefined);
      if (postmaster) await stopServer(data, postmaster.pid, silentLog);
      await rm(base, { recursive: true, force: true, maxRetries: 10, retryDelay: 200 });
    },
  };
  return product;
}

/** Of a process that may be gone already. */
export function send(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error;
  }
}

export const sha256 = (bytes: Uint8Array): string => createHash("sha256").update(bytes).digest("hex");

export interface FakeEngine {
  readonly url: string;
  readonly pid: number;
  end(): Promise<void>;
}

/** A fake ComfyUI in a process of its own. */
export async function startEngine(stepMs: number, options: readonly string[] = []): Promise<FakeEngine> {
  const file = join(root, "workers/engines/comfyui/testing/fake-comfyui-main.ts");
  const engine = command(process.execPath, ["--import", "tsx", file, "--step-ms", `${stepMs}`, ...options], {
    cwd: root,
    env: { PATH: process.env["PATH"] ?? "" },
  });
  const line = await until(
    () => engine.stdout.split("\n").find((text) => text.startsWith("{")),
    `the fake ComfyUI starts ${engine.stderr}`,
    30_000,
  );
  const { url } = JSON.parse(line) as { url: string };
  return {
    url,
    pid: engine.pid,
    async end() {
      engine.child.kill("SIGKILL");
      await engine.ended;
    },
  };
}
