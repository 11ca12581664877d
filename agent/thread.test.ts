/** Threads on a real PostgreSQL: growth over 80 turns, set-up by several processes at once, crashes over the stored plan. */
import pg from "pg";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { silentLog } from "../core/log.ts";
import { databaseFailure } from "../platform/postgres/errors.ts";
import { type Database, openPostgres } from "../platform/postgres/open.ts";
import { createDatabase, type TestDatabase } from "../platform/postgres/testing/database.ts";
import { createCheckpointer } from "./checkpointer.ts";
import { createTestChat, doneOf, errorOf } from "./testing/chat.ts";
import { createFakeStudio } from "./testing/studio.ts";

let test: TestDatabase;
let database: Database;
beforeAll(async () => {
  test = await createDatabase();
  database = await openPostgres({ url: test.url, log: silentLog });
});
afterAll(async () => {
  await database.close();
  await test.drop();
});

async function storedBytes(conversation: string): Promise<number> {
  const { rows } = await database.pool.query<{ bytes: string }>(
    `select (select coalesce(sum(pg_column_size(c.*)), 0) from langgraph.checkpoints c where thread_id = $1)
          + (select coalesce(sum(pg_column_size(b.*)), 0) from langgraph.checkpoint_blobs b where thread_id = $1)
          + (select coalesce(sum(pg_column_size(w.*)), 0) from langgraph.checkpoint_writes w where thread_id = $1)
          + (select coalesce(sum(pg_column_size(p.*)), 0) from plans p where conversation = $1) as bytes`,
    [conversation],
  );
  return Number(rows[0]?.bytes);
}

async function chatOn(studio = createFakeStudio()) {
  return createTestChat({ studio, plans: database.plans, checkpointer: await createCheckpointer(database.pool) });
}

describe("a thread on PostgreSQL", () => {
  it("stores at most 1 MB in 80 turns and grows in a line", async () => {
    const chat = await chatOn();
    const sizes: number[] = [];
    for (let turn = 1; turn <= 80; turn++) {
      const parts = await chat.turn(
        turn % 4 === 0 ? "what's in the queue?" : `draw fox number ${turn} on a snowy hill in the morning light`,
        { conversation: "grow" },
      );
      expect(errorOf(parts)).toBeUndefined();
      for (const job of chat.studio.jobs) if (job.state === "queued") chat.studio.finish(job.id);
      if (turn % 20 === 0) sizes.push(await storedBytes("grow"));
    }
    const [first = 0, second = 0, third = 0, last = 0] = sizes;
    process.stdout.write(`thread size after 20, 40, 60, 80 turns: ${sizes.join(", ")} bytes\n`);
    expect(last).toBeLessThan(1_000_000);
    // each 20 turns add about as much as the 20 before: quadratic growth would add 1.4 times as much here
    expect(last - third).toBeLessThan((third - second) * 1.2);
    expect(last / first).toBeLessThan(6);
  });
  it("remembers what was said over a restart", async () => {
    const studio = createFakeStudio();
    await (await chatOn(studio)).turn("draw a red fox", { conversation: "restart", message: "m1" });
    studio.finish(studio.jobs[0]?.id ?? "");
    const saver = await (await createCheckpointer(database.pool))();
    const stored = await saver.getTuple({ configurable: { thread_id: "restart" } });
    expect(stored).toBeDefined();
    const parts = await (await chatOn(studio)).turn("upscale that", { conversation: "restart", message: "m2" });
    expect(doneOf(parts).jobs).toHaveLength(1);
  });
  it("makes no second job for a message that comes twice at once, from two processes", async () => {
    const studio = createFakeStudio();
    const [one, two] = [await chatOn(studio), await chatOn(studio)];
    await Promise.all([
      one.turn("draw a fox", { conversation: "twice", message: "m" }),
      two.turn("draw a fox", { conversation: "twice", message: "m" }),
    ]);
    expect(studio.jobs).toHaveLength(1);
  });
  it("asks on one process and takes the yes on another", async () => {
    const studio = Object.assign(createFakeStudio(), { needsYes: () => true });
    const asking = async () => createTestChat({ studio, plans: database.plans, checkpointer: await createCheckpointer(database.pool) });
    const asked = await (await asking()).turn("draw a fox", { conversation: "ask", message: "m1" });
    expect(asked.map((part) => part.type)).toEqual(["question", "done"]);
    const parts = await (await asking()).turn("yes", { conversation: "ask", message: "m2" });
    expect(doneOf(parts).jobs).toHaveLength(1);
  });
});

describe("the checkpointer", () => {
  it("says in our words that the database went in mid-turn, and never `internal`", async () => {
    const own = await openPostgres({ url: test.url, log: silentLog, migrate: false });
    const chat = createTestChat({
      plans: database.plans,
      checkpointer: await createCheckpointer(own.pool, { explain: databaseFailure }),
    });
    await chat.turn("draw a red fox", { conversation: "outage", message: "m1" });
    await own.close();
    const parts = await chat.turn("draw a blue fox", { conversation: "outage", message: "m2" });
    expect(errorOf(parts)).toMatchObject({ code: "database_unavailable", retryable: true });
    expect(parts.at(-1)?.type).toBe("done");
  });

  it("is set up once by six processes at the same moment, each with one connection", async () => {
    const schema = "threads_race";
    const pools = Array.from({ length: 6 }, () => new pg.Pool({ connectionString: test.url, max: 1 }));
    await Promise.all(pools.map(async (pool) => (await createCheckpointer(pool, { schema }))()));
    const { rows } = await database.pool.query<{ v: number }>(`select v from ${schema}.checkpoint_migrations order by v`);
    expect(rows.map((row) => row.v)).toEqual([0, 1, 2, 3, 4]);
    await Promise.all(pools.map((pool) => pool.end()));
    const { rows: locks } = await database.pool.query("select 1 from pg_locks where locktype = 'advisory'");
    expect(locks).toEqual([]);
  });
  it("tries again after a database that was away", async () => {
    const pool = new pg.Pool({ connectionString: test.url, max: 1 });
    const open = await createCheckpointer(pool, { schema: "threads_away" });
    const connect = pool.connect.bind(pool);
    pool.connect = (async () => {
      throw new Error("away");
    }) as typeof pool.connect;
    await expect(open()).rejects.toThrow("away");
    pool.connect = connect;
    expect(await open()).toBeDefined();
    await pool.end();
  });
});
