/** `npm run faults`: three servers and three workers on Redis, PostgreSQL and S3, struck again and again under load, and then counted by somebody else. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { parseArgs } from "node:util";
import { createChecks } from "../harness/checks.ts";
import { build, command, fromSource } from "../harness/product.ts";
import type { Report } from "./auditor.ts";
import { drawFaults, kinds, members } from "./draw.ts";
import { type House, openHouse } from "./house.ts";
import { faultWords } from "./judge.ts";
import { type Load, startLoad } from "./load.ts";
import { createStriker } from "./strike.ts";
import { openLedger } from "./told.ts";

const { values } = parseArgs({
  options: {
    faults: { type: "string", default: "300" },
    seed: { type: "string", default: `${Date.now() % 100_000}` },
    /** The product's own waits (30 s, 15 s, 5 s). */
    usual: { type: "boolean", default: false },
    /** Leaves the folder of the run, with every log. */
    keep: { type: "boolean", default: false },
    "no-build": { type: "boolean", default: false },
  },
});
const [count, seed] = [Number(values.faults), Number(values.seed)];
if (!Number.isInteger(count) || count < 1 || !Number.isInteger(seed)) {
  process.stderr.write("npm run faults -- [--faults 300] [--seed N] [--usual] [--keep] [--no-build]\n");
  process.exit(2);
}

const checks = createChecks();
const began = Date.now();
const clock = () => {
  const seconds = Math.floor((Date.now() - began) / 1000);
  return `${String(Math.floor(seconds / 60)).padStart(3)}:${String(seconds % 60).padStart(2, "0")}`;
};

/** Open jobs as the rows say; undefined while the database is away. */
const openJobs = (house: House) =>
  house.rows<{ open: number }>("select count(*)::int as open from jobs where state in ('queued', 'running', 'canceling')").then(
    ([row]) => row?.open,
    () => undefined,
  );

/** Left alone until little is open, at most for so long: recovering from one fault must not be what hides the next. */
async function settle(house: House): Promise<void> {
  for (const end = Date.now() + 8000; Date.now() < end; await sleep(300)) if (((await openJobs(house)) ?? 99) <= 8) return;
}

/** Its rows until nothing is open. */
async function drained(house: House, load: Load): Promise<string | undefined> {
  const over = load.drain().then(() => true);
  for (const end = Date.now() + 480_000; Date.now() < end; ) {
    if ((await Promise.race([over, sleep(1000, false)])) && (await openJobs(house)) === 0) return undefined;
  }
  return `${await openJobs(house)} jobs and ${load.open} errands are open`;
}

async function run(house: House): Promise<void> {
  const program = async (args: readonly string[]) => {
    const started = command(process.execPath, args, { cwd: house.base, env: { PATH: process.env["PATH"] ?? "", ...house.direct } });
    const code = await started.ended;
    return { code, stdout: started.stdout, stderr: started.stderr };
  };
  const ledger = openLedger(join(house.base, "told.jsonl"));
  const load = await startLoad({ urls: house.urls, key: house.key, ledger, seed: seed + 1 });
  await sleep(3000);

  const striker = createStriker(house, count * 2000);
  const struck = new Map<string, number>();
  for (const [index, fault] of drawFaults(count, seed).entries()) {
    const text = await striker.strike(fault);
    struck.set(fault.kind, (struck.get(fault.kind) ?? 0) + 1);
    checks.note(`${clock()}  ${String(index + 1).padStart(3)}  ${text}`);
    await sleep(fault.pause);
    if (fault.settle) await settle(house);
  }
  await striker.over();
  checks.note(`${clock()}  the last fault is over`);
  const stuck = await drained(house, load);
  checks.note(`${clock()}  nothing is open any more`);
  const starts = members.map((name) => `${name} ${house.members.get(name)?.starts}`).join(", ");

  const codes = await Promise.all([...house.members.values()].map(async (member) => `${member.name} ${await member.end(40_000)}`));
  const swept = await program([join(import.meta.dirname, "sweep.mjs")]);
  const audited = await program([...fromSource("test/faults/auditor.ts"), ledger.path]);
  const report = audited.stdout.startsWith("{") ? (JSON.parse(audited.stdout) as Report) : undefined;

  checks.note(`\n${[...struck.values()].reduce((sum, times) => sum + times, 0)} faults:`);
  for (const kind of kinds) checks.note(`${String(struck.get(kind) ?? 0).padStart(5)}  ${kind}`);
  const again = [...load.again].map(([why, times]) => `${times} ${why}`).join(", ");
  checks.note(`\nrequests that were sent again, after: ${again || "none"}`);
  checks.note(`programs were started: ${starts}`);
  for (const [what, times] of [...load.counts].sort(([a], [b]) => a.localeCompare(b))) checks.note(`${String(times).padStart(5)}  ${what}`);
  if (striker.drains.length > 0)
    checks.note(`\ntold to stop they were gone after ${Math.max(...striker.drains).toFixed(1)} s at most (${striker.drains.length} times)`);
  checks.note(`\n${house.postgres.version}; store: ${house.store.name}; files that no row named, swept: ${swept.stdout.trim()}`);
  if (report) checks.note(`the auditor: ${JSON.stringify({ ...report, findings: undefined })}\n`);

  checks.check("every accepted job came to its end, and the queue is empty", stuck === undefined, stuck);
  checks.check("no client was shown anything that must not be", load.wrong.length === 0, load.wrong);
  checks.check("every program that was told to stop did", striker.problems.length === 0, striker.problems);
  checks.check(
    "at the end all stop cleanly",
    codes.every((code) => code.endsWith(" 0")),
    codes,
  );
  checks.check("the sweep ran", swept.code === 0, swept.stderr);
  checks.check("the auditor could look", report !== undefined, audited.stderr);
  for (const word of faultWords)
    checks.check(
      `0 ${word}`,
      report?.found[word] === 0,
      report?.findings.filter((finding) => finding.word === word).map(({ text }) => text),
    );
}

checks.note(`seed ${seed}, ${count} faults`);
if (!values["no-build"]) build();
const house = await openHouse({ usual: values.usual });
for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => void house.end().then(() => process.exit(130)));
try {
  await run(house);
} catch (error) {
  checks.check("the run came to its end", false, error instanceof Error ? error.stack : String(error));
} finally {
  if (checks.failed > 0 || values.keep) {
    for (const name of members)
      checks.note(`${name}: ${readFileSync(join(house.base, `${name}.log`), "utf8").split("\n").length} lines of log`);
    checks.note(`everything of this run is in ${house.base}`);
    await house.stop();
  } else await house.end();
}
process.exit(checks.end());
