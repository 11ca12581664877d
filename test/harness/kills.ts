/** `npm run kills`: kill -9 and stops at every named boundary, then the question whether every accepted job ended once, with all of its files and none twice. */
import { parseArgs } from "node:util";
import { type OwnRedis, startRedis } from "../../platform/bullmq/testing/redis-server.ts";
import { type Audit, audit } from "./audit.ts";
import { random } from "./random.ts";
import { playRound, type Round, type Target } from "./round.ts";
import { type Boundary, boundaries, makeStudio, type Studio } from "./studio.ts";
import { postgres, redisFlush, redisRestart, server, stop } from "./targets.ts";

const usage = `npm run kills -- [--rounds 4] [--redis [--usual]] [--target ${["server", "stop", "postgres", "redis-flush", "redis-restart"].join("|")}] [--only ${boundaries.join("|")}] [--seed N]`;

const { values } = parseArgs({
  options: {
    rounds: { type: "string", default: "4" },
    redis: { type: "boolean", default: false },
    usual: { type: "boolean", default: false },
    target: { type: "string" },
    only: { type: "string" },
    seed: { type: "string", default: `${Date.now() % 100_000}` },
  },
});
const rounds = Number(values.rounds);
const wanted = boundaries.filter((boundary) => !values.only || boundary === values.only);
if (!Number.isInteger(rounds) || rounds < 1 || wanted.length === 0) {
  console.error(usage);
  process.exit(2);
}

interface Cell {
  target: string;
  boundary: Boundary;
  hits: number;
  jobs: number;
  lost: number;
  doubled: number;
  orphans: number;
  fenced: number;
  resent: number;
  chatAgain: number;
  answered: number;
  ended: number;
  violations: string[];
}

function add(cell: Cell, round: Round, found: Audit): void {
  if (round.hit) cell.hits++;
  cell.jobs += round.asked.length;
  cell.lost += found.lost;
  cell.doubled += found.doubled;
  cell.orphans += found.orphans;
  cell.fenced += found.fenced;
  cell.resent += round.resent;
  cell.chatAgain += round.chatAgain;
  cell.answered = Math.max(cell.answered, round.answered);
  cell.ended = Math.max(cell.ended, round.ended);
  cell.violations.push(...found.violations, ...round.chat);
}

const chance = random(Number(values.seed));
const cells: Cell[] = [];
/** What ended a target's run before its time. */
const problems: string[] = [];
const open = new Set<{ end(): Promise<void> }>();

async function endAll(): Promise<void> {
  for (const part of [...open]) {
    open.delete(part);
    await part.end().catch((error: unknown) => console.error(`could not be ended: ${error}`));
  }
}
for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => void endAll().then(() => process.exit(130)));

async function play(studio: Studio, target: Target, made: { jobs: number }): Promise<void> {
  for (const boundary of wanted) {
    const cell: Cell = {
      ...{ target: target.name, boundary, hits: 0, jobs: 0, lost: 0, doubled: 0, orphans: 0, fenced: 0 },
      ...{ resent: 0, chatAgain: 0, answered: 0, ended: 0, violations: [] },
    };
    cells.push(cell);
    // a kill that came after the boundary was passed is no hit, and is done again
    for (let round = 0; cell.hits < rounds && round < rounds * 2; round++) {
      const name = `${target.name}-${boundary}-${round}-${values.seed}`;
      const result = await playRound(studio, target, boundary, round, name, 1 + Math.floor(chance() * 3));
      made.jobs += result.asked.length;
      const found = await audit(studio, result.asked, made.jobs);
      add(cell, result, found);
      console.log(
        `${target.name} at ${boundary} (${result.hit?.subject ?? "missed"}${result.midChat ? ", in mid-chat" : ""}): answers after ${result.answered.toFixed(1)} s, all ended after ${result.ended.toFixed(1)} s` +
          `${result.shown.length > 0 ? `; the chat showed: ${[...new Set(result.shown)].join("; ")}` : ""}` +
          `${found.violations.length + result.chat.length > 0 ? `  VIOLATION ${[...found.violations, ...result.chat].join(" | ")}` : ""}`,
      );
    }
  }
}

/** One studio for each target: what one leaves behind must not help or hinder the next. */
async function visit(makeTarget: (redis: OwnRedis | undefined) => Target, redis: OwnRedis | undefined): Promise<void> {
  if (redis) open.add(redis);
  const studio = await makeStudio({
    MYSPINBOT_LOG: "info",
    HARNESS_SLOW_MS: "250",
    ...(redis ? { REDIS_URL: redis.url } : {}),
    // with the usual periods (30 s, 15 s, 5 s: `--usual`) nothing is lost either; a run only takes an hour
    ...(redis && !values.usual ? { HARNESS_PERIODS: JSON.stringify({ reconcileMs: 2000, lockMs: 4000, stalledMs: 1000 }) } : {}),
  });
  open.add(studio);
  const target = makeTarget(redis);
  try {
    await studio.start();
    await play(studio, target, { jobs: 0 });
  } catch (error) {
    problems.push(`${target.name}: ${error instanceof Error ? error.message : error}`);
    console.log(`${target.name}: FAILED ${error instanceof Error ? error.stack : error}\nthe server's last words:\n${studio.log(60)}`);
  } finally {
    if (process.env["HARNESS_SHOW_LOG"]) console.log(studio.log(400));
    await endAll();
  }
}

const targets: Record<string, (redis: OwnRedis | undefined) => Target> = {
  ...(values.redis
    ? { "redis-flush": (redis) => redisFlush(redis as OwnRedis), "redis-restart": (redis) => redisRestart(redis as OwnRedis) }
    : {}),
  server: () => server,
  stop: () => stop,
  postgres: () => postgres(),
};

console.log(`seed ${values.seed}, ${rounds} kills at each of ${wanted.join(", ")}, queue on ${values.redis ? "Redis" : "PostgreSQL"}`);
const chosen = Object.entries(targets).filter(([name]) => !values.target || name === values.target);
if (chosen.length === 0) {
  console.error(usage);
  process.exit(2);
}
for (const [, make] of chosen) await visit(make, values.redis ? await startRedis(false) : undefined);

const columns = [
  "target",
  "boundary",
  "hits",
  "jobs",
  "lost",
  "doubled",
  "orphans",
  "fenced",
  "resent",
  "chatAgain",
  "answered",
  "ended",
] as const;
const headings = [
  "target",
  "boundary",
  "times hit",
  "jobs",
  "lost",
  "doubled",
  "orphans swept",
  "attempts fenced",
  "resent",
  "chat again",
  "answers s",
  "all ended s",
];
const lines = [
  headings,
  ...cells.map((cell) => columns.map((name) => (name === "answered" || name === "ended" ? cell[name].toFixed(1) : `${cell[name]}`))),
];
const widths = headings.map((_, column) => Math.max(...lines.map((line) => (line[column] ?? "").length)));
console.log(lines.map((line) => line.map((text, column) => text.padEnd(widths[column] ?? 0)).join("  ")).join("\n"));

const complete = chosen.length * wanted.length;
const passed = cells.filter((cell) => cell.hits >= rounds && cell.violations.length === 0).length;
for (const text of problems) console.log(`FAILED ${text}`);
for (const cell of cells) for (const text of cell.violations) console.log(`VIOLATION ${cell.target} at ${cell.boundary}: ${text}`);
console.log(`${passed} passed, ${complete - passed} failed`);
process.exit(passed === complete ? 0 : 1);
