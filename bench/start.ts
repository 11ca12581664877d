/** From the command to a studio that takes work, over a bare embedded PostgreSQL, first and later; and what the idle processes hold in memory. */
import { chmod, mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { get } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { silentLog } from "../core/log.ts";
import { startEmbeddedPostgres } from "../platform/embedded-postgres/embedded-postgres.ts";
import { build, type Command, makeProduct, type Product, until } from "../test/harness/product.ts";
import { median, type Report, show, table } from "./numbers.ts";

const rounds = 5;

function ready(socketPath: string): Promise<boolean> {
  return new Promise((resolve) => {
    const request = get({ socketPath, path: "/readyz", agent: false }, (response) => {
      response.resume();
      response.once("end", () => resolve(response.statusCode === 200));
    });
    request.once("error", () => resolve(false));
  });
}

async function startProduct(product: Product): Promise<{ seconds: number; server: Command }> {
  const begun = performance.now();
  const server = product.run(["start"]);
  while (!(await ready(product.folder.socketPath))) {
    if (server.child.exitCode !== null) throw new Error(server.stderr);
    await sleep(5);
  }
  return { seconds: (performance.now() - begun) / 1000, server };
}

async function startBare(folder: string): Promise<number> {
  const begun = performance.now();
  const postgres = await startEmbeddedPostgres({ folder, log: silentLog, say: () => undefined });
  const seconds = (performance.now() - begun) / 1000;
  await postgres.stop();
  return seconds;
}

interface Held {
  pid: number;
  what: string;
  /** Megabytes of its own and its share of what it shares. */
  pss: number;
}

async function heldBy(pids: readonly number[]): Promise<Held[]> {
  const read = (pid: number, file: string) => readFile(`/proc/${pid}/${file}`, "utf8");
  return Promise.all(
    pids.map(async (pid) => ({
      pid,
      what: (await read(pid, "cmdline")).replaceAll("\0", " ").trim().slice(0, 60),
      pss: Number(/^Pss:\s+(\d+) kB/m.exec(await read(pid, "smaps_rollup"))?.[1] ?? Number.NaN) / 1000,
    })),
  );
}

async function held(product: Product, server: number): Promise<Held[]> {
  // what the work left behind is collected only when memory is asked for
  await sleep(5000);
  return heldBy([server, ...(await product.postgresProcesses())]);
}

const sum = (all: readonly Held[]): number => all.reduce((total, each) => total + each.pss, 0);

async function memory(report: Report, product: Product, server: number): Promise<void> {
  if (!(await readdir("/proc").catch((): string[] => [])).includes("self")) return report.say("no /proc: memory was not measured");
  const idle = await held(product, server);
  for (const { pid, what, pss } of idle) report.say(`  ${show(pss).padStart(6)} MB  ${pid}  ${what}`);
  report.goal("memory of all processes, idle (PSS)", sum(idle), "at most", 250, " MB");
  // the agent is loaded with the first turn
  for await (const _part of product.client.chat({ text: "/jobs" }));
  report.say(`  after a first chat turn: ${show(sum(await held(product, server)))} MB`);
}

export async function start(report: Report): Promise<void> {
  build();
  const first: [number[], number[]] = [[], []];
  const later: [number[], number[]] = [[], []];
  for (let round = 0; round < rounds; round++) {
    const base = await mkdtemp(join(tmpdir(), "spin-bare-"));
    await chmod(base, 0o711);
    const product = await makeProduct("start", { MYSPINBOT_PREVIEW: "0", MYSPINBOT_LOG: "error" });
    try {
      first[0].push(await startBare(join(base, "postgres")));
      const { seconds, server } = await startProduct(product);
      first[1].push(seconds);
      server.child.kill("SIGTERM");
      await server.ended;
      later[0].push(await startBare(join(base, "postgres")));
      const again = await startProduct(product);
      later[1].push(again.seconds);
      if (round === rounds - 1) await memory(report, product, again.server.pid);
      again.server.child.kill("SIGTERM");
      await until(() => again.server.child.exitCode !== null, "it ends");
    } finally {
      await product.end();
      await rm(base, { recursive: true, force: true, maxRetries: 5 });
    }
  }
  report.say(
    table("seconds until ready", [
      ["bare PostgreSQL, first start", first[0]],
      ["whole product, first start", first[1]],
      ["bare PostgreSQL, later", later[0]],
      ["whole product, later", later[1]],
    ]),
  );
  report.goal("first start: product ÷ bare PostgreSQL", median(first[1]) / median(first[0]), "at most", 3.5);
  report.goal("later start", median(later[1]), "at most", 1.5, " s");
  report.say(`  later start: product ÷ bare PostgreSQL: ${show(median(later[1]) / median(later[0]))}`);
}
