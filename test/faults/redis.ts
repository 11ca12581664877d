/** A Redis with its append-only file, which may be killed and come back with what it knew, or with nothing. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, rm } from "node:fs/promises";
import { Redis } from "ioredis";
import { freePort } from "../../platform/bullmq/testing/redis-server.ts";

export interface RedisServer {
  readonly port: number;
  kill(): Promise<void>;
  start(): Promise<void>;
  /** All it ever wrote is gone; only while it is down. */
  forget(): Promise<void>;
  flush(): Promise<void>;
}

export async function openRedis(folder: string): Promise<RedisServer> {
  const port = await freePort();
  let server: ChildProcess | undefined;
  const redis: RedisServer = {
    port,
    async start() {
      await mkdir(folder, { recursive: true });
      const options = ["--appendonly", "yes", "--maxmemory-policy", "noeviction", "--save", ""];
      const started = spawn("redis-server", ["--bind", "127.0.0.1", "--port", `${port}`, "--dir", folder, ...options], {
        stdio: ["ignore", "pipe", "inherit"],
      });
      server = started;
      await new Promise<void>((ready, failed) => {
        started.once("error", failed);
        started.once("exit", (code) => failed(new Error(`redis-server ended with ${code}`)));
        started.stdout.on("data", (text: Buffer) => {
          if (text.includes("Ready to accept connections")) ready();
        });
      });
    },
    async kill() {
      const dying = server;
      server = undefined;
      if (!dying) return;
      const gone = once(dying, "exit");
      dying.kill("SIGKILL");
      await gone;
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
  await redis.start();
  return redis;
}
