/** The queue contract on PostgreSQL, and what only that server can do to us. */
import { setTimeout as sleep } from "node:timers/promises";
import pg from "pg";
import { afterAll, beforeAll, describe, expect, inject, test } from "vitest";
import { createDatabase, type TestDatabase } from "../postgres/testing/database.ts";
import { createBullQueue } from "./queue.ts";
import { recordedLane, rememberingLog, unique, until } from "./testing/help.ts";
import { queueContract } from "./testing/queue-contract.ts";
import { freePort } from "./testing/redis-server.ts";

async function asAdmin(...statements: string[]): Promise<void> {
  const client = new pg.Client({ connectionString: inject("databaseUrl") });
  await client.connect();
  try {
    for (const statement of statements) await client.query(statement);
  } finally {
    await client.end();
  }
}

queueContract("PostgreSQL", async () => {
  const database = await createDatabase();
  const name = new URL(database.url).pathname.slice(1);
  return {
    options: { databaseUrl: database.url },
    // the server is shared with other tests: for this database it is as good as down
    breakOff: () =>
      asAdmin(
        `alter database ${name} with allow_connections false`,
        `select pg_terminate_backend(pid) from pg_stat_activity where datname = '${name}'`,
      ),
    bringBack: () => asAdmin(`alter database ${name} with allow_connections true`),
    end: () => database.drop(),
  };
});

describe("the queue on PostgreSQL only", () => {
  let database: TestDatabase;
  beforeAll(async () => {
    database = await createDatabase();
  });
  afterAll(() => database.drop());

  test("twenty workers, each with its LISTEN connection, start on one pool and leave room to work", async () => {
    const families = Array.from({ length: 20 }, (_, number) => unique(`family${number}`));
    const log = rememberingLog();
    const queue = await createBullQueue({ databaseUrl: database.url, families, log });
    const recorded = await recordedLane(queue, families);
    for (const family of families) {
      await recorded.lane.open(family);
      await queue.add({ id: `of-${family}`, family, priority: 1 });
      await until("it ran", () => recorded.ended.includes(`of-${family}`));
    }
    expect(Object.values(await queue.depths())).toEqual(families.map(() => 0));
    expect(log.lines).toEqual([]);
    await queue.close();
  });

  test("its tables are in a schema of their own, and finished items and events do not pile up", async () => {
    const family = unique("prune");
    const queue = await createBullQueue({ databaseUrl: database.url, families: [family], log: rememberingLog() });
    const recorded = await recordedLane(queue, [family]);
    await recorded.lane.open(family);
    for (let number = 0; number < 5; number++) await queue.add({ id: `n${number}_`, family, priority: 1 });
    await until("all ran", async () => recorded.ended.length === 5 && (await queue.depths())[family] === 0);
    await queue.close();
    const client = new pg.Client({ connectionString: database.url });
    await client.connect();
    try {
      const left = await client.query("select count(*)::int as n from bullmq.job where queue = $1", [family]);
      expect(left.rows).toEqual([{ n: 0 }]);
      const outside = await client.query("select count(*)::int as n from pg_tables where schemaname = 'public'");
      expect(outside.rows).toEqual([{ n: 0 }]);
    } finally {
      await client.end();
    }
  });

  test("several processes may create the schema at once", async () => {
    const fresh = await createDatabase();
    const opened = await Promise.all(
      Array.from({ length: 4 }, () => createBullQueue({ databaseUrl: fresh.url, families: ["f"], log: rememberingLog() })),
    );
    await Promise.all(opened.map((queue) => queue.add({ id: "one", family: "f", priority: 1 })));
    expect(await opened[0]?.depths()).toEqual({ f: 1 });
    await Promise.all(opened.map((queue) => queue.close()));
    await fresh.drop();
  });

  test("terminated connections, also of an idle lane's LISTEN: the next item wakes it", async () => {
    const family = unique("terminate");
    const queue = await createBullQueue({ databaseUrl: database.url, families: [family], log: rememberingLog() });
    const recorded = await recordedLane(queue, [family]);
    await recorded.lane.open(family);
    await sleep(300);
    const name = new URL(database.url).pathname.slice(1);
    for (const round of [1, 2, 3]) {
      await asAdmin(`select pg_terminate_backend(pid) from pg_stat_activity where datname = '${name}'`);
      await until("a new item is accepted", () =>
        queue.add({ id: `r${round}_`, family, priority: 1 }).then(
          () => true,
          () => false,
        ),
      );
      await until("it ran", () => recorded.ended.includes(`r${round}_`));
    }
    await queue.close();
  });

  test("a lane that has nothing to do asks the database now and then, also after it was switched to and fro", async () => {
    const fresh = await createDatabase();
    const families = [unique("quiet"), unique("silent")];
    const queue = await createBullQueue({ databaseUrl: fresh.url, families, log: rememberingLog() });
    const recorded = await recordedLane(queue, families);
    for (let round = 0; round < 7; round++) {
      await recorded.lane.open(families[round % 2]);
      await sleep(30);
    }
    const client = new pg.Client({ connectionString: fresh.url });
    await client.connect();
    const calls = async (): Promise<number> => {
      await client.query("select pg_stat_clear_snapshot()");
      const { rows } = await client.query("select xact_commit::int as n from pg_stat_database where datname = current_database()");
      return rows[0].n;
    };
    try {
      await sleep(1500); // PostgreSQL counts a session's work once a second
      const before = await calls();
      await sleep(3000);
      expect((await calls()) - before).toBeLessThan(60);
    } finally {
      await client.end();
      await queue.close();
      await fresh.drop();
    }
  });

  test("a server that is not there, and a user without rights, are named", async () => {
    const log = rememberingLog();
    const databaseUrl = `postgres://nobody@127.0.0.1:${await freePort()}/none`;
    await expect(createBullQueue({ databaseUrl, families: [], log })).rejects.toMatchObject({ code: "queue_unavailable", retryable: true });
    const role = unique("poor").replace("-", "_");
    await asAdmin(`create role ${role} login password 'poor'`);
    const poor = new URL(database.url);
    poor.username = role;
    poor.password = "poor";
    const fresh = await createDatabase();
    poor.pathname = new URL(fresh.url).pathname;
    await expect(createBullQueue({ databaseUrl: poor.href, families: [], log })).rejects.toMatchObject({ code: "config" });
    await fresh.drop();
    await asAdmin(`drop role ${role}`);
  });
});
