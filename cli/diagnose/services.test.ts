/** Findings about a Redis, a PostgreSQL and clocks: each with its numbers and its remedy, and nothing where all is well. */
import { describe, expect, it } from "vitest";
import type { StatusRow } from "../../core/client.ts";
import type { DatabaseHealth, RedisHealth } from "../../core/ports/health.ts";
import { clockRow, databaseRows, redisRows } from "./services.ts";

const said = (rows: readonly StatusRow[]) => rows.map(({ state, what, fix }) => `${state} ${what} → ${fix}`);

describe("Redis", () => {
  const good: RedisHealth = {
    version: "7.2.5",
    eviction: "noeviction",
    maxmemory: 512e6,
    used: 1e6,
    appendonly: true,
    writeFailed: false,
    replica: false,
    aheadMs: 20,
  };
  it.each<[string, Partial<RedisHealth>, RegExp | undefined]>([
    ["good", {}, undefined],
    [
      "may evict now",
      { eviction: "allkeys-lru", used: 256e6 },
      /^down Redis may throw queued jobs away.* allkeys-lru, and 256\.0 MB of 512\.0 MB are used → redis-cli config set maxmemory-policy noeviction/,
    ],
    ["may evict once it is bounded", { eviction: "volatile-lru", maxmemory: 0 }, /^info .*volatile-lru, and maxmemory is not set yet/],
    ["no AOF", { appendonly: false }, /^info Redis keeps no append-only file.*→ redis-cli config set appendonly yes/],
    ["nearly full", { used: 480e6 }, /^info Redis is 94 % full \(480\.0 MB of 512\.0 MB\)/],
    ["full", { used: 513e6 }, /^down Redis is 100 % full/],
    ["too old", { version: "5.0.14" }, /^down Redis 5\.0\.14 is too old: 6\.2 is the least/],
    ["a copy", { replica: true }, /^down REDIS_URL is a copy/],
    ["no disk", { writeFailed: true }, /^down Redis could not write to its disk/],
    ["another time", { aheadMs: -40_000 }, /^info this machine's clock is 40 s behind that of Redis/],
  ])("%s", (_, facts, words) => {
    const lines = said(redisRows({ ...good, ...facts }));
    expect(lines).toEqual(words ? [expect.stringMatching(words)] : []);
  });
});

describe("PostgreSQL", () => {
  const good: DatabaseHealth = {
    ...{ versionNumber: 160_014, version: "16.14", connections: 12, mostConnections: 97, aheadMs: 0, readOnly: false, durable: true },
    migrations: { waiting: 0, gaps: 0, unknown: 0, unrecorded: false },
  };
  const migrations = (more: Partial<DatabaseHealth["migrations"]>) => ({ migrations: { ...good.migrations, ...more } });
  it.each<[string, Partial<DatabaseHealth>, RegExp | undefined]>([
    ["good", {}, undefined],
    ["the floor", { versionNumber: 150_020, version: "15.20" }, undefined],
    ["too old", { versionNumber: 140_012, version: "14.12" }, /^down PostgreSQL 14\.12 is too old: 15 is the least/],
    ["nearly out of connections", { connections: 88 }, /^info 88 of 97 connections are used → max_connections = 200/],
    [
      "another time by an hour",
      { aheadMs: 3_600_000 },
      /^down this machine's clock is 60 minutes ahead of that of the database: links and tokens/,
    ],
    ["another time by 31 s", { aheadMs: 31_000 }, /^info .*31 s ahead/],
    ["a copy", { readOnly: true }, /^down DATABASE_URL is a copy, or takes no writes/],
    ["one that forgets", { durable: false }, /^down PostgreSQL runs with fsync or full_page_writes off/],
    [
      "newer than the program",
      migrations({ unknown: 2, waiting: 0 }),
      /^down the database is newer than this program: 2 of its migrations/,
    ],
    ["half migrated", migrations({ gaps: 1 }), /^down the database is half migrated: 1 migrations are missing/],
    ["migrated by hand", migrations({ unrecorded: true }), /^down the database has our tables and no record/],
    ["not yet up to date", migrations({ waiting: 3 }), /^info 3 migrations wait for the next start → A backup first/],
    [
      "being migrated",
      migrations({ runningSeconds: 12.3, waiting: 3 }),
      /^info another process has been bringing the database up to date for 12 s/,
    ],
  ])("%s", (_, facts, words) => {
    expect(said(databaseRows({ ...good, ...facts }))).toEqual(words ? [expect.stringMatching(words)] : []);
  });
});

it("a clock within 30 s is right, whichever is ahead", () => {
  expect([clockRow(30_000, "x"), clockRow(-30_000, "x")]).toEqual([undefined, undefined]);
  expect(clockRow(-301_000, "the S3 server")).toMatchObject({
    part: "Clock",
    state: "down",
    what: expect.stringContaining("5 minutes behind that of the S3 server"),
  });
});
