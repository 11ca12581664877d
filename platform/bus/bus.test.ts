/** The bus contract for all three ways, and what only crosses by one of them. */
import pg from "pg";
import { afterAll, beforeAll, describe, expect, inject, test } from "vitest";
import type { BusMessage } from "../../core/event.ts";
import { type Log, silentLog } from "../../core/log.ts";
import { rememberingLog, until } from "../bullmq/testing/help.ts";
import { freePort, startRedis } from "../bullmq/testing/redis-server.ts";
import { type Database, openPostgres } from "../postgres/open.ts";
import { createDatabase, type TestDatabase } from "../postgres/testing/database.ts";
import { createBus } from "./bus.ts";
import { opened } from "./letter.ts";
import { createLocalBus } from "./local.ts";
import { busContract, type Ends, progress } from "./testing/bus-contract.ts";

let own: TestDatabase;
let database: Database;
beforeAll(async () => {
  own = await createDatabase();
  database = await openPostgres({ url: own.url, log: silentLog, migrate: false });
});
afterAll(async () => {
  await database.close();
  await own.drop();
});

async function two(redisUrl: string | undefined, log: Log = silentLog): Promise<Ends> {
  const here = await createBus({ database, redisUrl, shared: true, log });
  const there = await createBus({ database, redisUrl, shared: true, log });
  return {
    here,
    there,
    async close() {
      await here.close();
      await there.close();
    },
  };
}

busContract("in one process", async (log) => {
  const bus = createLocalBus(log);
  return { here: bus, there: bus, close: async () => {} };
});
busContract("over PostgreSQL", (log) => two(undefined, log));
if (inject("redisUrl")) busContract("over Redis", (log) => two(inject("redisUrl"), log));
else
  test("redis-server is not installed: the bus contract on Redis is NOT RUN", () => {
    expect(inject("redisUrl")).toBeUndefined();
  });

describe("between processes", () => {
  test("what a commit announces reaches every process once, and publishing it is not repeated to the others", async () => {
    const ends = await two(undefined);
    const [here, there]: BusMessage[][] = [[], []];
    ends.here.subscribe((message) => void here?.push(message));
    ends.there.subscribe((message) => void there?.push(message));
    const changed: BusMessage = { type: "changed", job: "job_1", state: "queued", family: "f" };
    database.notify(changed);
    await until("both heard", () => here?.length === 1 && there?.length === 1);
    ends.here.publish({ type: "settings", name: "paused" });
    database.notify({ type: "settings", name: "last" });
    await until("the last word arrives", () => there?.length === 2);
    expect(there).toEqual([changed, { type: "settings", name: "last" }]);
    await ends.close();
  });

  test("alone, live messages stay in the process", async () => {
    const sent: BusMessage[] = [];
    const alone = await createBus({
      database: { listen: (onMessage, onGap) => database.listen(onMessage, onGap), notify: (message) => void sent.push(message) },
      redisUrl: "redis://127.0.0.1:1",
      shared: false,
      log: silentLog,
    });
    alone.publish(progress("job_2"));
    expect(sent).toEqual([]);
    await alone.close();
  });

  test("after the connection was lost the gap is told, and messages arrive again", async () => {
    let gaps = 0;
    const bus = await createBus({ database, shared: true, log: silentLog, onGap: () => void gaps++ });
    const heard: BusMessage[] = [];
    bus.subscribe((message) => void heard.push(message));
    const client = new pg.Client({ connectionString: own.url });
    await client.connect();
    await client.query(
      "select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and application_name = 'myspinbot-listen'",
    );
    await client.end();
    await until("the gap is told", () => gaps === 1);
    database.notify({ type: "settings", name: "again" });
    await until("it is heard", () => heard.length === 1);
    await bus.close();
  });

  test("what nobody of us wrote is passed over", () => {
    expect(opened(null, "us")).toBeUndefined();
    expect(opened("text", "us")).toBeUndefined();
    expect(opened({ type: "newer" }, "us")).toBeUndefined();
    expect(opened({ ...progress("job_3"), from: "us" }, "us")).toBeUndefined();
    expect(opened({ ...progress("job_3"), from: "them" }, "us")).toEqual(progress("job_3"));
  });
});

if (inject("redisUrl"))
  describe("with Redis", () => {
    test("a Redis that is down at the start costs nothing but the progress of others, and is found when it comes", async () => {
      const log = rememberingLog();
      const bus = await createBus({ database, redisUrl: `redis://127.0.0.1:${await freePort()}`, shared: true, log });
      const heard: BusMessage[] = [];
      bus.subscribe((message) => void heard.push(message));
      bus.publish(progress("job_4"));
      expect(heard).toEqual([progress("job_4")]);
      expect(log.lines.filter((line) => line.level === "warn")).toHaveLength(1);
      await bus.close();
    });

    test("after a restart of Redis messages cross again", async () => {
      const redis = await startRedis(false);
      const ends = await two(redis.url);
      const there: BusMessage[] = [];
      ends.there.subscribe((message) => void there.push(message));
      await redis.kill();
      ends.here.publish(progress("job_5"));
      await redis.start();
      await until("they cross", () => {
        ends.here.publish(progress("job_6"));
        return there.length > 0;
      });
      expect(there[0]).toEqual(progress("job_6"));
      await ends.close();
      await redis.end();
    });

    test("previews cross whole", async () => {
      const ends = await two(inject("redisUrl"));
      const there: BusMessage[] = [];
      ends.there.subscribe((message) => void there.push(message));
      const preview: BusMessage = { type: "preview", job: "job_7", mediaType: "image/jpeg", data: "y".repeat(200_000) };
      ends.here.publish(preview);
      await until("it is there", () => there.length === 1);
      expect(there).toEqual([preview]);
      await ends.close();
    });
  });
