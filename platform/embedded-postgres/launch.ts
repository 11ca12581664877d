/** Starts the server in a session of its own: no Ctrl-C and no end of ours reaches it. */
import { spawn } from "node:child_process";
import { open, readFile, rename, stat } from "node:fs/promises";
import { createServer } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { Failure } from "../../core/failure.ts";
import type { Log } from "../../core/log.ts";
import type { Account } from "./account.ts";
import type { Binaries } from "./binaries.ts";
import type { Cluster } from "./cluster.ts";
import { programFailure } from "./failures.ts";
import type { Server } from "./running.ts";
import { askServer, urlOf } from "./session.ts";
import { stopServer } from "./stop.ts";

/** Given on the command line, which outranks every file. Durable; small, for a studio of one home; no helpers for what is never used. */
const settings = {
  listen_addresses: "127.0.0.1",
  // a socket's path has about 100 bytes, which a data folder may exceed
  unix_socket_directories: "",
  fsync: "on",
  synchronous_commit: "on",
  full_page_writes: "on",
  max_connections: "60",
  shared_buffers: "48MB",
  max_wal_size: "256MB",
  min_wal_size: "48MB",
  wal_level: "minimal",
  max_wal_senders: "0",
  max_logical_replication_workers: "0",
  max_worker_processes: "2",
  max_parallel_workers_per_gather: "0",
  jit: "off",
  lc_messages: "C",
  timezone: "UTC",
  log_timezone: "UTC",
};

const look = 20;
const patience = 3_000;
const largestLog = 8_000_000;

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((listening, failed) => server.once("error", failed).listen(0, "127.0.0.1", listening));
  const address = server.address();
  await new Promise((closed) => server.close(closed));
  if (typeof address !== "object" || !address) throw new Error("no port");
  return address.port;
}

async function openLog(path: string): Promise<{ handle: Awaited<ReturnType<typeof open>>; from: number }> {
  const before = await stat(path).catch(() => undefined);
  if (before && before.size > largestLog) await rename(path, `${path}.1`);
  const handle = await open(path, "a", 0o600);
  return { handle, from: (await handle.stat()).size };
}

export interface LaunchOptions {
  /** Where the server's own words go. */
  logFile: string;
  log: Log;
  say(text: string): void;
  choosePort?: () => Promise<number>;
}

/** Another program may take the free port before the server does: then once more. */
export async function launch(cluster: Cluster, binaries: Binaries, account: Account | undefined, options: LaunchOptions): Promise<Server> {
  for (let left = 5; ; left--) {
    const port = await (options.choosePort ?? freePort)();
    const server = await launchAt(port, cluster, binaries, account, options);
    if (server !== "port taken") return server;
    if (left === 0)
      throw new Failure("database_unavailable", "No free port on 127.0.0.1 was found for the database. Try again.", { retryable: true });
  }
}

async function launchAt(
  port: number,
  cluster: Cluster,
  binaries: Binaries,
  account: Account | undefined,
  { logFile, log, say }: LaunchOptions,
): Promise<Server | "port taken"> {
  const { data } = cluster;
  const { handle, from } = await openLog(logFile);
  const args = ["-D", data, "-p", `${port}`, ...Object.entries(settings).flatMap(([name, value]) => ["-c", `${name}=${value}`])];
  const child = spawn(binaries.postgres, args, {
    cwd: "/",
    env: binaries.env,
    detached: true,
    stdio: ["ignore", handle.fd, handle.fd],
    ...(account ? { uid: account.uid, gid: account.gid } : {}),
  });
  let over: { error: unknown } | undefined;
  const ended = new Promise<void>((resolve) => {
    const end = (error: unknown) => {
      over ??= { error };
      resolve();
    };
    child.once("error", end);
    child.once("exit", () => end(undefined));
  });
  child.unref();
  await handle.close();
  const begun = Date.now();
  let told = false;
  try {
    while (!over) {
      const answer = await askServer(cluster, port);
      // somebody else's server has that port: ours will say so and end
      if (answer === "ready") return { url: urlOf(cluster, port), pid: child.pid as number, data };
      if (!told && Date.now() - begun > patience) {
        told = true;
        say("The database is repairing itself after it was cut short; this may take some minutes.");
      }
      await Promise.race([ended, sleep(look)]);
    }
  } catch (error) {
    if (child.pid !== undefined) await stopServer(data, child.pid, log);
    throw error;
  }
  if (over.error) throw over.error;
  const words = (await readFile(logFile)).subarray(from).toString("utf8");
  if (/could not bind IPv4 address|could not create any TCP\/IP sockets/.test(words)) return "port taken";
  throw programFailure(words);
}
