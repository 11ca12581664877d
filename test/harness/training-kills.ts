/** `npm run kills:training`: trainer, gpu-host, worker, server and database die by -9 at random steps of a training; it must go on from its last saved state, and leave nothing behind. */
import { parseArgs } from "node:util";
import { photos } from "../e2e-training/photos.ts";
import { createChecks } from "./checks.ts";
import { gpuHostVenv } from "./gpu-host.ts";
import { build, until } from "./product.ts";
import { random } from "./random.ts";
import { leases } from "./training-kills-audit.ts";
import { apart, type House, oneProcess } from "./training-kills-house.ts";
import { allowed, hows, type Plan, play, type Told } from "./training-kills-run.ts";
import { diesToo, type Target, targets } from "./training-kills-strikes.ts";

const usage = `npm run kills:training -- [--runs 50] [--seed N] [--target ${targets.join("|")}]`;

const { values } = parseArgs({
  options: { runs: { type: "string", default: "50" }, seed: { type: "string", default: "1" }, target: { type: "string" } },
});
const [runs, seed] = [Number(values.runs), Number(values.seed)];
const wanted = targets.filter((target) => !values.target || target === values.target);
if (!Number.isInteger(runs) || runs < 1 || !Number.isInteger(seed) || wanted.length === 0) {
  console.error(usage);
  process.exit(2);
}

/** The same for the same seed, whatever ran before. */
function planOf(index: number): Plan {
  const next = random(seed * 100_003 + index);
  const between = (least: number, most: number) => least + Math.floor(next() * (most - least + 1));
  const target = wanted[index % wanted.length] as Target;
  const trainerToo = target !== "trainer" && next() < 0.4;
  const again = target === "trainer" && next() < 0.2;
  // a lost worker is known by its silence only, and a server takes seconds to come back: what they leave alone is to be found at work
  const lone = !trainerToo && (target === "worker" || target === "server");
  const steps = target === "worker" && lone ? between(110, 150) : between(60, 200);
  const saveEvery = between(5, 20);
  const early = again || (target === "worker" && lone) ? 0.25 : next() < 0.15 ? 0 : 1;
  // one that has written its result cannot be killed any more
  const last = Math.floor(steps * (diesToo({ target, trainerToo }) ? 0.9 : 1));
  return {
    index,
    struck: { target, trainerToo, again, chance: next() },
    steps,
    saveEvery,
    at: early > 0 ? between(0, Math.floor(last * early)) : between(0, saveEvery - 1),
    stepSeconds: again ? 0.2 : lone ? (target === "worker" ? 0.45 : 0.1) : 0.02 + next() * 0.03,
    seed: between(1, 2 ** 31 - 1),
  };
}

const checks = createChecks();
const all: Told[] = [];
const open = new Set<Promise<House>>();

async function endAll(): Promise<void> {
  const houses = [...open];
  open.clear();
  for (const making of houses)
    await making
      .then((house) => house.end())
      .catch((error: unknown) => checks.check("everything ends and nothing is left", false, String(error)));
}
for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => void endAll().then(() => process.exit(130)));

const nameOf = ({ target, trainerToo, again }: Plan["struck"]) => `${target}${trainerToo ? " + trainer" : again ? ", 3 times" : ""}`;
const figure = (value: number | undefined, width: number) => `${value ?? "-"}`.padStart(width);

function line({ plan, step, saved, resumedFrom, attempts, seconds, how, resumeAvailable, missed, leases }: Told): string {
  return [
    `${plan.index + 1}`.padStart(3),
    nameOf(plan.struck).padEnd(18),
    `${figure(step, 4)} of ${figure(plan.steps, 3)}`,
    figure(saved, 5),
    figure(resumedFrom, 7),
    figure(attempts, 8),
    `${seconds.toFixed(1)} s`.padStart(8),
    ` ${[
      how,
      ...(resumeAvailable ? ["resume available, it said; retried"] : []),
      ...(missed ? ["the trainer had ended before it was struck"] : []),
      ...(leases > 0 ? ["a lease on the card runs out by itself"] : []),
    ].join("; ")}`,
  ].join("  ");
}

async function live(make: typeof oneProcess, plans: readonly Plan[], venv: string): Promise<void> {
  if (plans.length === 0) return;
  const making = make(checks, venv);
  open.add(making);
  const house = await making;
  const { stage } = house;
  const named = (await photos(12)).map((body, index) => ({ name: `IMG_${index}.jpg`, body }));
  const input = { name: "photos", pictures: await stage.upload(named), subject: "a brown dog", resolution: 512 };
  const { id } = await allowed(house, "make_dataset", input);
  await until(async () => (await stage.product.client.job(id)).state === "succeeded", "the dataset is made", 120_000);
  const placed = new Map<string, string>();
  for (const plan of plans) {
    try {
      const told = await play(house, plan, "photos", placed);
      all.push(told);
      if (!checks.check(line(told), told.wrong.length === 0, told.wrong.join("; "))) console.log(house.said());
    } catch (error) {
      checks.check(`${plan.index + 1} ${nameOf(plan.struck)}`, false, error instanceof Error ? error.message : String(error));
      console.log(house.said());
      // what it left would be taken for the next one's
      return;
    }
  }
  const free = async () => (await leases(house)).length === 0;
  await until(free, "every lease on the card has run out", 60_000).catch((error: Error) => checks.check(error.message, false));
}

function sum(): void {
  console.log(`\n${"target".padEnd(18)}  runs  ${hows.join("  ")}  seconds from the strike to the end: median, most`);
  for (const name of [...new Set(all.map(({ plan }) => nameOf(plan.struck)))].sort()) {
    const mine = all.filter(({ plan }) => nameOf(plan.struck) === name);
    const seconds = mine.map((told) => told.seconds).sort((one, other) => one - other);
    const counts = hows.map((how) => figure(mine.filter((told) => told.how === how).length, how.length));
    const [median, most] = [seconds[Math.floor(seconds.length / 2)], seconds.at(-1)];
    console.log(`${name.padEnd(18)}  ${figure(mine.length, 4)}  ${counts.join("  ")}  ${median?.toFixed(1)}, ${most?.toFixed(1)}`);
  }
}

if (!process.env["E2E_NO_BUILD"]) build();
const venv = await gpuHostVenv();
const plans = Array.from({ length: runs }, (_, index) => planOf(index));
console.log(`seed ${seed}, ${runs} trainings\n\n            target              struck at     saved  resumed  attempts   seconds`);
const [embedded, lone] = [
  plans.filter(({ struck }) => struck.target !== "worker"),
  plans.filter(({ struck }) => struck.target === "worker"),
];
const lives = await Promise.allSettled([
  live(oneProcess, embedded, venv),
  // half a minute of silence tells that a worker is lost: two houses wait at once
  ...[0, 1].map((half) =>
    live(
      apart,
      lone.filter((_, place) => place % 2 === half),
      venv,
    ),
  ),
]);
for (const ended of lives)
  if (ended.status === "rejected") checks.check("a house stands", false, String(ended.reason?.stack ?? ended.reason));
sum();
await endAll();
checks.check(`${runs} trainings were struck and looked at`, all.length === runs, `${all.length} of them`);
process.exit(checks.end());
