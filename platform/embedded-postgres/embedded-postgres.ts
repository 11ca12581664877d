/** A PostgreSQL of our own: made on the first start, adopted when it outlived us, stopped cleanly. It runs apart from us, so that what ends us never ends it first. */
import { chmod, mkdir, readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import type { Log } from "../../core/log.ts";
import { type Account, accountFor } from "./account.ts";
import { type Package, prepareBinaries } from "./binaries.ts";
import { clusterPath, findCluster, makeCluster } from "./cluster.ts";
import { embeddedFailure } from "./failures.ts";
import { launch } from "./launch.ts";
import { findRunning } from "./running.ts";
import { stopServer } from "./stop.ts";
import { supervise } from "./supervise.ts";

export interface EmbeddedPostgres {
  /** With the password: never to be logged or shown. */
  readonly url: string;
  /** True for a server that an earlier process of ours had started. */
  readonly adopted: boolean;
  /** Of the server now: one that is ended from outside is started again, at the same address. */
  readonly pid: number;
  /** A clean fast shutdown, of an adopted server too: open transactions are rolled back, what was committed is on the disk. */
  stop(): Promise<void>;
}

export interface EmbeddedOptions {
  /** Absolute; made when it is missing. As root, everyone must be able to pass through its parents. One caller at a time: the data folder's lock sees to that. */
  folder: string;
  log: Log;
  /** Tells the person what is about to be done. */
  say(text: string): void;
  /** Where the programs are; without it, npm's package for this platform. */
  package?: Package;
}

async function prepareFolder(folder: string, account: Account | undefined): Promise<void> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  if (account) await chmod(folder, 0o711);
  // what an earlier start was cut short in
  for (const name of await readdir(folder))
    if (name.startsWith(".new-")) await rm(join(folder, name), { recursive: true, force: true, maxRetries: 3 });
}

async function start(options: EmbeddedOptions, account: Account | undefined): Promise<EmbeddedPostgres> {
  const { folder, log, say } = options;
  await prepareFolder(folder, account);
  const found = await findCluster(folder);
  const running = found && (await findRunning(found, say));
  if (running) log.info({ pid: running.pid }, "adopted the PostgreSQL server that was already running");
  const cluster = found ?? (await makeCluster(folder, await prepareBinaries(folder, account, say, options.package), account, log));
  const launchHere = async (choosePort?: () => Promise<number>) => {
    const binaries = await prepareBinaries(folder, account, say, options.package);
    return launch(cluster, binaries, account, { logFile: join(folder, "log"), log, say, ...(choosePort ? { choosePort } : {}) });
  };
  const server = running ?? (await launchHere());
  const again = async (port: number) => (await findRunning(cluster, say)) ?? launchHere(async () => port);
  const supervisor = supervise(server, again, log);
  const stop = async () => {
    await supervisor.end();
    const { data, pid } = supervisor.current();
    await stopServer(data, pid, log);
  };
  let stopped: Promise<void> | undefined;
  return {
    url: server.url,
    adopted: running !== undefined,
    get pid() {
      return supervisor.current().pid;
    },
    stop: () => (stopped ??= stop()),
  };
}

/** Failures: `config` (this platform, another major version, a server that is not ours, rights), `storage_full`, `database_unavailable`. */
export async function startEmbeddedPostgres(options: EmbeddedOptions): Promise<EmbeddedPostgres> {
  const account = await accountFor(clusterPath(options.folder));
  try {
    return await start(options, account);
  } catch (error) {
    throw await embeddedFailure(error, options.folder, account);
  }
}
