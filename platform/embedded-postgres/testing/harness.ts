/** Folders that the server's user may enter, processes that start a server, and the promise that nothing of it is left. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { chmod, cp, mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import pg from "pg";
import { afterEach, expect } from "vitest";
import { Failure } from "../../../core/failure.ts";
import { silentLog } from "../../../core/log.ts";
import { findPackage } from "../binaries.ts";
import { type EmbeddedOptions, type EmbeddedPostgres, startEmbeddedPostgres } from "../embedded-postgres.ts";
import { processesIn } from "../postmaster.ts";

export const isRoot = process.getuid?.() === 0;
const folders: string[] = [];
const children: ChildProcess[] = [];
const servers: EmbeddedPostgres[] = [];

export async function until(met: () => Promise<boolean> | boolean, what: string): Promise<void> {
  for (const end = Date.now() + 30_000; Date.now() < end; await sleep(10)) if (await met()) return;
  throw new Error(`not within 30 s: ${what}`);
}

/** Path for a database in a new folder. */
export async function newFolder(): Promise<string> {
  const base = await mkdtemp(join(tmpdir(), "spin-pg-"));
  await chmod(base, 0o711);
  folders.push(base);
  return join(base, "postgres");
}

export async function start(folder: string, more: Partial<EmbeddedOptions> = {}): Promise<EmbeddedPostgres> {
  const server = await startEmbeddedPostgres({ folder, log: silentLog, say: () => undefined, ...more });
  servers.push(server);
  return server;
}

export async function failureOf(work: Promise<unknown>): Promise<Failure> {
  const error = await work.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  expect(error).toBeInstanceOf(Failure);
  return error as Failure;
}

interface Told {
  url: string;
  pid: number;
  adopted: boolean;
  said: string[];
  code?: string;
  message?: string;
}

export interface Starter {
  child: ChildProcess;
  told: Promise<Told>;
}

/** In a process group of its own, as a shell gives each command. */
export function starter(folder: string, uid = "", packagePath = ""): Starter {
  const child = spawn(process.execPath, ["--import", "tsx", join(import.meta.dirname, "starter.ts"), folder, uid, packagePath], {
    stdio: ["ignore", "pipe", "inherit"],
    detached: true,
    cwd: join(import.meta.dirname, "..", "..", ".."),
  });
  children.push(child);
  const told = (async () => {
    let text = "";
    for await (const part of child.stdout ?? []) {
      text += part;
      if (text.endsWith("\n")) return JSON.parse(text) as Told;
    }
    throw new Error("the starter ended without a word");
  })();
  told.catch(() => undefined);
  return { child, told };
}

export async function ended(child: ChildProcess): Promise<void> {
  if (child.exitCode === null && child.signalCode === null) await once(child, "exit");
}

export async function query<Row extends object>(url: string, text: string): Promise<Row[]> {
  const client = new pg.Client({ connectionString: url });
  client.on("error", () => undefined);
  await client.connect();
  try {
    return (await client.query<Row>(text)).rows;
  } finally {
    await client.end();
  }
}

/** npm's package without its symlinks, where only `mode` lets others in. */
export async function copyOfPackage(mode: number): Promise<string> {
  const base = await mkdtemp(join(tmpdir(), "spin-pg-"));
  folders.push(base);
  const { path } = await findPackage();
  const copy = join(base, "package");
  await cp(path, copy, {
    recursive: true,
    filter: (source) => !/\.a$|\.so$|\.so\.\d+$|\/pgxs$/.test(source) || !/native\/lib\/lib(pq|icu|ecpg|pgtypes)/.test(source),
  });
  await chmod(base, mode);
  return copy;
}

afterEach(async () => {
  for (const child of children.splice(0)) {
    child.kill("SIGKILL");
    await ended(child);
  }
  for (const server of servers.splice(0)) await server.stop();
  for (const base of folders.splice(0)) {
    const data = join(base, "postgres", "cluster", "data");
    for (const pid of (await processesIn(data)) ?? []) {
      try {
        process.kill(pid, "SIGKILL");
      } catch {
        // it went with its postmaster
      }
    }
    await until(async () => ((await processesIn(data)) ?? []).length === 0, "the servers are gone");
    await until(
      () =>
        rm(base, { recursive: true, force: true }).then(
          () => true,
          () => false,
        ),
      "the folder is gone",
    );
    expect(await readdir(base).catch(() => undefined)).toBeUndefined();
  }
});
