/** The queue contract on Redis, and what only that server can do to us. */
import { execFileSync } from "node:child_process";
import { Redis } from "ioredis";
import { afterEach, describe, expect, inject, test } from "vitest";
import { Failure } from "../../core/failure.ts";
import type { Queue } from "../../core/ports/queue.ts";
import { createBullQueue } from "./queue.ts";
import { gate, recordedLane, rememberingLog, unique, until } from "./testing/help.ts";
import { queueContract } from "./testing/queue-contract.ts";
import { freePort, type OwnRedis, startRedis } from "./testing/redis-server.ts";

const times = { lockMs: 1000, stalledMs: 300, backoffMs: 100 };

if (inject("redisUrl")) {
  queueContract("Redis", async () => {
    const redis = await startRedis(true, ["--appendfsync", "always"]);
    return { options: { redisUrl: redis.url }, breakOff: () => redis.kill(), bringBack: () => redis.start(), end: () => redis.end() };
  });

  describe("the queue on Redis only", () => {
    let redis: OwnRedis | undefined;
    let queue: Queue | undefined;
    const unhandled: unknown[] = [];
    const remember = (error: unknown) => void unhandled.push(error);
    process.on("unhandledRejection", remember);

    afterEach(async () => {
      await queue?.close();
      await redis?.end();
      queue = undefined;
      redis = undefined;
      expect(unhandled).toEqual([]);
    });

    test.each([
      ["FLUSHALL", (own: OwnRedis) => flush(own.url)],
      [
        "a restart without persistence",
        async (own: OwnRedis) => {
          await own.kill();
          await own.start();
        },
      ],
    ])("%s in mid-run: the waiting are gone, the active one ends in peace, new ones and the clock go on", async (_, lose) => {
      redis = await startRedis(false);
      const family = unique("flush");
      const log = rememberingLog();
      const open = await createBullQueue({ redisUrl: redis.url, families: [family], log, ...times });
      queue = open;
      const { opened, open: finish } = gate();
      const recorded = await recordedLane(open, [family], (id) => (id === "runs" ? opened : Promise.resolve()));
      let ticks = 0;
      await open.every("clock", 300, async () => void ticks++);
      await open.add({ id: "runs", family, priority: 1 });
      await recorded.lane.open(family);
      await until("it runs", () => recorded.taken.length === 1);
      for (const id of ["gone1", "gone2"]) await open.add({ id, family, priority: 2 });
      await lose(redis);
      await until("it answers, and has forgotten", () =>
        open.has({ id: "gone1", family }).then(
          (known) => !known,
          () => false,
        ),
      );
      // as the reconciler does: the row of the running one is still open
      await open.add({ id: "runs", family, priority: 1 });
      const before = ticks;
      await until("the clock was wound up again", () => ticks > before + 2);
      expect(recorded.lost).toEqual([]);
      expect(recorded.ended).toEqual([]);
      finish();
      await until("its second entry is harmless", () => recorded.ended.length === 2);
      await open.add({ id: "fresh", family, priority: 1 });
      await until("a new one ran", () => recorded.ended.includes("fresh"));
      expect(recorded.taken).toEqual(["runs", "runs", "fresh"]);
      expect(log.lines.some((line) => line.level === "error")).toBe(false);
    });

    test("appendonly and kill -9 of the server: all six complete, none twice", async () => {
      redis = await startRedis(true, ["--appendfsync", "always"]);
      const family = unique("aof");
      queue = await createBullQueue({ redisUrl: redis.url, families: [family], log: rememberingLog(), ...times });
      for (let number = 1; number <= 6; number++) await queue.add({ id: `n${number}_`, family, priority: number });
      await redis.kill();
      await redis.start();
      const restarted = queue;
      await until("it answers", () => restarted.depths().then(Boolean, () => false));
      const recorded = await recordedLane(queue, [family]);
      await recorded.lane.open(family);
      await until("all ran", () => recorded.ended.length >= 6);
      expect(recorded.taken).toEqual(["n1_", "n2_", "n3_", "n4_", "n5_", "n6_"]);
    });

    test("a full Redis refuses: queue_unavailable, with what to do", async () => {
      redis = await startRedis(false, ["--maxmemory", "3mb", "--maxmemory-policy", "noeviction"]);
      const full = await createBullQueue({ redisUrl: redis.url, families: [], log: rememberingLog() });
      queue = full;
      const fill = async (): Promise<never> => {
        for (let number = 0; ; number++) await full.add({ id: `n${number}_`, family: "full", priority: 1 });
      };
      const failure = await fill().catch((error: unknown) => error);
      expect(failure).toBeInstanceOf(Failure);
      expect(failure).toMatchObject({ code: "queue_unavailable", retryable: true });
      expect((failure as Failure).message).toContain("is full");
    });

    test("a Redis that is down fails fast, at the start and later; one that hangs within about two seconds", async () => {
      const log = rememberingLog();
      let began = Date.now();
      const refused = createBullQueue({ redisUrl: `redis://:secret@127.0.0.1:${await freePort()}`, families: [], log });
      const failure = await refused.catch((error: unknown) => error as Failure);
      expect(failure).toMatchObject({ code: "queue_unavailable" });
      expect(JSON.stringify(log.lines)).not.toContain("secret");
      expect(Date.now() - began).toBeLessThan(4000);

      redis = await startRedis(false);
      queue = await createBullQueue({ redisUrl: redis.url, families: ["f"], log });
      await queue.add({ id: "one", family: "f", priority: 1 });
      const client = new Redis(redis.url);
      const pid = /process_id:(\d+)/.exec(await client.info("server"))?.[1] ?? "";
      client.disconnect();
      execFileSync("kill", ["-STOP", pid]);
      began = Date.now();
      await expect(queue.add({ id: "two", family: "f", priority: 1 })).rejects.toMatchObject({ code: "queue_unavailable" });
      expect(Date.now() - began).toBeLessThan(4000);
      execFileSync("kill", ["-CONT", pid]);
    });

    test("a Redis that may evict jobs is told, with the command that mends it", async () => {
      redis = await startRedis(false, ["--maxmemory-policy", "allkeys-lru"]);
      const log = rememberingLog();
      queue = await createBullQueue({ redisUrl: redis.url, families: [], log });
      expect(
        log.lines.filter((line) => line.level === "warn" && line.text.includes("config set maxmemory-policy noeviction")),
      ).toHaveLength(1);
    });

    test("one that will evict, because it has a limit, is refused with what mends it, unless it is wanted", async () => {
      redis = await startRedis(true, ["--maxmemory", "100mb", "--maxmemory-policy", "allkeys-lru"]);
      const log = rememberingLog();
      await expect(createBullQueue({ redisUrl: redis.url, families: [], log })).rejects.toMatchObject({
        code: "config",
        message: expect.stringMatching(/allkeys-lru.*104857600 bytes.*noeviction.*MYSPINBOT_REDIS_UNSAFE=yes/),
      });
      queue = await createBullQueue({ redisUrl: redis.url, redisUnsafe: true, families: [], log });
      expect(log.lines.filter(({ level }) => level === "warn")).toHaveLength(1);
    });

    test("one without an append-only file is told", async () => {
      redis = await startRedis(false);
      const log = rememberingLog();
      queue = await createBullQueue({ redisUrl: redis.url, families: [], log });
      expect(log.lines.map(({ text }) => text)).toEqual([expect.stringMatching(/append-only file.*appendonly yes/)]);
    });

    test("what is set while we run is told when the connection is back", async () => {
      redis = await startRedis(true);
      const log = rememberingLog();
      queue = await createBullQueue({ redisUrl: redis.url, families: [], log });
      expect(log.lines).toEqual([]);
      const client = new Redis(redis.url);
      await client.config("SET", "maxmemory-policy", "allkeys-lru");
      await client.call("CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes");
      client.disconnect();
      await until("it is told", () => log.lines.some(({ text }) => text.includes("allkeys-lru")));
    });

    test("where CONFIG is forbidden the check is left out", async () => {
      redis = await startRedis(false, ["--rename-command", "CONFIG", ""]);
      const log = rememberingLog();
      queue = await createBullQueue({ redisUrl: redis.url, families: [], log });
      expect(log.lines).toEqual([]);
    });
  });
} else {
  test("redis-server is not installed: the queue contract on Redis is NOT RUN", () => {
    expect(inject("redisUrl")).toBeUndefined();
  });
}

async function flush(url: string): Promise<void> {
  const client = new Redis(url);
  await client.flushall();
  client.disconnect();
}
