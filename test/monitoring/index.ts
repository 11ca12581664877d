/** `npm run monitoring:check`: every query of every dashboard against a real Prometheus that scrapes a real studio at work, with the product's own jobs and rules. */
import { spawnSync } from "node:child_process";
import { setTimeout as sleep } from "node:timers/promises";
import { readBoards } from "../../compose/monitoring/grafana/testing/boards.ts";
import { createChecks } from "../harness/checks.ts";
import { build, fromSource, until } from "../harness/product.ts";
import { type House, makeHouse } from "./house.ts";
import { createLoad } from "./load.ts";
import { type Ask, asks } from "./panels.ts";
import { installed } from "./parts.ts";
import { type Prometheus, startPrometheus } from "./prometheus.ts";
import { keepTraining } from "./training.ts";

/** Milliseconds that panels have to get their first figure. */
const patience = 75_000;

const checks = createChecks();

async function listeners(house: House): Promise<void> {
  for (const [role, address] of Object.entries(house.watched)) {
    const answers = await Promise.all(["livez", "readyz", "metrics", "v1/jobs"].map((path) => fetch(`${address}/${path}`)));
    const statuses = answers.map(({ status }) => status);
    checks.check(
      `the ${role} lives, is ready, tells its metrics and nothing else, without a key`,
      `${statuses}` === "200,200,200,404",
      statuses,
    );
    const tool = spawnSync("promtool", ["check", "metrics"], { input: await answers[2]?.text(), encoding: "utf8" });
    checks.check(`promtool check metrics: ${role}`, tool.status === 0, `${tool.stdout}${tool.stderr}`);
  }
}

/** Asks each of them once; those that have figures are open no more, and those that have none keep the queries to blame. */
async function answer(prometheus: Prometheus, open: Map<string, Ask>, failed: Map<string, string>): Promise<void> {
  for (const [name, ask] of open) {
    try {
      const empty: Ask["queries"] = [];
      for (const query of ask.queries) {
        const found = await prometheus.ask(query.expr, query.instant);
        if (!found.some(({ values }) => values.length > 0)) empty.push(query);
      }
      if (empty.length === 0) open.delete(name);
      else open.set(name, { ...ask, queries: empty });
    } catch (error) {
      failed.set(name, (error as Error).message);
      open.delete(name);
    }
  }
}

async function panels(prometheus: Prometheus, present: ReadonlySet<string>): Promise<void> {
  const all = asks();
  const open = new Map(all.map((ask) => [ask.name, ask]));
  checks.check("every panel has a name of its own", open.size === all.length);
  const failed = new Map<string, string>();
  const silent = ({ quiet, needs }: Ask) => quiet !== undefined || needs.some((job) => !present.has(job));
  for (const end = Date.now() + patience; Date.now() < end; await sleep(1000)) {
    await answer(prometheus, open, failed);
    if ([...open.values()].every(silent)) break;
  }
  checks.check("Prometheus takes every query", failed.size === 0, [...failed]);
  for (const { name, needs, quiet } of all) {
    const absent = needs.filter((job) => !present.has(job));
    if (failed.has(name)) continue;
    if (!open.has(name)) checks.check(`${name}: has figures`, true);
    // never counted as passed: that a query is taken says nothing of what it shows
    else if (absent.length > 0) checks.note(`NOT RUN ${name}: ${absent.join(", ")} is not here`);
    else if (quiet !== undefined) checks.note(`no figures ${name}: ${quiet}`);
    else
      checks.check(
        `${name}: has figures`,
        false,
        open
          .get(name)
          ?.queries.map(({ expr }) => expr)
          .join("\n"),
      );
  }
}

/** Before anything happens: what was counted before the first look is in no graph. */
async function scraped(prometheus: Prometheus): Promise<void> {
  type Found = { activeTargets: { health: string; scrapeUrl: string; lastError: string }[] };
  let down: Found["activeTargets"] = [];
  const up = async () => {
    const { activeTargets } = await prometheus.api<Found>("targets");
    down = activeTargets.filter(({ health }) => health !== "up");
    return activeTargets.length > 0 && down.length === 0;
  };
  await until(up, "every target is up", 30_000).catch(() => undefined);
  checks.check("every target is up", down.length === 0, down);
}

async function choices(prometheus: Prometheus): Promise<void> {
  for (const { title, templating } of readBoards())
    for (const { name, definition } of templating.list) {
      const [, metric = "", label = ""] = /^label_values\((\w+), (\w+)\)$/.exec(definition) ?? [];
      const values = await prometheus.api<string[]>(`label/${label}/values?match[]=${encodeURIComponent(metric)}`);
      checks.check(
        `${title}: the choice ${name} offers every tool`,
        values.includes("render_image") && values.includes("train_lora"),
        values,
      );
    }
}

async function rules(prometheus: Prometheus): Promise<void> {
  const { groups } = await prometheus.api<{ groups: { rules: { name: string; health: string; lastError?: string }[] }[] }>("rules");
  const wrong = groups.flatMap((group) => group.rules).filter(({ health }) => health === "err");
  checks.check("every rule of the product can be computed", groups.length > 0 && wrong.length === 0, wrong);
}

async function draining(house: House): Promise<void> {
  house.worker.child.kill("SIGTERM");
  const refused = until(
    async () => (await fetch(`${house.watched.worker}/readyz`)).status === 503,
    "the worker says that it is not ready",
    8000,
  );
  checks.check("a worker that drains is not ready", (await refused.catch((error: unknown) => String(error))) === true);
  const text = await fetch(`${house.watched.worker}/metrics`).then((told) => told.text(), String);
  checks.check("a worker that drains says so", text.includes("\nmyspinbot_draining 1\n"), text.slice(0, 200));
  // a second signal would end it at once
  checks.check("and ends in order", (await house.worker.ended) === 0);
}

async function play(house: House): Promise<void> {
  await listeners(house);
  await house.sql(
    `insert into settings (name, value) values ('backup.last', '{"at": "${new Date().toISOString()}", "bytes": 1000, "files": 3}') on conflict do nothing`,
  );
  const prometheus = await startPrometheus(house.base, house.targets);
  try {
    await scraped(prometheus);
    const load = createLoad(house, checks);
    await checks.scene("A household at work", load.scene);
    const training = house.gpuHost && keepTraining(house.gpuHost);
    const busy = load.keepBusy();
    const present = new Set([...Object.keys(house.targets), "prometheus"]);
    const absent = prometheus.jobs.filter((job) => !present.has(job) && job !== "other-machines");
    checks.note(`scraped: ${[...present].join(", ")}; not here: ${absent.join(", ")}`);
    await checks.scene("Every panel of every dashboard", () => panels(prometheus, present));
    await choices(prometheus);
    await rules(prometheus);
    await checks.scene("A worker that ends", () => draining(house));
    await Promise.all([busy.end(), training?.end()]);
  } finally {
    await prometheus.end();
  }
}

for (const program of ["prometheus", "promtool", "redis-server"])
  if (!installed(program))
    checks.check(`${program} is installed (apt-get install ${program.startsWith("p") ? "prometheus" : program})`, false);
if (checks.failed === 0) {
  // sources as they are, for whoever changes them
  const source = process.argv.includes("--source");
  if (!source) build();
  await checks.scene("A studio that is watched", async () => {
    const house = await makeHouse(checks, source ? fromSource("main.ts") : undefined);
    await play(house).finally(house.end);
  });
}
process.exit(checks.end());
