/** `npm run e2e:openwebui -- --restarts 100 [--seed N] [--from K] [--worlds W]`: three jobs in three chats, then something ends or breaks at a random moment, and comes back. */
import { setTimeout as sleep } from "node:timers/promises";
import { parseArgs } from "node:util";
import { createChecks } from "../harness/checks.ts";
import { random, shuffled } from "../harness/random.ts";
import { openNetwork } from "./network.ts";
import type { Sent } from "./person.ts";
import { makeStage } from "./scene.ts";
import { aMoment, deck, type Kind, type World } from "./strikes.ts";
import { setValves } from "./valves.ts";
import { isUnsettled, lookAt, type Verdict } from "./verdict.ts";

interface Run {
  number: number;
  kind: Kind;
  words: string;
  missed: boolean;
  sent: Sent[];
  verdicts: Verdict[];
  error?: string;
}

const stepMs = 150;
const patience = 240_000;
const say = (text: string) => void process.stdout.write(`${text}\n`);
const isGood = (verdict: Verdict): boolean => verdict === "pictured" || verdict === "told";

async function settled({ stage }: World, sent: readonly Sent[]): Promise<{ verdicts: Verdict[]; seen: string[] }> {
  for (const end = Date.now() + patience; ; await sleep(1000)) {
    const looks = await Promise.all(sent.map((one) => lookAt(stage, one)));
    const verdicts = looks.map(({ verdict }) => verdict);
    if (Date.now() > end || !verdicts.some(isUnsettled)) return { verdicts, seen: looks.map(({ seen }) => seen) };
  }
}

/** After a run that broke off: the next one starts on a whole world. */
async function mend({ stage: { web, product }, network }: World): Promise<void> {
  network.heal();
  if ((await product.servers()).length === 0) await product.start();
  const up = await fetch(`${web.url}/health`).then(
    ({ ok }) => ok,
    () => false,
  );
  if (up) return;
  await web.stop("SIGKILL");
  await web.start();
}

async function play(world: World, number: number, seed: number): Promise<Run> {
  const { anna, admin } = world.stage;
  const strike = shuffled(deck, random(seed + Math.floor(number / deck.length)))[number % deck.length];
  if (!strike) throw new Error("an empty deck");
  const next = random(seed * 1009 + number);
  const late = next() < 0.4;
  const steps = [0, 1, 2].map(() => 4 + Math.floor(next() * 13));
  const span = steps.reduce((sum, each) => sum + each, 0) * stepMs + 2500;
  const moment = aMoment(next, span);
  const run: Run = { number, kind: strike.kind, words: `${strike.what} ${moment.what}`, missed: false, sent: [], verdicts: [] };
  const began = Date.now();
  try {
    await setValves(admin, { HOLD_SECONDS: late ? 1 : 60, LEASE_SECONDS: 5 });
    await anna.open();
    const come = moment.arm(world);
    run.sent = await Promise.all(steps.map((count, index) => anna.say(`/render "picture ${index} of run ${number}" --steps ${count}`)));
    const { missed, release } = await come();
    run.missed = missed;
    if (strike.kind !== "network" || next() < 0.5) anna.close();
    run.words += await strike.play(world, next).finally(release);
    const { verdicts, seen } = await settled(world, run.sent);
    run.verdicts = verdicts;
    verdicts.forEach((verdict, index) => {
      if (verdict !== "pictured") say(`  run ${number}: ${verdict}: ${seen[index]}`);
    });
  } catch (error) {
    run.error = error instanceof Error ? (error.stack ?? error.message) : String(error);
    await mend(world).catch((cause: unknown) => say(`  the world of run ${number} is not whole: ${cause}`));
  } finally {
    anna.close();
  }
  const seconds = Math.round((Date.now() - began) / 1000);
  say(
    `run ${number}: ${run.words}${late ? ", short hold" : ""}${run.missed ? " (never came)" : ""}: ${run.error ? `BROKE OFF ${run.error}` : run.verdicts.join(", ")} [${seconds} s]`,
  );
  return run;
}

async function makeWorld(): Promise<World> {
  const stage = await makeStage(createChecks());
  try {
    const network = await openNetwork(stage.server);
    await setValves(stage.admin, { BASE_URL: network.url });
    return { stage, network };
  } catch (error) {
    await stage.end();
    throw error;
  }
}

const columns = ["pictured", "told", "lost", "doubled", "canceled", "stuck", "failed", "begun twice", "missing", "open"] as const;

function report(runs: readonly Run[]): void {
  const row = (what: string, of: readonly Run[]) => {
    const all = of.flatMap(({ verdicts }) => verdicts);
    const cells = columns.map((column) => all.filter((verdict) => verdict === column).length);
    const broke = of.filter(({ error }) => error).length;
    return [what, of.length, of.length * 3, ...cells, broke, of.filter(({ missed }) => missed).length];
  };
  const kinds = [...new Set(runs.map(({ kind }) => kind))].sort();
  const table = [
    ["what ended", "runs", "chats", ...columns, "broke off", "moment never came"],
    ...kinds.map((kind) =>
      row(
        kind,
        runs.filter((run) => run.kind === kind),
      ),
    ),
    row("all", runs),
  ];
  say("");
  for (const cells of table) say(cells.map((cell, index) => `${cell}`.padEnd(index === 0 ? 12 : `${table[0]?.[index]}`.length)).join("  "));
}

/** @returns the exit code. */
export async function restartRuns(args: string[]): Promise<number> {
  const text = { type: "string" } as const;
  const { values } = parseArgs({ args, options: { restarts: text, seed: text, from: text, worlds: text } });
  const [count, from] = [Number(values.restarts), Number(values.from ?? 0)];
  const seed = Number(values.seed ?? Date.now() % 100_000);
  say(`${count} runs from ${from} on, seed ${seed}`);
  const worlds: World[] = [];
  const runs: Run[] = [];
  try {
    // one after the other: our installer, as a program that is waited for, would stop the other's network
    for (let made = 0; made < Number(values.worlds ?? 2); made++) worlds.push(await makeWorld());
    let [next, until] = [from, from + count];
    // what is asked to end still looks at what it has done
    process.once("SIGTERM", () => {
      until = next;
    });
    const plays = worlds.map(async (world) => {
      const mine: Run[] = [];
      while (next < until) mine.push(await play(world, next++, seed));
      runs.push(...mine);
      say("  the last look at every chat of this world");
      for (const run of mine) {
        const looks = await Promise.all(run.sent.map((one) => lookAt(world.stage, one)));
        looks.forEach(({ verdict, seen }, index) => {
          const before = run.verdicts[index];
          if (before && before !== verdict) say(`  run ${run.number}: ${before} became ${verdict}: ${seen}`);
          if (before) run.verdicts[index] = verdict;
        });
      }
    });
    await Promise.all(plays);
  } finally {
    report(runs.sort((one, other) => one.number - other.number));
    for (const { stage, network } of worlds) {
      await network.end();
      await stage.end();
    }
  }
  const bad = runs.filter(({ error, verdicts }) => error || !verdicts.every(isGood));
  say(bad.length === 0 ? "Nothing was lost, doubled, canceled or stuck." : `Not good: runs ${bad.map(({ number }) => number).join(", ")}.`);
  return bad.length === 0 && runs.length === count ? 0 : 1;
}
