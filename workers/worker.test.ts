/** A worker on the real job store: every way an attempt can end, and which family goes next. */
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { createCard } from "../core/card.ts";
import { Failure, type FailureCode } from "../core/failure.ts";
import { newId } from "../core/ids.ts";
import type { Json } from "../core/json.ts";
import { silentLog } from "../core/log.ts";
import type { Engine } from "../core/ports/engine.ts";
import type { JobStore } from "../core/ports/job-store.ts";
import { noMetrics } from "../core/ports/metrics.ts";
import type { Settings } from "../core/ports/stores.ts";
import { defaultPolicy } from "../core/schedule.ts";
import { memoryLedger } from "../core/testing/memory-ledger.ts";
import { type Database, openPostgres } from "../platform/postgres/open.ts";
import { createDatabase, type TestDatabase } from "../platform/postgres/testing/database.ts";
import { createAttempts } from "./attempt.ts";
import { createGpu } from "./gpu.ts";
import { createLane, type Lane } from "./lane.ts";
import { ownsFiles } from "./owns-files.ts";
import { reconcile, sweep } from "./reconcile.ts";
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
  await database.pool.query("truncate jobs cascade; truncate settings");
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

interface Rig {
  queue: ReturnType<typeof memoryQueue>;
  files: ReturnType<typeof memoryFiles>;
  bus: ReturnType<typeof memoryBus>;
  counts: Record<string, number>;
  lane: Lane;
  submit(text?: string, family?: string): Promise<string>;
  ended(id: string): Promise<Awaited<ReturnType<JobStore["get"]>> & object>;
}

async function rig(
  script: Script,
  more: { engines?: Engine[]; families?: string[]; stallMs?: number; letGoMs?: number; jobs?: JobStore } = {},
): Promise<Rig> {
  const [queue, files, bus] = [memoryQueue(), memoryFiles(), memoryBus()];
  const counts: Record<string, number> = {};
  const count = (name: string) => {
    counts[name] = (counts[name] ?? 0) + 1;
  };
  const metrics = {
    ...noMetrics,
    attemptEnded: (_tool: string, outcome: string) => count(outcome),
    fenced: () => count("fenced"),
    familySwitched: () => count("switched"),
  };
  const engines = engineList(...(more.engines ?? [scriptedEngine()]));
  const gpu = createGpu({ engines, card: createCard(memoryLedger()), vramGb: 16, worker: "test", metrics, log: silentLog });
  const jobs = more.jobs ?? database.jobs;
  const listening = await database.listen(bus.publish, () => undefined);
  closers.push(() => listening.close());
  const attempts = createAttempts({
    tools: [scriptedTool(script)],
    engines,
    jobs,
    artifacts: database.artifacts,
    assets: database.assets,
    files,
    media: plainMedia,
    bus,
    gpu,
    metrics,
    log: silentLog,
    worker: "test",
    beatMs: 50,
    ...(more.stallMs ? { stallMs: more.stallMs } : {}),
    ...(more.letGoMs ? { letGoMs: more.letGoMs } : {}),
  });
  const lane = await createLane({
    name: "test",
    families: more.families ?? ["scripted"],
    attempts,
    queue,
    jobs,
    settings: database.settings,
    bus,
    gpu,
    policy: defaultPolicy,
    metrics,
    log: silentLog,
    lookMs: 200,
  });
  closers.push(() => lane.close(0));
  return {
    queue,
    files,
    bus,
    counts,
    lane,
    async submit(text = "x", family = "scripted") {
      const { job } = await database.jobs.accept({
        id: newId("job"),
        principal: "p",
        tool: "make_thing",
        input: { text },
        title: text,
        engine: "scripted",
        family,
        class: "interactive",
        vramGb: 0,
        requestDigest: text,
      });
      await queue.add(job);
      return job.id;
    },
    ended: (id) =>
      until(async () => {
        const job = await database.jobs.get("p", id);
        return job && ["succeeded", "failed", "canceled"].includes(job.state) ? job : undefined;
      }, `the end of ${id}`),
  };
}

describe("an attempt", () => {
  it("publishes its files with the row, once, under names of their own", async () => {
    const { submit, ended, files } = await rig(async (run) => {
      await thing(run, "one");
      await thing(run, "two");
    });
    const job = await ended(await submit());
    expect(job.state).toBe("succeeded");
    expect(job.artifacts.map((artifact) => [artifact.name, artifact.ordinal, artifact.attempt])).toEqual([
      ["thing.txt", 0, 1],
      ["thing-2.txt", 1, 1],
    ]);
    expect([...files.stored.keys()].sort()).toEqual(job.artifacts.map((artifact) => artifact.storageKey));
  });

  it("reports at most four a second, never falling, and the newest stays with the row", async () => {
    const { submit, ended, bus } = await rig(async (run) => {
      for (let step = 0; step < 60; step++) {
        run.progress({ stage: "sampling", fraction: step % 7 === 0 ? 0 : step / 60 });
        await sleep(10);
      }
      await thing(run);
    });
    const started = Date.now();
    await ended(await submit());
    const sent = bus.heard.flatMap((message) => (message.type === "progress" ? message.progress.fraction : []));
    expect(sent.length).toBeGreaterThanOrEqual(2);
    expect(sent.length).toBeLessThanOrEqual(Math.ceil((Date.now() - started) / 250) + 2);
    expect(sent).toEqual([...sent].sort((a, b) => a - b));
  });

  it("that ends without a file has failed", async () => {
    const { submit, ended } = await rig(async () => undefined);
    expect((await ended(await submit())).error).toMatchObject({ code: "engine_failed" });
  });

  it("that throws what nobody foresaw fails with words that give nothing away, and leaves no file", async () => {
    const { submit, ended, files } = await rig(async (run) => {
      await thing(run);
      throw new Error("secret at /srv/key.pem");
    });
    const job = await ended(await submit());
    expect(job.error?.code).toBe("internal");
    expect(JSON.stringify(job)).not.toContain("key.pem");
    expect(files.stored.size).toBe(0);
  });

  it.each<[FailureCode, boolean]>([
    ["engine_failed", false],
    ["out_of_memory", false],
  ])("%s is final", async (code, retryable) => {
    const { submit, ended, queue } = await rig(async () => {
      throw new Failure(code, "no", { retryable });
    });
    expect((await ended(await submit())).error?.code).toBe(code);
    expect(queue.again).toEqual([]);
  });

  it("trouble that may pass brings it back, three times in all", async () => {
    let calls = 0;
    const { submit, ended, queue, counts } = await rig(async () => {
      calls++;
      throw new Failure("engine_unavailable", "not now", { retryable: true });
    });
    const id = await submit();
    for (let round = 1; round <= 2; round++) {
      await until(() => queue.again.includes(id), "sent back");
      expect((await database.jobs.get("p", id))?.state).toBe("queued");
      queue.again.length = 0;
      await queue.add({ id, family: "scripted", priority: 1 });
    }
    const job = await ended(id);
    expect([calls, job.state, job.attempt, counts["requeued"], counts["failed"]]).toEqual([3, "failed", 3, 2, 1]);
  });

  it("that outlived ten workers in a row fails with words, and a retry runs it again", async () => {
    let calls = 0;
    const { submit, ended, queue, lane } = await rig(async (run) => {
      calls++;
      await thing(run);
    });
    await database.settings.set("paused", { mode: "finish" });
    await until(() => queue.opened.at(-1) === undefined, "paused");
    const id = await submit();
    for (let worker = 0; worker < 11; worker++) await database.jobs.claim(id, `dead-${worker}`);
    await reconcile({ jobs: database.jobs, queue, metrics: noMetrics, log: silentLog, deadMs: 0, graceMs: 0, now: () => Date.now() + 1 });
    await database.settings.set("paused", null);
    expect((await ended(id)).error).toMatchObject({ code: "engine_failed", message: expect.stringContaining("10 times") });
    expect(calls).toBe(0);
    const job = await database.jobs.retry("p", id);
    if (job) await queue.add(job);
    await until(async () => (await database.jobs.get("p", id))?.state === "succeeded", "succeeded");
    await lane.close(0);
  });

  it("without progress is given up as stalled", async () => {
    const { submit, queue } = await rig(
      (run) => new Promise((_resolve, reject) => run.signal.addEventListener("abort", () => reject(run.signal.reason))),
      {
        stallMs: 100,
      },
    );
    const id = await submit();
    await until(() => queue.again.includes(id), "sent back");
    const events = await database.jobs.events(id, 0);
    expect(JSON.stringify(events.at(-1))).toContain("no progress");
  });
});

it("a job that is retried before its canceled attempt has left the queue runs again", async () => {
  let calls = 0;
  const jobs: JobStore = {
    ...database.jobs,
    async settle(id, attempt, outcome) {
      const done = await database.jobs.settle(id, attempt, outcome);
      // the person is quicker than the queue, which still knows the id and so does not take it
      if (outcome.type === "canceled") await database.jobs.retry("p", id);
      return done;
    },
  };
  const { submit } = await rig(
    async (run) => {
      calls++;
      if (calls > 1) return thing(run);
      await new Promise((_resolve, reject) => run.signal.addEventListener("abort", () => reject(run.signal.reason), { once: true }));
    },
    { jobs },
  );
  const id = await submit();
  await until(async () => (await database.jobs.get("p", id))?.state === "running", "running");
  await database.jobs.cancel("p", id);
  // for a moment it is canceled: between the attempt's end and the retry
  await until(async () => (await database.jobs.get("p", id))?.state === "succeeded", "it has run again");
  expect(calls).toBe(2);
});

it("a result that the database will never take fails with words, leaves no file, and is not drawn again", async () => {
  let calls = 0;
  const jobs: JobStore = {
    ...database.jobs,
    publish: async () => {
      throw new Error("no such column at /srv/x");
    },
  };
  const { submit, ended, files } = await rig(
    async (run) => {
      calls++;
      await thing(run);
    },
    { jobs },
  );
  const job = await ended(await submit());
  expect([job.state, job.error?.code, calls, files.stored.size]).toEqual(["failed", "internal", 1, 0]);
});

describe("an engine that does not hear the abort", () => {
  const deaf: Script = (run, text) => (text === "deaf" ? new Promise(() => undefined) : thing(run));

  it("does not hold the lane: what was canceled ends, and the next job runs", async () => {
    const { submit, ended } = await rig(deaf, { letGoMs: 100 });
    const id = await submit("deaf");
    const next = await submit("next");
    await until(async () => (await database.jobs.get("p", id))?.state === "running", "running");
    await database.jobs.cancel("p", id);
    expect((await ended(id)).state).toBe("canceled");
    expect((await ended(next)).state).toBe("succeeded");
  });

  it("is given up when it stalls", async () => {
    const { submit, queue } = await rig(deaf, { letGoMs: 100, stallMs: 100 });
    const id = await submit("deaf");
    await until(() => queue.again.includes(id), "sent back");
    expect(await database.jobs.get("p", id)).toMatchObject({ state: "queued", tries: 1 });
  });
});

describe("cancel", () => {
  const untilAborted: Script = (run) =>
    new Promise((_resolve, reject) => run.signal.addEventListener("abort", () => reject(run.signal.reason), { once: true }));

  it("of a running job reaches the engine at once, ends it as canceled, and no other", async () => {
    const { submit, ended } = await rig(untilAborted);
    const id = await submit("first");
    const other = await submit("second");
    await until(async () => (await database.jobs.get("p", id))?.state === "running", "running");
    await database.jobs.cancel("p", id);
    expect((await ended(id)).state).toBe("canceled");
    await until(async () => (await database.jobs.get("p", other))?.state === "running", "the other one runs");
  });

  it("that comes after the work was done still wins over the result", async () => {
    let finish = () => {};
    const { submit, ended, files } = await rig(async (run) => {
      await thing(run);
      await new Promise<void>((resolve) => {
        finish = resolve;
      });
    });
    const id = await submit();
    await until(() => files.stored.size === 1, "stored");
    await database.jobs.cancel("p", id);
    finish();
    expect((await ended(id)).state).toBe("canceled");
    await until(() => files.stored.size === 0, "removed");
  });
});

it("a worker that another one overtook publishes nothing, is counted, and its files go", async () => {
  let finish = () => {};
  const { submit, files, counts } = await rig(async (run) => {
    await thing(run);
    await new Promise<void>((resolve) => {
      finish = resolve;
    });
  });
  const id = await submit();
  await until(() => files.stored.size === 1, "stored");
  await database.jobs.claim(id, "another");
  finish();
  await until(() => counts["fenced"] === 1 && files.stored.size === 0, "fenced");
  const job = await database.jobs.get("p", id);
  expect([job?.state, job?.attempt, job?.artifacts]).toEqual(["running", 2, []]);
});

it("a finished result outlives a database that is away", async () => {
  let away = false;
  const jobs: JobStore = {
    ...database.jobs,
    async publish(...given) {
      if (away) throw new Failure("database_unavailable", "away", { retryable: true });
      return database.jobs.publish(...given);
    },
  };
  const { submit, ended } = await rig(
    async (run) => {
      await thing(run);
      away = true;
      setTimeout(() => {
        away = false;
      }, 400);
    },
    { jobs },
  );
  expect((await ended(await submit())).state).toBe("succeeded");
});

it("a job that was taken as the database went is claimed when it is back, without another turn in the queue", async () => {
  let refusals = 0;
  const jobs: JobStore = {
    ...database.jobs,
    async claim(...given) {
      if (refusals++ < 2) throw new Failure("database_unavailable", "away", { retryable: true });
      return database.jobs.claim(...given);
    },
  };
  const { submit, ended, queue } = await rig(thing, { jobs });
  expect(await ended(await submit())).toMatchObject({ state: "succeeded", attempt: 1 });
  expect(queue.again).toEqual([]);
});

describe("a lane", () => {
  it("stays with the warm family and then goes to the other", async () => {
    const order: string[] = [];
    const gate: { open?: () => void } = {};
    const first = new Promise<void>((resolve) => {
      gate.open = resolve;
    });
    const { submit, ended, counts } = await rig(
      async (run, text) => {
        await first;
        order.push(text);
        await thing(run);
      },
      { families: ["scripted", "other"] },
    );
    const ids = [await submit("a1"), await submit("b1", "other"), await submit("a2"), await submit("b2", "other")];
    gate.open?.();
    for (const id of ids) await ended(id);
    expect(order).toEqual(["a1", "a2", "b1", "b2"]);
    expect(counts["switched"]).toBe(1);
  });

  it("pause (finish) lets the running job end and starts no other; resume goes on", async () => {
    let finish = () => {};
    let freed = 0;
    const card = scriptedEngine("card", { gpu: true, release: async () => void freed++ });
    const { submit, ended } = await rig(
      async (run, text) => {
        if (text === "first")
          await new Promise<void>((resolve) => {
            finish = resolve;
          });
        await thing(run);
      },
      { engines: [scriptedEngine(), card] },
    );
    const first = await submit("first");
    const second = await submit("second");
    await until(async () => (await database.jobs.get("p", first))?.state === "running", "running");
    await database.settings.set("paused", { mode: "finish" });
    finish();
    expect((await ended(first)).state).toBe("succeeded");
    await until(() => freed > 0, "the card was freed");
    await sleep(300);
    expect((await database.jobs.get("p", second))?.state).toBe("queued");
    await database.settings.set("paused", null);
    expect((await ended(second)).state).toBe("succeeded");
  });

  it("pause (park) puts the running job back in line without using up a try", async () => {
    const { submit, queue } = await rig(
      (run) => new Promise((_resolve, reject) => run.signal.addEventListener("abort", () => reject(run.signal.reason))),
    );
    const id = await submit();
    await until(async () => (await database.jobs.get("p", id))?.state === "running", "running");
    await database.settings.set("paused", { mode: "park" });
    await until(() => queue.again.includes(id), "back in line");
    expect(await database.jobs.get("p", id)).toMatchObject({ state: "queued", tries: 0 });
  });

  it("that closes puts what runs back in line", async () => {
    const { submit, lane } = await rig(
      (run) => new Promise((_resolve, reject) => run.signal.addEventListener("abort", () => reject(run.signal.reason))),
    );
    const id = await submit();
    await until(async () => (await database.jobs.get("p", id))?.state === "running", "running");
    await lane.close(100);
    expect((await database.jobs.get("p", id))?.state).toBe("queued");
  });
});

describe("the reconciler", () => {
  const parts = (queue: ReturnType<typeof memoryQueue>) => ({ jobs: database.jobs, queue, metrics: noMetrics, log: silentLog, graceMs: 0 });

  it("adds what the queue lost: what waits at once, what ran once its heart has stopped; and nothing twice", async () => {
    const { submit, queue, lane } = await rig(async () => undefined, { families: ["none"] });
    await lane.close(0);
    const [waiting, running, done] = [await submit("w"), await submit("r"), await submit("d")];
    await database.jobs.claim(running, "dead");
    await database.jobs.cancel("p", done);
    queue.forget();
    expect(await reconcile(parts(queue))).toBe(1);
    expect([...queue.items.keys()]).toEqual([waiting]);
    expect(await reconcile(parts(queue))).toBe(0);
    expect(await reconcile({ ...parts(queue), now: () => Date.now() + 60_000 })).toBe(1);
    expect([...queue.items.keys()].sort()).toEqual([waiting, running].sort());
  });

  it("puts what a dead worker ran back in line where the queue still has it; what was to be canceled has ended", async () => {
    const { submit, queue, lane } = await rig(async () => undefined, { families: ["none"] });
    await lane.close(0);
    const [dead, canceled] = [await submit("d"), await submit("c")];
    for (const id of [dead, canceled]) await database.jobs.claim(id, "dead");
    await database.jobs.cancel("p", canceled);
    await reconcile({ ...parts(queue), deadMs: 0, now: () => Date.now() + 1 });
    expect(await database.jobs.get("p", dead)).toMatchObject({ state: "queued", attempt: 1, tries: 0 });
    expect((await database.jobs.get("p", canceled))?.state).toBe("canceled");
    expect((await database.jobs.waiting()).map((entry) => entry.jobs)).toEqual([1]);
    expect(await database.jobs.publish(dead, 1, [])).toBe("fenced");
  });

  it("leaves a worker alone that shows life while it is looked at", async () => {
    const { submit, lane } = await rig(async () => undefined, { families: ["none"] });
    await lane.close(0);
    const id = await submit("d");
    await database.jobs.claim(id, "slow");
    const [seen] = await database.jobs.open();
    await sleep(5);
    await database.jobs.beat(id, 1);
    expect(await database.jobs.settle(id, 1, { type: "lost", heartbeatAt: seen?.heartbeatAt, note: "dead" })).toBe(false);
    expect((await database.jobs.get("p", id))?.state).toBe("running");
  });

  it("does not take workers for dead that could not show life while the database was away", async () => {
    const { submit, queue, lane } = await rig(async () => undefined, { families: ["none"] });
    await lane.close(0);
    const [living, dead] = [await submit("l"), await submit("d")];
    for (const id of [living, dead]) await database.jobs.claim(id, "w");
    const beating = setInterval(() => void database.jobs.beat(living, 1), 50);
    try {
      await reconcile({ ...parts(queue), graceMs: 400, now: () => Date.now() + 60_000 });
    } finally {
      clearInterval(beating);
    }
    expect((await database.jobs.get("p", living))?.state).toBe("running");
    expect((await database.jobs.get("p", dead))?.state).toBe("queued");
  });

  it("sweeps nothing of a store that another database filled", async () => {
    const files = memoryFiles();
    await files.put("uploads/art_0000000000000000.png", Buffer.from("somebody's"));
    const parts = { jobs: database.jobs, artifacts: database.artifacts, files, metrics: noMetrics, log: silentLog };
    const known = new Map<string, Json>();
    const other: Pick<Settings, "keep"> = {
      async keep(name, value) {
        if (!known.has(name)) known.set(name, value);
        return known.get(name) ?? null;
      },
    };
    expect(await ownsFiles({ files, settings: other })).toBe(true);
    expect(await ownsFiles({ files, settings: database.settings })).toBe(false);
    expect(await sweep({ ...parts, owned: () => ownsFiles({ files, settings: database.settings }) })).toBe(0);
    expect(files.stored.has("uploads/art_0000000000000000.png")).toBe(true);
    expect(await sweep({ ...parts, owned: () => ownsFiles({ files, settings: other }) })).toBe(1);
    expect(await ownsFiles({ files, settings: other })).toBe(true);
  });

  it("sweeps old files that no row names, and no other", async () => {
    const { submit, ended, files } = await rig((run) => thing(run));
    const job = await ended(await submit());
    await files.put(`jobs/${job.id}/7/0.png`, Buffer.from("orphan"));
    await files.put("uploads/art_0000000000000000.png", Buffer.from("orphan"));
    // of a process that died while it looked whether the store works
    await files.put("checks/0011223344556677", Buffer.from("orphan"));
    expect(
      await sweep({
        jobs: database.jobs,
        files,
        artifacts: database.artifacts,
        metrics: noMetrics,
        log: silentLog,
        owned: async () => true,
      }),
    ).toBe(3);
    expect([...files.stored.keys()]).toEqual(job.artifacts.map((artifact) => artifact.storageKey));
  });
});
