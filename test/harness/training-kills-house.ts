/** The two houses in which a training is struck: the embedded studio in one process, and faces and worker apart on a database of their own. */
import { once } from "node:events";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { silentLog } from "../../core/log.ts";
import { clusterPath } from "../../platform/embedded-postgres/cluster.ts";
import { type EmbeddedPostgres, startEmbeddedPostgres } from "../../platform/embedded-postgres/embedded-postgres.ts";
import { readPidFile } from "../../platform/embedded-postgres/postmaster.ts";
import { makeStage, type Stage } from "../e2e-training/stage.ts";
import type { Checks } from "./checks.ts";
import { type Command, type Product, send, until } from "./product.ts";

export interface House {
  readonly stage: Stage;
  /** kill -9 of the process that does the work. */
  killWorker(): Promise<void>;
  /** As its supervisor does. */
  startWorker(): Promise<void>;
  /** The postmaster alone, or with all its children at once; resolves when the studio has brought it back by itself. */
  killPostgres(whole: boolean): Promise<void>;
  /** The last words of each process, for a report. */
  said(): string;
  end(): Promise<void>;
}

const isAlive = ({ exitCode, signalCode }: Command["child"]) => exitCode === null && signalCode === null;

async function kill({ child }: Command): Promise<void> {
  if (!isAlive(child)) return;
  const ended = once(child, "exit");
  child.kill("SIGKILL");
  await ended;
}

const postmaster = (product: Product) =>
  readPidFile(join(clusterPath(product.folder.postgresPath), "data")).then(
    (found) => found?.pid,
    () => undefined,
  );

async function killPostgres(product: Product, whole: boolean): Promise<void> {
  const pid = await postmaster(product);
  if (pid === undefined) throw new Error("no PostgreSQL runs");
  const children = whole ? await product.postgresProcesses() : [];
  for (const each of [pid, ...children.filter((other) => other !== pid)]) send(each, "SIGKILL");
  await until(
    async () => {
      const now = await postmaster(product);
      return now !== undefined && now !== pid;
    },
    "the database was started again",
    120_000,
  );
}

interface Shape {
  /** Starts its processes. @returns the one that does the work. */
  open(product: Product, run: (env: Record<string, string>) => Promise<Command>): Promise<Command>;
  /** Settings of that one, for when it is started again. */
  worker(): Record<string, string>;
  /** Ends what no process of the product ends. */
  close(): Promise<void>;
}

async function build(checks: Checks, venv: string, shape: Shape): Promise<House> {
  const commands: Command[] = [];
  const run = async (product: Product, env: Record<string, string>): Promise<Command> => {
    const started = await product.start({ env: { ...product.env, MYSPINBOT_LOG: "info", ...env } });
    commands.push(started);
    return started;
  };
  let worker: Command | undefined;
  const stage = await makeStage(checks, venv, async (product) => {
    worker = await shape.open(product, (env) => run(product, env));
  }).catch(async (error: unknown) => {
    await Promise.all(commands.map(kill));
    await shape.close();
    throw error;
  });
  const { product } = stage;
  return {
    stage,
    async killWorker() {
      if (worker) await kill(worker);
    },
    async startWorker() {
      worker = await run(product, shape.worker());
    },
    killPostgres: (whole) => killPostgres(product, whole),
    said: () =>
      commands
        .slice(-2)
        .flatMap(({ pid, stderr }) =>
          stderr
            .trim()
            .split("\n")
            .slice(-8)
            .map((text) => `        ${pid}: ${text.slice(0, 600)}`),
        )
        .join("\n"),
    async end() {
      for (const { child } of commands) if (isAlive(child)) child.kill("SIGTERM");
      const stopped = Promise.all(commands.map(({ ended }) => ended)).then(() => true);
      if (!(await Promise.race([stopped, sleep(30_000, false, { ref: false })]))) await Promise.all(commands.map(kill));
      await shape.close();
      await stage.end();
    },
  };
}

/** One process that is faces and lane, with the database that it started. */
export function oneProcess(checks: Checks, venv: string): Promise<House> {
  return build(checks, venv, { open: (_product, run) => run({}), worker: () => ({}), close: async () => undefined });
}

/** Faces and worker as processes of their own, on a database that neither of them has started, with files that both see. */
export function apart(checks: Checks, venv: string): Promise<House> {
  let postgres: EmbeddedPostgres | undefined;
  let worker: Record<string, string> = {};
  return build(checks, venv, {
    async open(product, run) {
      postgres = await startEmbeddedPostgres({ folder: product.folder.postgresPath, log: silentLog, say: () => undefined });
      const shared = { DATABASE_URL: postgres.url, MYSPINBOT_FILES: product.folder.filesPath };
      worker = { ...shared, ROLES: "worker", TMPDIR: product.base };
      await run({ ...shared, ROLES: "http" });
      return run(worker);
    },
    worker: () => worker,
    close: async () => postgres?.stop(),
  });
}
