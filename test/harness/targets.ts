/** What is killed, and what brings it back. */
import { Redis } from "ioredis";
import type { OwnRedis } from "../../platform/bullmq/testing/redis-server.ts";
import type { Target } from "./round.ts";
import { until } from "./studio.ts";

/** kill -9 of the server; its supervisor starts it again. */
export const server: Target = {
  name: "server",
  strike: (studio) => studio.killServer(),
  mend: (studio) => studio.start(),
};

/** Told to stop, in turn by SIGTERM and by Ctrl-C: it has to put what runs back in line, or publish it, and never both. */
export const stop: Target = {
  name: "stop",
  gentle: true,
  strike: (studio, round) => studio.killServer(round % 2 === 1 ? "SIGINT" : "SIGTERM"),
  mend: (studio) => studio.start(),
};

/** kill -9 of PostgreSQL, in turn of the postmaster alone and of all its processes; the living server has to bring it back by itself. */
export function postgres(): Target {
  let dead: number | undefined;
  return {
    name: "postgres",
    async strike(studio, round) {
      dead = await studio.postgresPid();
      await studio.killPostgres(round % 2 === 1);
    },
    async mend(studio) {
      await until(
        async () => {
          const pid = await studio.postgresPid();
          return pid !== undefined && pid !== dead;
        },
        60_000,
        "the server has started its database again",
      );
    },
  };
}

export function redisFlush({ url }: OwnRedis): Target {
  return {
    name: "redis-flush",
    async strike() {
      const client = new Redis(url, { maxRetriesPerRequest: 1 });
      try {
        await client.flushall();
      } finally {
        client.disconnect();
      }
    },
    mend: async () => undefined,
  };
}

/** Comes back empty: nothing of it is ever on the disk. */
export function redisRestart(redis: OwnRedis): Target {
  return {
    name: "redis-restart",
    strike: () => redis.kill(),
    mend: () => redis.start(),
  };
}
