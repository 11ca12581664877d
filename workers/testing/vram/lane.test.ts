/** One card for 500 mixed jobs and everybody who talks meanwhile: nothing runs out of memory, no question about the state loads a model, every release is looked at. */
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, expect, it } from "vitest";
import { pick, random } from "../../../test/harness/random.ts";
import { type Kind, startStudio } from "./studio.ts";

const seed = Number(process.env["MYSPINBOT_TEST_SEED"] ?? 1);
const jobs = 500;
const bursts = 10;

/** How often each kind of job comes. */
const mix: Kind[] = [...Array<Kind>(8).fill("sd15"), ...Array<Kind>(6).fill("sdxl"), ...Array<Kind>(5).fill("upscale"), "train"];

const next = random(seed);
const between = (low: number, high: number) => low + Math.floor(next() * (high - low + 1));
let studio: Awaited<ReturnType<typeof startStudio>>;

beforeAll(async () => {
  studio = await startStudio(between);
});
afterAll(() => studio?.close());

async function until(what: string, so: () => Promise<boolean> | boolean): Promise<void> {
  for (const end = Date.now() + 120_000; Date.now() < end; await sleep(100)) if (await so()) return;
  throw new Error(`never: ${what}`);
}

it(`${jobs} jobs, seed ${seed}`, { timeout: 300_000 }, async () => {
  const { card, ollama, trainer, releases } = studio;
  const chatGb = () => card.heldGb("ollama mistral:7b");
  const errors: unknown[] = [];
  const planners = new Set<string>();
  let turns = 0;
  let talking = true;
  const talk = async () => {
    for (; talking; turns++) {
      await (next() < 0.1 ? studio.leave() : studio.talk()).catch((error: unknown) => errors.push(error));
      await sleep(between(100, 600));
    }
  };
  const ask = async () => {
    for (; talking; await sleep(between(500, 1500)))
      await studio.askState().then(
        (planner) => planners.add(planner),
        (error: unknown) => errors.push(error),
      );
  };
  const people = [talk(), talk(), ask()];

  const play = async () => {
    let submitted = 0;
    for (let burst = 0; burst < bursts; burst++) {
      for (let job = 0; job < jobs / bursts; job++) await studio.submit(pick(mix, next), submitted++);
      await until("every job of this burst has ended", async () => {
        const rows = await studio.look();
        // what ran out of memory goes back in line: said at once
        expect(card.overflows).toEqual([]);
        expect(trainer.company).toEqual([]);
        return rows.every(({ state }) => ["succeeded", "failed", "canceled"].includes(state));
      });
      // somebody talks: the model is back on the card, in the way of the next burst
      await until("the chat model is on the card again", () => chatGb() > 0);
    }
  };
  await play().finally(async () => {
    talking = false;
    await Promise.all(people);
  });

  expect(card.overflows).toEqual([]);
  expect(ollama.memory.failures).toEqual([]);
  expect(errors).toEqual([]);
  expect(turns).toBeGreaterThan(50);
  // each ended once, at its first attempt
  expect(await studio.look()).toEqual([{ state: "succeeded", attempt: 1, jobs }]);
  expect(studio.counts).toEqual({ succeeded: jobs });
  expect(trainer.company).toEqual([]);
  expect(trainer.trained).toBeGreaterThan(5);

  expect(releases.filter(({ outcome, leftGb }) => outcome !== "freed" || leftGb > 0)).toEqual([]);
  for (const holder of ["chat", "comfyui"]) expect(releases.filter((release) => release.holder === holder).length).toBeGreaterThan(5);

  expect([...planners]).toEqual(["rules"]);
  expect(studio.asked.length).toBeGreaterThan(5);
  expect([...new Set(studio.asked)].sort()).toEqual(["/api/show", "/api/tags"]);
  const loads = ollama.memory.loads.map(({ cardGb }) => (cardGb > 0 ? "card" : "processor"));
  expect(new Set(loads)).toEqual(new Set(["card", "processor"]));
  expect(card.peakGb).toBeLessThanOrEqual(card.totalGb);
});
