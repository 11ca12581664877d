/** A Redis with its append-only file, which may be killed and come back with what it knew, or with nothing. */
import { mkdir, rm } from "node:fs/promises";
import { Redis } from "ioredis";
import { type OwnRedis, startRedis } from "../../platform/bullmq/testing/redis-server.ts";

export interface RedisServer extends Pick<OwnRedis, "kill" | "start" | "end"> {
  readonly port: number;
  /** All it ever wrote is gone; only while it is down. */
  forget(): Promise<void>;
  flush(): Promise<void>;
}

export async function openRedis(folder: string): Promise<RedisServer> {
  await mkdir(folder, { recursive: true });
  // of two folders the later one counts
  const own = await startRedis(true, ["--dir", folder, "--maxmemory-policy", "noeviction"]);
  const port = Number(new URL(own.url).port);
  return {
    port,
    kill: own.kill,
    end: own.end,
    async start() {
      await mkdir(folder, { recursive: true });
      await own.start();
    },
    forget: () => rm(folder, { recursive: true, force: true, maxRetries: 5 }),
    async flush() {
      const client = new Redis(port, "127.0.0.1", { maxRetriesPerRequest: 1 });
      try {
        await client.flushall();
      } finally {
        client.disconnect();
      }
    },
  };
}
