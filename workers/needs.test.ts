/** Jobs that wait for others, and what an attempt has of it: the asset it was promised, the one it makes, and what a person tells it meanwhile. */
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { assetIdOf, type Makes } from "../core/asset.ts";
import { newId } from "../core/ids.ts";
import { isTerminal } from "../core/job.ts";
import { silentLog } from "../core/log.ts";
import { noMetrics } from "../core/ports/metrics.ts";
import { testAsset } from "../core/testing/memory-assets.ts";
import { type Database, openPostgres } from "../platform/postgres/open.ts";
import { createDatabase, type TestDatabase } from "../platform/postgres/testing/database.ts";
import { createAttempts } from "./attempt.ts";
import { watchNeeds } from "./needs.ts";
import { reconcile } from "./reconcile.ts";
import { memoryBus, memoryFiles, memoryQueue, plainMedia } from "./testing/memory.ts";
import { engineList, type Script, scriptedEngine, scriptedTool, thing } from "./testing/scripted-engine.ts";

let test: TestDatabase;
let database: Database;
const closers: (() => Promise<unknown>)[] = [];

beforeAll(async () => {
  test = await createDatabase();
  database = await openPostgres({ url: test.url, log: silentLog });
});
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
  await database.pool.query("truncate jobs cascade");
});
afterAll(async () => {
  await database.close();
  await test.drop();
});

async function until<T>(look: () => Promise<T | undefined | false> | T | undefined | false, what: string): Promise<T> {
  for (const deadline = Date.now() + 20_000; Date.now() < deadline; await sleep(10)) {
    const found = await look();
    if (found) return found;
  }
  throw new Error(`never: ${what}`);
}

const lora = (name: string): Makes => ({ kind: "lora", name, family: "sd15", triggerWords: ["bsct dog"] });

/** As `submit` does it. */
async function submit(queue: { add(item: { id: string; family: string; priority: number }): Promise<void> }, text: string, more = {}) {
  const { job } = await database.jobs.accept({
    ...{ id: newId("job"), principal: "p", tool: "make_thing", input: { text }, title: text, engine: "scripted" },
    ...{ family: "scripted", class: "interactive", vramGb: 0, requestDigest: text, ...more },
  });
  if (!job.blocked) await queue.add(job);
  return job.id;
}

const get = async (id: string) => {
  const job = await database.jobs.get("p", id);
  if (!job) throw new Error(`no ${id}`);
  return job;
};
const ended = (id: string) => until(async () => ((job) => isTerminal(job.state) && job)(await get(id)), `the end of ${id}`);
const state = (id: string, wanted: string) => until(async () => (await get(id)).state === wanted, `${id} is ${wanted}`);

/** A worker with a queue, hearing the database or not. */
async function worker(script: Script, { hears = true, queue = memoryQueue() } = {}) {
  const bus = memoryBus();
  if (hears) {
    const listening = await database.listen(bus.publish, () => undefined);
    closers.push(() => listening.close());
    closers.push(watchNeeds({ jobs: database.jobs, queue, bus, log: silentLog }));
  }
  const { jobs, artifacts, assets } = database;
  const attempts = createAttempts({
    ...{ tools: [scriptedTool(script)], engines: engineList(scriptedEngine()), jobs, artifacts, assets, bus, metrics: noMetrics },
    ...{ files: memoryFiles(), media: plainMedia, log: silentLog, worker: "test", beatMs: 50 },
    gpu: {} as never,
  });
  const lane = await queue.lane("test", ["scripted"], {
    handle: async (id, lost) => void (await attempts.run(id, lost)),
    between: async () => {},
  });
  await lane.open("scripted");
  closers.push(() => lane.close(0));
  return { queue, bus };
}

const look = (queue: ReturnType<typeof memoryQueue>) =>
  reconcile({ jobs: database.jobs, queue, metrics: noMetrics, log: silentLog, graceMs: 0 });

/** Ends when it is told to, with what it had promised. */
function trainer() {
  const gates = new Map<string, (error?: Error) => void>();
  const ran: string[] = [];
  const script: Script = async (run, text) => {
    ran.push(text);
    if (text.startsWith("train"))
      await new Promise<void>((resolve, reject) => {
        gates.set(text, (error) => (error ? reject(error) : resolve()));
        run.signal.addEventListener("abort", () => reject(run.signal.reason));
      });
    await thing(run);
    if (run.job.makes) run.makeAsset(testAsset(run.job.makes).details);
  };
  return { script, ran, end: async (text: string, error?: Error) => (await until(() => gates.get(text), `${text} runs`))(error) };
}

describe("a job that waits for another", () => {
  it("runs by itself when that has succeeded, as do those behind it", async () => {
    const { script, ran, end } = trainer();
    const { queue } = await worker(script);
    const first = await submit(queue, "train", { makes: lora("biscuit") });
    const second = await submit(queue, "train more", { needs: [first] });
    const third = await submit(queue, "draw", { needs: [first, second] });
    await state(first, "running");
    expect([...queue.items.keys()]).toEqual([first]);
    await end("train");
    await end("train more");
    expect((await ended(third)).state).toBe("succeeded");
    expect(ran).toEqual(["train", "train more", "draw"]);
  });

  it.each(["fails", "is canceled"])("ends without a run when that %s, and so do those behind it", async (how) => {
    const { script, ran, end } = trainer();
    const { queue } = await worker(script);
    const first = await submit(queue, "train");
    const second = await submit(queue, "draw", { needs: [first] });
    const third = await submit(queue, "draw more", { needs: [second] });
    await state(first, "running");
    if (how === "fails") await end("train", new Error("boom"));
    else await database.jobs.cancel("p", first);
    for (const [id, cause] of [
      [second, first],
      [third, second],
    ] as const) {
      const job = await ended(id);
      expect([job.state, job.error?.code, job.attempt]).toEqual(["failed", "needs_failed", 0]);
      expect(job.error?.message).toContain(`Retry job ${cause} first`);
    }
    expect(ran).toEqual(["train"]);
  });

  it("is freed by the next server where this one died between the success and the freeing", async () => {
    const { script, ran, end } = trainer();
    const dead = await worker(script, { hears: false });
    const first = await submit(dead.queue, "train");
    const second = await submit(dead.queue, "draw", { needs: [first] });
    await end("train");
    await state(first, "succeeded");
    expect([(await get(second)).blocked, dead.queue.items.has(second)]).toEqual([true, false]);
    const next = await worker(script, { hears: false });
    await look(next.queue);
    expect((await ended(second)).state).toBe("succeeded");
    expect(ran).toEqual(["train", "draw"]);
  });

  it("is ended by the next server too, where that has failed", async () => {
    const { script, end } = trainer();
    const { queue } = await worker(script, { hears: false });
    const first = await submit(queue, "train");
    const second = await submit(queue, "draw", { needs: [first] });
    await end("train", new Error("boom"));
    await state(first, "failed");
    await look(queue);
    expect(await get(second)).toMatchObject({ state: "failed", error: { code: "needs_failed" } });
  });

  it("survives a queue that forgets everything, and is added by the reconciler only once it may start", async () => {
    const { script, end } = trainer();
    const { queue } = await worker(script, { hears: false });
    const first = await submit(queue, "train");
    const second = await submit(queue, "draw", { needs: [first] });
    await state(first, "running");
    expect(await look(queue)).toBe(0);
    expect(queue.items.has(second)).toBe(false);
    await end("train");
    await state(first, "succeeded");
    const full = { ...queue, add: () => Promise.reject(new Error("the queue is away")) };
    await look(full as typeof queue).catch(() => undefined);
    expect([(await get(second)).blocked, queue.items.has(second)]).toEqual([undefined, false]);
    queue.forget();
    expect(await look(queue)).toBe(1);
    expect((await ended(second)).state).toBe("succeeded");
  });
});

it("messages that come while it looks are looked at, and stopping waits for the look", async () => {
  const bus = memoryBus();
  let looks = 0;
  let go = () => {};
  const jobs = {
    async freeNeeds() {
      looks++;
      await new Promise<void>((resolve) => {
        go = resolve;
      });
      return [];
    },
  };
  const stop = watchNeeds({ jobs, queue: memoryQueue(), bus, log: silentLog });
  const say = (what: "running" | "failed") => bus.publish({ type: "changed", job: "job_a", state: what, family: "f" });
  say("running");
  expect(looks).toBe(0);
  for (let count = 0; count < 5; count++) say("failed");
  expect(looks).toBe(1);
  go();
  await until(() => looks === 2, "the second look");
  const stopped = stop();
  say("failed");
  go();
  await stopped;
  expect(looks).toBe(2);
});

describe("an attempt", () => {
  it("has the asset of the job it waited for under the name that was promised, also where that is another's by now", async () => {
    const found: string[] = [];
    const { script, end } = trainer();
    const { queue } = await worker(async (run, text) => {
      if (text === "draw") for (const ref of ["biscuit", "BISCUIT 2"]) found.push((await run.asset("lora", ref)).job);
      await script(run, text);
    });
    const first = await submit(queue, "train", { makes: lora("biscuit") });
    const second = await submit(queue, "draw", { needs: [first] });
    await state(first, "running");
    // somebody else's training of the same name was quicker
    const quick = await submit({ add: async () => {} }, "quick", { makes: lora("biscuit") });
    await database.jobs.claim(quick, "another");
    const { id, kind, name, details } = testAsset(lora("biscuit"), { job: quick });
    await database.jobs.publish(quick, 1, [], { id, kind, name, details });
    await end("train");
    expect((await ended(second)).error).toBeUndefined();
    expect(found).toEqual([first, first]);
    expect(await database.assets.find("p", "lora", "biscuit")).toMatchObject({ job: quick });
    expect(await database.assets.find("p", "lora", assetIdOf(first))).toMatchObject({ name: "biscuit 2" });
  });

  it("has no asset of another principal's, and none that was not made", async () => {
    const { queue } = await worker(async (run) => {
      await run.asset("lora", "biscuit");
    });
    const theirs = await submit({ add: async () => {} }, "x", { principal: "other", makes: lora("biscuit") });
    await database.jobs.claim(theirs, "another");
    const { id, kind, name, details } = testAsset(lora("biscuit"), { job: theirs });
    await database.jobs.publish(theirs, 1, [], { id, kind, name, details });
    expect((await ended(await submit(queue, "draw"))).error).toMatchObject({ code: "unknown_asset" });
  });

  it("makes its asset of the ids and hashes under which its files are published", async () => {
    const { queue } = await worker(async (run) => {
      await thing(run);
      const made = testAsset(lora("biscuit")).details;
      run.makeAsset({ ...made, artifact: run.artifactIdOf("thing.txt"), sha256: run.sha256Of("thing.txt") } as typeof made);
    });
    const job = await ended(await submit(queue, "x", { makes: lora("biscuit") }));
    const [file] = job.artifacts;
    expect((await database.assets.find("p", "lora", "biscuit"))?.details).toMatchObject({ artifact: file?.id, sha256: file?.sha256 });
  });

  it.each([
    ["a file that it did not save", (run: Parameters<Script>[0]) => void run.artifactIdOf("nothing.txt")],
    ["an asset that it had not promised", (run: Parameters<Script>[0]) => run.makeAsset(testAsset(lora("x")).details)],
  ])("fails that names %s, and publishes nothing", async (_what, wrong) => {
    const { queue } = await worker(async (run) => {
      await thing(run);
      wrong(run);
    });
    const job = await ended(await submit(queue, "x"));
    expect([job.state, job.error?.code, job.artifacts]).toEqual(["failed", "internal", []]);
    expect(await database.assets.list("p")).toEqual([]);
  });
});

describe("an order to what runs", () => {
  const listener = (heard: string[], ready: Promise<void> = Promise.resolve()) =>
    worker(
      async (run) => {
        await ready;
        await new Promise<void>((resolve) => {
          const stop = run.onOrder((name) => {
            heard.push(name);
            if (name !== "keep") return;
            stop();
            resolve();
          });
        });
        await thing(run);
      },
      { hears: false },
    );

  it("is heard once each, also where its message was lost", async () => {
    const heard: string[] = [];
    const { queue } = await listener(heard);
    const id = await submit(queue, "train");
    await state(id, "running");
    for (const name of ["sample", "save", "sample", "keep"] as const) {
      const before = heard.length;
      await database.jobs.order("p", id, name);
      await until(() => heard.length > before, `${name} is heard`);
    }
    expect((await ended(id)).state).toBe("succeeded");
    expect(heard).toEqual(["sample", "save", "sample", "keep"]);
  });

  it("is heard where it came before anybody listened", async () => {
    const heard: string[] = [];
    let go = () => {};
    const { queue } = await listener(
      heard,
      new Promise((resolve) => {
        go = resolve;
      }),
    );
    const id = await submit(queue, "train");
    await state(id, "running");
    await database.jobs.order("p", id, "keep");
    go();
    expect((await ended(id)).state).toBe("succeeded");
    expect(heard).toEqual(["keep"]);
  });
});
