/** Lanes come, beat and go; what waits for them is what fits them; and the line is in its order. */
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { silentLog } from "../../core/log.ts";
import type { ConnectedLane, LaneReach } from "../../core/ports/lanes.ts";
import { trainingOffset } from "../../core/schedule.ts";
import { type Database, openPostgres } from "./open.ts";
import { createDatabase, type TestDatabase } from "./testing/database.ts";
import { accepted, running } from "./testing/drafts.ts";

let test: TestDatabase;
let database: Database;

beforeAll(async () => {
  test = await createDatabase();
  database = await openPostgres({ url: test.url, log: silentLog });
});
afterEach(() => database.pool.query("truncate jobs cascade; truncate lanes; truncate settings"));
afterAll(async () => {
  await database.close();
  await test.drop();
});

const lane = (name: string, more: Partial<ConnectedLane> = {}): ConnectedLane => ({
  ...{ name, worker: name.split(":").slice(0, 2).join(":"), families: ["comfy-sdxl", "train"], vramGb: 16 },
  ...more,
});

const reach = (more: Partial<LaneReach> = {}): LaneReach => ({ families: ["comfy-sdxl", "train"], vramGb: 16, offloads: [], ...more });

describe("connected lanes", () => {
  it("are those that beat, with what they last said, in the order in which they came", async () => {
    const { lanes } = database;
    await lanes.beat(lane("box:1:card"));
    await lanes.beat(lane("box:2:card", { vramGb: 8 }));
    await lanes.beat(lane("box:1:card", { vramGb: 24 }));
    expect(await lanes.connected()).toEqual([lane("box:1:card", { vramGb: 24 }), lane("box:2:card", { vramGb: 8 })]);
    await lanes.leave("box:1:card");
    expect((await lanes.connected()).map(({ name }) => name)).toEqual(["box:2:card"]);
  });

  it("are gone after some beats that did not come, back with the next, and taken out one day", async () => {
    const { lanes } = database;
    for (const name of ["box:1:card", "box:2:card", "box:3:card"]) await lanes.beat(lane(name));
    await database.pool.query("update lanes set seen_at = now() - interval '40 seconds' where name = 'box:1:card'");
    await database.pool.query("update lanes set seen_at = now() - interval '2 days' where name = 'box:2:card'");
    expect((await lanes.connected()).map(({ name }) => name)).toEqual(["box:3:card"]);
    await lanes.beat(lane("box:1:card"));
    expect((await lanes.connected()).map(({ name }) => name)).toEqual(["box:1:card", "box:3:card"]);
    await lanes.leave("box:3:card");
    expect((await database.pool.query("select name from lanes")).rows).toEqual([{ name: "box:1:card" }]);
  });
});

describe("what waits for a lane", () => {
  it("is what its families bring and its card holds, with the job that goes first of those", async () => {
    const { lanes, jobs } = database;
    await accepted(jobs, "a", { vramGb: 12 });
    const small = await accepted(jobs, "a", { vramGb: 8 });
    await accepted(jobs, "a", { vramGb: 8, family: "other" });
    const first = (await jobs.get("a", small))?.queuedAt;
    expect(await lanes.waiting(reach({ vramGb: 8 }))).toEqual([{ family: "comfy-sdxl", jobs: 1, bestPriority: 2, firstQueuedAt: first }]);
    expect((await lanes.waiting(reach())).map(({ family, jobs: count, bestPriority }) => [family, count, bestPriority])).toEqual([
      ["comfy-sdxl", 2, 1],
    ]);
    expect(await lanes.waiting(reach({ families: [] }))).toEqual([]);
    expect(await lanes.waiting(reach({ vramGb: 4 }))).toEqual([]);
  });

  it("is asked again before a start: a pause, and the size of the job", async () => {
    const { lanes, jobs, settings } = database;
    const id = await accepted(jobs, "a", { vramGb: 12 });
    expect(await lanes.beforeStart(id, reach())).toEqual({ paused: undefined, takes: true });
    expect(await lanes.beforeStart(id, reach({ vramGb: 8 }))).toEqual({ paused: undefined, takes: false });
    await settings.set("paused", { mode: "finish" });
    expect(await lanes.beforeStart("job_nowhere", reach())).toEqual({ paused: { mode: "finish" }, takes: true });
    await settings.set("paused", null);
    expect(await lanes.beforeStart(id, reach())).toEqual({ paused: undefined, takes: true });
  });

  it("is also what is too big for it, where its engine works in parts and no larger lane lives", async () => {
    const { lanes, jobs } = database;
    const drawing = await accepted(jobs, "a", { vramGb: 10 });
    const training = await accepted(jobs, "a", { vramGb: 10, family: "train" });
    const small = reach({ vramGb: 8, offloads: ["comfy-sdxl"] });
    const seen = async () => ({
      waiting: (await lanes.waiting(small)).map(({ family }) => family),
      takes: [(await lanes.beforeStart(drawing, small)).takes, (await lanes.beforeStart(training, small)).takes],
    });
    const all = { waiting: ["comfy-sdxl"], takes: [true, false] };
    const none = { waiting: [], takes: [false, false] };
    await lanes.beat(lane("box:1:card", { vramGb: 8 }));
    expect(await seen()).toEqual(all);
    // one that holds it, or at least more of it: the whole goes there
    await lanes.beat(lane("box:2:card", { vramGb: 9 }));
    expect(await seen()).toEqual(none);
    await lanes.beat(lane("box:2:card", { vramGb: 24, families: ["train"] }));
    expect(await seen()).toEqual(all);
    await lanes.beat(lane("box:2:card", { vramGb: 24 }));
    expect(await seen()).toEqual(none);
    await database.pool.query("update lanes set seen_at = now() - interval '40 seconds' where name = 'box:2:card'");
    expect(await seen()).toEqual(all);
  });
});

it("the line has what runs first, then what waits by its place, and not what is done or blocked", async () => {
  const { lanes, jobs } = database;
  const runs = await running(jobs, "a", { vramGb: 12 });
  const training = await accepted(jobs, "a", { class: "training", family: "train" });
  const second = await accepted(jobs, "a");
  const first = await accepted(jobs, "b");
  const canceled = await accepted(jobs, "b");
  await jobs.cancel("b", canceled);
  await accepted(jobs, "b", { needs: [first] });
  const line = await lanes.line();
  expect(line.map(({ id, running: now }) => [id, now])).toEqual([
    [runs, true],
    [first, false],
    [second, false],
    [training, false],
  ]);
  expect(line[0]).toMatchObject({ tool: "render_image", family: "comfy-sdxl", vramGb: 12, attempt: 1, startedAt: expect.any(Date) });
  expect(line[3]?.priority).toBeGreaterThan(trainingOffset);
});
