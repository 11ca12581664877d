/** BullMQ on Redis or Valkey. */
import { Queue, Worker } from "bullmq";
import { Redis } from "ioredis";
import type { Log } from "../../core/log.ts";
import { type Backend, queueOptions, safeName, workerOptions } from "./backend.ts";
import { queueFailure, quietly, within } from "./failures.ts";
import { judgePolicy, redisPolicy } from "./redis-policy.ts";

/** Failure `queue_unavailable` when it cannot be reached within two seconds, `config` where it may throw jobs away (unless `unsafe`). */
export async function openRedis(url: string, log: Log, unsafe = false): Promise<Backend> {
  const patienceMs = 2000;
  const complain = quietly(log);
  const client = new Redis(url, {
    lazyConnect: true,
    connectionName: "myspinbot",
    // whoever waits for it has a limit of their own; this one would count the time in which we are busy ourselves
    connectTimeout: 5 * patienceMs,
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
  try {
    judgePolicy(await redisPolicy(client), { log, unsafe });
  } catch (error) {
    client.disconnect();
    throw error;
  }
  // it may have been started again with other settings; nothing ends because of it now
  client.on("ready", () => void redisPolicy(client).then((policy) => judgePolicy(policy, { log, unsafe: true })));
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
