/** Lanes on the real store and the real queue: which one a job goes to, what waits until one comes, who gives way, and who rests. */
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { z } from "zod";
import { createCard } from "../core/card.ts";
import { newId } from "../core/ids.ts";
import type { Job } from "../core/job.ts";
import { silentLog } from "../core/log.ts";
import { outlookOf } from "../core/outlook.ts";
import type { NewJob } from "../core/ports/job-store.ts";
import { noMetrics } from "../core/ports/metrics.ts";
import type { Queue } from "../core/ports/queue.ts";
import { defaultPolicy, type SchedulePolicy } from "../core/schedule.ts";
import { memoryLedger } from "../core/testing/memory-ledger.ts";
import { defineJobTool } from "../core/tool.ts";
import { createBullQueue } from "../platform/bullmq/queue.ts";
import { createBus } from "../platform/bus/bus.ts";
import { type Database, openPostgres } from "../platform/postgres/open.ts";
import { createDatabase, type TestDatabase } from "../platform/postgres/testing/database.ts";
import { createAttempts } from "./attempt.ts";
import { createGpu } from "./gpu.ts";
import { createLane } from "./lane.ts";
import { memoryFiles, plainMedia } from "./testing/memory.ts";
import { engineList, type Script, scriptedEngine, thing } from "./testing/scripted-engine.ts";

let test: TestDatabase;
let database: Database;
const closers: (() => Promise<unknown>)[] = [];

beforeAll(async () => {
  test = await createDatabase();
  database = await openPostgres({ url: test.url, log: silentLog });
});
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
  await database.pool.query("truncate jobs cascade; truncate settings; truncate lanes");
});
afterAll(async () => {
  await database.close();
  await test.drop();
});

async function until(what: string, reached: () => Promise<boolean> | boolean): Promise<void> {
  for (const deadline = Date.now() + 30_000; Date.now() < deadline; await sleep(20)) if (await reached()) return;
  throw new Error(`never: ${what}`);
}

const engines = engineList(scriptedEngine("scripted", { families: ["draw", "train"] }));

/** One worker process: its own connections, queue and bus. */
async function worker(
  name: string,
  script: Script,
  more: {
    vramGb?: number;
    policy?: Partial<SchedulePolicy>;
    families?: string[];
    offloads?: string[];
    lookMs?: number;
    deaf?: boolean;
  } = {},
) {
  const { vramGb = 16, families = ["draw", "train"] } = more;
  const store = await openPostgres({ url: test.url, log: silentLog, migrate: false });
  const all = await createBus({ database: store, shared: true, log: silentLog });
  let deaf = more.deaf ?? false;
  const bus: typeof all = {
    ...all,
    subscribe: (listener) => all.subscribe((message) => (deaf && message.type === "settings" ? undefined : listener(message))),
  };
  const queue = await createBullQueue({ databaseUrl: test.url, families, log: silentLog, backoffMs: 50 });
  const tool = defineJobTool({
    ...{ name: "make_thing", title: "Make", alias: "make", description: "For tests." },
    input: z.strictObject({ text: z.string().describe("Any."), give_way: z.boolean().optional().describe("As trainings have it.") }),
    annotations: { readOnly: false, destructive: false, idempotent: false },
    prepare: async ({ text }) => ({ input: { text }, title: text, engine: "scripted", family: "draw", vramGb: 0, class: "interactive" }),
    run: ({ text }, _engines, run) => script(run, text),
  });
  const gpu = createGpu({ engines, card: createCard(memoryLedger()), vramGb, worker: name, metrics: noMetrics, log: silentLog });
  const attempts = createAttempts({
    ...{ tools: [tool], engines, jobs: store.jobs, artifacts: store.artifacts, assets: store.assets, files: memoryFiles() },
    ...{ media: plainMedia, bus, gpu, metrics: noMetrics, log: silentLog, worker: name, beatMs: 50 },
  });
  let rests = 0;
  const between: Queue["lane"] = (of, those, handlers) =>
    queue.lane(of, those, {
      ...handlers,
      async between() {
        await handlers.between();
        rests++;
      },
    });
  const asked: string[] = [];
  const ask: typeof store.lanes.beforeStart = async (id, reach) => {
    const answer = await store.lanes.beforeStart(id, reach);
    asked.push(id);
    return answer;
  };
  const lane = await createLane({
    ...{
      name: "card",
      families,
      attempts,
      queue: { ...queue, lane: between },
      jobs: store.jobs,
      settings: store.settings,
      bus,
      metrics: noMetrics,
      log: silentLog,
    },
    connected: { lanes: { ...store.lanes, beforeStart: ask }, worker: name, vramGb, offloads: more.offloads ?? [] },
    policy: { ...defaultPolicy, ...more.policy },
    lookMs: more.lookMs ?? 100,
  });
  closers.push(async () => {
    await lane.close(0);
    await queue.close();
    await bus.close();
    await store.close();
  });
  return {
    /** Jobs that it had in its hands. */
    asked,
    /** Times that it has looked for more after a job. */
    rests: () => rests,
    /** From now on it hears of settings. */
    hear() {
      deaf = false;
    },
  };
}

/** As a face does it: the row, then the hint. */
async function submit(text: string, more: Partial<NewJob> = {}): Promise<string> {
  const { job } = await database.jobs.accept({
    ...{ id: newId("job"), principal: "p", tool: "make_thing", input: { text }, title: text, engine: "scripted", family: "draw" },
    ...{ class: "interactive", vramGb: 4, requestDigest: text },
    ...more,
  } as NewJob);
  const queue = await createBullQueue({ databaseUrl: test.url, families: [], log: silentLog });
  await queue.add(job);
  await queue.close();
  return job.id;
}

const get = async (id: string) => (await database.jobs.get("p", id)) as Job & { artifacts: [] };
const is = (id: string, state: Job["state"]) => until(`${id} ${state}`, async () => (await get(id)).state === state);
const outlook = async (id: string) => {
  const { jobs, lanes } = database;
  return outlookOf({ jobs, lanes, engines, tools: [] }, await get(id));
};
const workersOf = async (id: string): Promise<string[]> =>
  (await database.pool.query("select worker from attempts where job = $1 order by number", [id])).rows.map((row) => row.worker);

describe("several lanes", () => {
  it("a job goes only where it fits, and what fits the small card does not wait for the large one", async () => {
    await worker("small", (run) => thing(run), { vramGb: 8 });
    await worker("large", (run) => thing(run), { vramGb: 16 });
    const ids = await Promise.all(Array.from({ length: 8 }, (_, index) => submit(`${index}`, { vramGb: index % 2 ? 12 : 4 })));
    for (const id of ids) await is(id, "succeeded");
    for (const [index, id] of ids.entries()) if (index % 2) expect(await workersOf(id)).toEqual(["large"]);
  });

  it("too big for the only card: it waits, says so, uses up no attempt, and starts by itself when a larger one comes", async () => {
    const done: string[] = [];
    await worker(
      "small",
      async (run, text) => {
        done.push(text);
        await thing(run);
      },
      { vramGb: 8 },
    );
    const big = await submit("big", { vramGb: 12 });
    const fits = await submit("fits");
    await is(fits, "succeeded");
    expect((await outlook(big)).missing).toMatch(/needs 12 GB .* has 8 GB/);
    expect(await get(big)).toMatchObject({ state: "queued", attempt: 0, tries: 0 });
    await worker("large", (run) => thing(run));
    await is(big, "succeeded");
    expect([await workersOf(big), done]).toEqual([["large"], ["fits"]]);
  });

  it("too big for every card: it goes to the largest one where its engine works in parts, and nowhere where it does not", async () => {
    const small = await worker("small", (run) => thing(run), { vramGb: 6, offloads: ["draw"] });
    const alone = await submit("alone", { vramGb: 10 });
    await is(alone, "succeeded");
    expect(await workersOf(alone)).toEqual(["small"]);
    await worker("larger", (run) => thing(run), { vramGb: 8, offloads: ["draw"] });
    const training = await submit("train", { vramGb: 10, family: "train", class: "training" });
    const ids = await Promise.all(["a", "b", "c"].map((text) => submit(text, { vramGb: 10 })));
    for (const id of ids) await is(id, "succeeded");
    for (const id of ids) expect(await workersOf(id)).toEqual(["larger"]);
    // it steps aside: it must not take from the queue again and again what it puts down
    expect(small.asked.filter((id) => ids.includes(id)).length).toBeLessThanOrEqual(ids.length);
    expect(await get(training)).toMatchObject({ state: "queued", attempt: 0, tries: 0 });
    // the larger one goes: the small one is the largest that there is
    await closers.pop()?.();
    const left = await submit("left", { vramGb: 10 });
    await is(left, "succeeded");
    expect(await workersOf(left)).toEqual(["small"]);
  });

  it("no lane for its family: it says what is missing, and starts by itself when one appears", async () => {
    await worker("drawer", (run) => thing(run), { families: ["draw"] });
    const training = await submit("train", { family: "train", class: "training" });
    expect((await outlook(training)).missing).toMatch(/no connected worker runs train \(Scripted\)/);
    await worker("trainer", (run) => thing(run), { families: ["train"] });
    await is(training, "succeeded");
    expect(await workersOf(training)).toEqual(["trainer"]);
  });

  it("are listed under names of their own while they live, and not after they have left", async () => {
    await worker("box:1", (run) => thing(run));
    await worker("box:2", (run) => thing(run), { vramGb: 8 });
    const names = async () => (await database.lanes.connected()).map(({ name, vramGb }) => `${name} ${vramGb}`);
    expect(await names()).toEqual(["box:1:card 16", "box:2:card 8"]);
    await closers.pop()?.();
    expect(await names()).toEqual(["box:1:card 16"]);
  });
});

describe("a training", () => {
  const soon = { giveWayAfter: 0, giveWayEvery: 0 };

  /** Saves at each of ten steps; a later attempt goes on where the last one had saved. */
  function trainer() {
    const seen: string[] = [];
    let saved = 0;
    const script: Script = async (run, text) => {
      seen.push(`${text} ${run.attempt}`);
      if (text !== "training") return thing(run);
      while (saved < 10) {
        run.signal.throwIfAborted();
        saved++;
        run.progress({ stage: "training", fraction: saved / 10, step: saved, steps: 10, savedStep: saved });
        await sleep(300, undefined, { signal: run.signal });
      }
      await thing(run);
    };
    return { seen, script };
  }
  const train = (giveWay: boolean) =>
    submit("training", { family: "train", class: "training", input: { text: "training", give_way: giveWay } });

  it("gives way at a save where its owner allows it, goes on from there, and no try is used up", async () => {
    const { seen, script } = trainer();
    await worker("w", script, { policy: soon });
    const training = await train(true);
    await is(training, "running");
    const picture = await submit("picture");
    await is(picture, "succeeded");
    await is(training, "succeeded");
    expect(seen).toEqual(["training 1", "picture 1", "training 2"]);
    expect(await get(training)).toMatchObject({ attempt: 2, tries: 0 });
  });

  it.each([
    ["its owner does not allow it", false, soon],
    ["it has not had its time", true, { ...soon, giveWayEvery: 600_000 }],
    ["it is in its last part", true, { ...soon, giveWayUntil: 0 }],
  ])("does not where %s", async (_why, allowed, policy) => {
    const { seen, script } = trainer();
    await worker("w", script, { policy });
    const training = await train(allowed);
    await is(training, "running");
    const picture = await submit("picture");
    await is(picture, "succeeded");
    expect(seen).toEqual(["training 1", "picture 1"]);
    expect((await get(training)).state).toBe("succeeded");
  });
});

it("a pause holds also what was submitted behind it before the lane has heard of it", async () => {
  const started: string[] = [];
  const script: Script = async (run, text) => {
    started.push(text);
    await thing(run);
  };
  const { hear, asked, rests } = await worker("w", script, { lookMs: 600_000, deaf: true });
  await is(await submit("early"), "succeeded");
  await until("it has looked for more", () => rests() === 1);
  await database.settings.set("paused", { mode: "finish" });
  const late = await submit("late");
  await until("it was taken and put down", () => asked.includes(late) && rests() === 2);
  expect(started).toEqual(["early"]);
  hear();
  await database.settings.set("paused", null);
  await is(late, "succeeded");
  expect(await get(late)).toMatchObject({ tries: 0, attempt: 1 });
});
