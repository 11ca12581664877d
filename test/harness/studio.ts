/** One studio under test: its data folder, its server process, its database, and what that process said about boundaries. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { chmodSync, mkdtempSync, openSync, readFileSync, rmSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { setTimeout as sleep } from "node:timers/promises";
import { silentLog } from "../../core/log.ts";
import { createHttpClient } from "../../http/client.ts";
import { openDataFolder } from "../../platform/data-folder/data-folder.ts";
import { processesIn, readPidFile } from "../../platform/embedded-postgres/postmaster.ts";
import { stopServer } from "../../platform/embedded-postgres/stop.ts";

export const boundaries = ["accepted", "claimed", "engine_done", "stored", "published"] as const;
export type Boundary = (typeof boundaries)[number];

export interface Mark {
  what: "boundary" | "passed" | "ready";
  name: string;
  subject: string;
  at: number;
}

export interface Studio {
  readonly files: string;
  readonly client: ReturnType<typeof createHttpClient>;
  /** Marks of all server processes so far, oldest first. */
  readonly marks: readonly Mark[];
  /** Resolved by the next mark that fits; rejected when `ms` pass or the server ends. */
  next(fits: (mark: Mark) => boolean, ms: number, what: string): Promise<Mark>;
  start(): Promise<void>;
  /** @param signal SIGKILL where none is given. */
  killServer(signal?: NodeJS.Signals): Promise<void>;
  /** The postmaster alone, or with all its children at once. */
  killPostgres(whole: boolean): Promise<void>;
  postgresPid(): Promise<number | undefined>;
  postgresUrl(): Promise<string>;
  /** The last lines of the server's log, for a report. */
  log(lines: number): string;
  end(): Promise<void>;
}

const root = join(import.meta.dirname, "..", "..");

export async function until(met: () => Promise<boolean> | boolean, ms: number, what: string): Promise<void> {
  for (const end = Date.now() + ms; Date.now() < end; await sleep(50)) if (await met()) return;
  throw new Error(`not within ${ms / 1000} s: ${what}`);
}

/** @param env further settings of the server. */
export async function makeStudio(env: Record<string, string>): Promise<Studio> {
  const base = mkdtempSync(join(tmpdir(), "spin-kills-"));
  // as root the database runs as another user, who must pass through
  chmodSync(base, 0o711);
  const data = join(base, "data");
  const folder = await openDataFolder(data, () => undefined);
  const cluster = join(folder.postgresPath, "cluster");
  const logFile = join(base, "log");
  const client = createHttpClient({ socketPath: folder.socketPath });
  const marks: Mark[] = [];
  const waiting = new Set<(mark: Mark | undefined) => void>();
  let child: ChildProcess | undefined;

  function next(fits: (mark: Mark) => boolean, ms: number, what: string): Promise<Mark> {
    return new Promise((resolve, reject) => {
      const end = (mark: Mark | undefined) => {
        if (mark && !fits(mark)) return;
        clearTimeout(timer);
        waiting.delete(end);
        if (mark) resolve(mark);
        else reject(new Error(`the server ended before: ${what}`));
      };
      const timer = setTimeout(() => {
        waiting.delete(end);
        reject(new Error(`not within ${ms / 1000} s: ${what}`));
      }, ms);
      waiting.add(end);
    });
  }

  function hear(line: string): void {
    const [sign, what, name, subject, at] = line.split(" ");
    if (sign !== "@@" || !name || !subject) return;
    const mark = { what: what as Mark["what"], name, subject, at: Number(at) };
    marks.push(mark);
    for (const end of [...waiting]) end(mark);
  }

  async function endOf(process: ChildProcess | undefined, signal: NodeJS.Signals): Promise<void> {
    if (!process || process.exitCode !== null || process.signalCode !== null) return;
    const closed = once(process, "close");
    process.kill(signal);
    // "close": what it said before is read to the end
    await closed;
  }

  const postgresPid = async () => (await readPidFile(join(cluster, "data")).catch(() => undefined))?.pid;

  const studio: Studio = {
    files: folder.filesPath,
    client,
    marks,
    next,
    async start() {
      const log = openSync(logFile, "a", 0o600);
      const started = spawn(process.execPath, ["--import", "tsx", join(import.meta.dirname, "server-main.ts")], {
        cwd: root,
        stdio: ["ignore", "pipe", log],
        env: {
          ...{ PATH: process.env["PATH"] ?? "", HOME: base, MYSPINBOT_DATA: data, MYSPINBOT_PORT: "0", MYSPINBOT_PREVIEW: "1" },
          ...env,
        },
      });
      child = started;
      const ready = next((mark) => mark.what === "ready" && mark.subject === `${started.pid}`, 90_000, "the server is ready");
      if (started.stdout) createInterface({ input: started.stdout }).on("line", hear);
      started.once("close", () => {
        if (child === started) for (const end of [...waiting]) end(undefined);
      });
      await ready;
    },
    async killServer(signal = "SIGKILL") {
      const dying = child;
      child = undefined;
      await endOf(dying, signal);
    },
    async killPostgres(whole) {
      const pid = await postgresPid();
      if (pid === undefined) throw new Error("no PostgreSQL runs");
      const others = whole ? ((await processesIn(join(cluster, "data"))) ?? []) : [];
      for (const each of [pid, ...others.filter((other) => other !== pid)]) {
        try {
          process.kill(each, "SIGKILL");
        } catch (error) {
          // a child that went with its postmaster
          if (each === pid) throw error;
        }
      }
    },
    postgresPid,
    async postgresUrl() {
      const port = (await readPidFile(join(cluster, "data")))?.port;
      const password = (await readFile(join(cluster, "password"), "utf8")).trim();
      return `postgres://myspinbot:${password}@127.0.0.1:${port}/myspinbot`;
    },
    log: (lines) => readFileSync(logFile, "utf8").trimEnd().split("\n").slice(-lines).join("\n"),
    async end() {
      const last = child;
      child = undefined;
      const stopped = endOf(last, "SIGTERM").then(() => true);
      if (!(await Promise.race([stopped, sleep(20_000, false, { ref: false })]))) await endOf(last, "SIGKILL");
      const pid = await postgresPid();
      if (pid !== undefined) await stopServer(join(cluster, "data"), pid, silentLog).catch(() => studio.killPostgres(true));
      rmSync(base, { recursive: true, force: true, maxRetries: 10, retryDelay: 200 });
    },
  };
  return studio;
}
