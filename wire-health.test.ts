/** Findings reach the table beside the checks: real servers that answer and are set up wrongly, a clock that is off, no worker. */
import { spawnSync } from "node:child_process";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import pg from "pg";
import { afterAll, afterEach, beforeAll, expect, it } from "vitest";
import { readConfig } from "./config.ts";
import { silentLog } from "./core/log.ts";
import { type OwnRedis, startRedis } from "./platform/bullmq/testing/redis-server.ts";
import { openPostgres } from "./platform/postgres/open.ts";
import { createDatabase, type TestDatabase } from "./platform/postgres/testing/database.ts";
import { standaloneStatus } from "./standalone.ts";
import { findingsOf } from "./wire-health.ts";

let database: TestDatabase;
let redis: OwnRedis | undefined;
let server: Server | undefined;
beforeAll(async () => {
  database = await createDatabase();
});
afterAll(() => database.drop());
afterEach(async () => {
  await redis?.end();
  server?.close();
  redis = undefined;
  server = undefined;
});

const nowhere = { COMFYUI_URL: "http://127.0.0.1:1", OLLAMA_URL: "http://127.0.0.1:1" };
const rowsOf = async (env: Record<string, string>) => (await standaloneStatus(readConfig({ ...nowhere, ...env }), "1", false)).rows;
const of = (rows: Awaited<ReturnType<typeof rowsOf>>, part: string) =>
  rows.filter((row) => row.part === part).map(({ state, what }) => `${state} ${what}`);

it.skipIf(spawnSync("redis-server", ["--version"]).error)("a Redis that answers and may evict is both: there, and wrong", async () => {
  redis = await startRedis(false, ["--maxmemory", "64mb", "--maxmemory-policy", "allkeys-lru"]);
  expect(of(await rowsOf({ REDIS_URL: redis.url }), "Queue")).toEqual([
    "ok BullMQ on Redis",
    expect.stringMatching(/^down Redis may throw queued jobs away.*allkeys-lru, and .* of 67\.1 MB are used/),
    expect.stringMatching(/^info Redis keeps no append-only file/),
  ]);
});

it("a Redis that does not answer is one row, without its password", async () => {
  const rows = await rowsOf({ REDIS_URL: "redis://:sesame@127.0.0.1:1" });
  expect(of(rows, "Queue")).toEqual(["down Redis at 127.0.0.1:1 does not answer"]);
  expect(JSON.stringify(rows)).not.toContain("sesame");
});

it("a database of a newer program is told before anything writes into it", async () => {
  await (await openPostgres({ url: database.url, log: silentLog, poolMax: 1 })).close();
  const client = new pg.Client({ connectionString: database.url });
  await client.connect();
  await client.query("insert into migrations (hash, created_at) values ('x', 9999999999999)").finally(() => client.end());
  expect(of(await rowsOf({ DATABASE_URL: database.url }), "Database")).toEqual([
    "ok PostgreSQL by DATABASE_URL",
    expect.stringMatching(/^down the database is newer than this program: 1 of its migrations/),
  ]);
});

it("the clock of an S3 server is compared by its own date, and the difference is named", async () => {
  server = createServer((_, response) => response.writeHead(403, { date: new Date(Date.now() - 3_600_000).toUTCString() }).end());
  await new Promise<void>((listening) => server?.listen(0, "127.0.0.1", listening));
  const s3 = {
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    bucket: "b",
    accessKey: "a",
    secretKey: "s",
    region: "r",
  };
  const [find] = findingsOf({ roles: { http: true, worker: true }, s3 });
  expect(await find?.()).toMatchObject([
    { part: "Clock", state: "down", what: expect.stringContaining("60 minutes ahead of that of the S3 server") },
  ]);
});

it("a server without a worker says so, one that works by itself does not ask", async () => {
  const lanes = { connected: async () => [] };
  const pool = { query: async () => Promise.reject(new Error("no answer")) } as unknown as pg.Pool;
  const last = async (worker: boolean) => findingsOf({ roles: { http: true, worker } }, { pool, lanes }).at(-1)?.();
  expect(await last(false)).toMatchObject([{ part: "Workers", state: "down" }]);
  await expect(last(true)).rejects.toThrow("no answer");
});

it("an answer is kept for a moment, an outage is not", async () => {
  let asked = 0;
  const pool = {
    query: async () => {
      asked++;
      return Promise.reject(new Error("no answer"));
    },
  } as unknown as pg.Pool;
  const [find] = findingsOf({ roles: { http: true, worker: true } }, { pool, lanes: { connected: async () => [] } });
  for (let at = 0; at < 2; at++) await expect(find?.()).rejects.toThrow("no answer");
  expect(asked).toBe(2);
  const s3 = { endpoint: "http://127.0.0.1:1", bucket: "b", accessKey: "a", secretKey: "s", region: "r" };
  const [quiet] = findingsOf({ roles: { http: true, worker: true }, s3 });
  expect(quiet?.()).toBe(quiet?.());
});
