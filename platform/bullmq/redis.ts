/** BullMQ on Redis or Valkey. */
import { Queue, Worker } from "bullmq";
import { Redis } from "ioredis";
import type { Log } from "../../core/log.ts";
import { type Backend, queueOptions, safeName, workerOptions } from "./backend.ts";
import { queueFailure, quietly, within } from "./failures.ts";

/** An evicted key is a job that BullMQ no longer knows: its row survives, but it waits for the reconciler. */
async function checkPolicy(client: Redis, log: Log): Promise<void> {
  let policy: string | undefined;
  try {
    [, policy] = (await client.config("GET", "maxmemory-policy")) as string[];
  } catch {
    return; // many hosted servers forbid CONFIG
  }
  if (policy !== undefined && policy !== "noeviction")
    log.warn(
      { policy },
      `Redis may throw queued jobs away when its memory is full (maxmemory-policy ${policy}). Set it: redis-cli config set maxmemory-policy noeviction`,
    );
}

/** Failure `queue_unavailable` when it cannot be reached within two seconds. */
export async function openRedis(url: string, log: Log): Promise<Backend> {
  const patienceMs = 2000;
  const complain = quietly(log);
  const client = new Redis(url, {
    lazyConnect: true,
    connectionName: "myspinbot",
    connectTimeout: patienceMs,
    // fail at once while it is down instead of keeping commands; also of the blocking copies that BullMQ makes (0 where it insists on null or nothing)
    enableOfflineQueue: false,
    maxRetriesPerRequest: 0,
    retryStrategy: (times) => Math.min(100 * times, 1000),
  });
  client.setMaxListeners(0);
  client.on("error", (error) => complain(error, "the connection to Redis has trouble"));
  try {
    await within(patienceMs, client.connect());
  } catch (error) {
    client.disconnect();
    throw queueFailure("Redis", error);
  }
  await checkPolicy(client, log);
  return {
    server: "Redis",
    patienceMs,
    queue(name) {
      const queue = new Queue(safeName(name), { ...queueOptions, connection: client });
      queue.on("error", (error) => complain(error, "the queue has trouble with Redis"));
      return queue;
    },
    worker(name, times) {
      const worker = new Worker(safeName(name), null, { ...workerOptions(times), connection: client });
      worker.on("error", (error) => complain(error, "a queue worker has trouble with Redis"));
      return worker;
    },
    async close() {
      client.disconnect();
    },
  };
}
