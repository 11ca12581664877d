/** What a Redis or Valkey tells of itself, so that a person can be told what is wrong with it. Asks INFO alone: many hosted ones forbid CONFIG. */
import { Redis } from "ioredis";
import { Failure } from "../../core/failure.ts";
import type { RedisHealth } from "../../core/ports/health.ts";

const patience = 2000;

/** Of what is said when the connection is made, what waiting does not cure. */
function refusal(error: Error): Failure {
  if (/WRONGPASS|invalid username-password|invalid password/i.test(error.message))
    return new Failure("config", "Redis refuses the user or password of REDIS_URL. Correct them.", { cause: error });
  if (/NOAUTH|Authentication required/i.test(error.message))
    return new Failure("config", "Redis wants a password, and REDIS_URL has none: redis://:PASSWORD@host:6379.", { cause: error });
  return new Failure("queue_unavailable", "The job queue (Redis) does not answer. Start it, or correct REDIS_URL.", {
    cause: error,
    retryable: true,
  });
}

const field = (info: string, name: string): string => new RegExp(`^${name}:(.*?)\\r?$`, "m").exec(info)?.[1] ?? "";

/** Failure `config` or `queue_unavailable`. Opens a connection of its own, and closes it. */
export async function redisHealth(url: string): Promise<RedisHealth> {
  const client = new Redis(url, {
    ...{ lazyConnect: true, connectTimeout: patience, commandTimeout: patience, maxRetriesPerRequest: 0, enableReadyCheck: false },
    connectionName: "myspinbot-doctor",
    retryStrategy: () => null,
  });
  let said: Error | undefined;
  client.on("error", (error) => {
    said ??= error;
  });
  try {
    await client.connect();
    const info = await client.info();
    const asked = Date.now();
    const [seconds = "0", micros = "0"] = (await client.time()).map(String);
    return {
      version: field(info, "redis_version"),
      eviction: field(info, "maxmemory_policy"),
      maxmemory: Number(field(info, "maxmemory")),
      used: Number(field(info, "used_memory")),
      appendonly: field(info, "aof_enabled") === "1",
      writeFailed: field(info, "aof_last_write_status") === "err" || field(info, "rdb_last_bgsave_status") === "err",
      replica: field(info, "role") === "slave",
      aheadMs: (asked + Date.now()) / 2 - (Number(seconds) * 1000 + Number(micros) / 1000),
    };
  } catch (error) {
    throw refusal(said ?? (error as Error));
  } finally {
    client.disconnect();
  }
}
