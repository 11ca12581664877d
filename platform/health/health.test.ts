/** What real servers tell of themselves: a Redis with other settings, a PostgreSQL of several ages. */
import { spawnSync } from "node:child_process";
import pg from "pg";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { silentLog } from "../../core/log.ts";
import { type OwnRedis, startRedis } from "../bullmq/testing/redis-server.ts";
import { openPostgres } from "../postgres/open.ts";
import { createDatabase, type TestDatabase } from "../postgres/testing/database.ts";
import { databaseHealthAt } from "./database.ts";
import { compareMigrations } from "./migrations.ts";
import { redisHealth } from "./redis.ts";

describe.skipIf(spawnSync("redis-server", ["--version"]).error)("Redis", () => {
  let redis: OwnRedis | undefined;
  afterEach(() => redis?.end());

  it("as the stack sets it has nothing wrong", async () => {
    redis = await startRedis(true, ["--maxmemory", "512mb", "--maxmemory-policy", "noeviction"]);
    const health = await redisHealth(redis.url);
    expect(health).toMatchObject({
      eviction: "noeviction",
      maxmemory: 512 * 2 ** 20,
      appendonly: true,
      writeFailed: false,
      replica: false,
    });
    expect(health.version).toMatch(/^\d+\.\d+/);
    expect(health.used).toBeGreaterThan(0);
    expect(Math.abs(health.aheadMs)).toBeLessThan(5000);
  });

  it("as Debian sets a cache tells that it may evict and keeps nothing, even where CONFIG is forbidden", async () => {
    redis = await startRedis(false, ["--maxmemory", "64mb", "--maxmemory-policy", "allkeys-lru", "--rename-command", "CONFIG", ""]);
    expect(await redisHealth(redis.url)).toMatchObject({ eviction: "allkeys-lru", maxmemory: 64 * 2 ** 20, appendonly: false });
  });

  it("with another password, with none, and gone, is told apart, without the password", async () => {
    redis = await startRedis(true, ["--requirepass", "sesame"]);
    const at = (user: string) => redis?.url.replace("//", `//${user}`) ?? "";
    expect((await redisHealth(at(":sesame@"))).appendonly).toBe(true);
    await expect(redisHealth(at(":hunter2@"))).rejects.toThrow(/^Redis refuses the user or password of REDIS_URL/);
    await expect(redisHealth(at(""))).rejects.toThrow(/^Redis wants a password/);
    await expect(redisHealth("redis://:hunter2@127.0.0.1:1")).rejects.toThrow(
      /^The job queue \(Redis\) does not answer\. Start it, or correct REDIS_URL\.$/,
    );
  });
});

describe("PostgreSQL", () => {
  let test: TestDatabase;
  beforeAll(async () => {
    test = await createDatabase();
  });
  afterAll(() => test.drop());
  const run = async (text: string) => {
    const client = new pg.Client({ connectionString: test.url });
    await client.connect();
    await client.query(text).finally(() => client.end());
  };
  const migrations = async () => (await databaseHealthAt(test.url)).migrations;
  const none = { waiting: 0, gaps: 0, unknown: 0, unrecorded: false };

  it("that is empty has nothing wrong, and is not touched by looking", async () => {
    const health = await databaseHealthAt(test.url);
    expect(health).toMatchObject({ readOnly: false, durable: true, migrations: none });
    expect(health.versionNumber).toBeGreaterThanOrEqual(150_000);
    expect(health.connections).toBeGreaterThan(0);
    expect(health.mostConnections).toBeGreaterThan(health.connections);
    expect(Math.abs(health.aheadMs)).toBeLessThan(5000);
    expect(await migrations()).toEqual(none);
  });

  it("of a studio of this age, an older one, a newer one, and one that somebody mended by hand, are told apart", async () => {
    await (await openPostgres({ url: test.url, log: silentLog, poolMax: 1 })).close();
    expect(await migrations()).toEqual(none);
    await run(
      "create table kept as select * from migrations; delete from migrations where created_at = (select max(created_at) from migrations)",
    );
    expect(await migrations()).toEqual({ ...none, waiting: 1 });
    await run("insert into migrations (hash, created_at) values ('x', 9999999999999)");
    expect(await migrations()).toEqual({ ...none, unknown: 1, gaps: 1 });
    await run("truncate migrations");
    expect(await migrations()).toMatchObject({ unrecorded: true });
    await run("insert into migrations select * from kept");
    expect(await migrations()).toEqual(none);
  });

  it("on which another process migrates is told so, with how long it takes", async () => {
    const client = new pg.Client({ connectionString: test.url });
    await client.connect();
    try {
      await client.query("select pg_advisory_lock(7424201)");
      expect((await migrations()).runningSeconds).toBeGreaterThanOrEqual(0);
    } finally {
      await client.end();
    }
  });

  it("that refuses is told in words, without the password", async () => {
    const wrong = new URL(test.url);
    wrong.pathname = "/nowhere";
    await expect(databaseHealthAt(wrong.href)).rejects.toThrow(/The database that DATABASE_URL names does not exist/);
    await expect(databaseHealthAt("postgresql://u:hunter2@127.0.0.1:1/x")).rejects.toThrow(/^The database does not answer/);
  });
});

it("migrations are compared by when they were made", () => {
  expect(compareMigrations([1, 2, 3], [1, 2, 3])).toEqual({ waiting: 0, gaps: 0, unknown: 0 });
  expect(compareMigrations([1, 2, 3], [1])).toEqual({ waiting: 2, gaps: 0, unknown: 0 });
  expect(compareMigrations([1, 2, 3], [1, 3])).toEqual({ waiting: 0, gaps: 1, unknown: 0 });
  expect(compareMigrations([1, 2], [1, 2, 5, 6])).toEqual({ waiting: 0, gaps: 0, unknown: 2 });
});
