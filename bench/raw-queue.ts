/** The baseline of the queue: BullMQ alone, on the same server, as its documentation uses it. */
import { createPostgresBackend, type PostgresConnectionOptions, Queue, runMigrations, Worker } from "bullmq";
import { Redis } from "ioredis";
import pg from "pg";

export interface RawQueue {
  /** Milliseconds from before `add` until the processor has the job. */
  once(): Promise<number>;
  /** Jobs a second of `count` adds, one after the other, and their processing, at concurrency 1. */
  rate(count: number): Promise<number>;
  close(): Promise<void>;
}

type Connection = { databaseUrl: string } | { redisUrl: string };

async function open(where: Connection, name: string, work: (id: string) => void) {
  if ("redisUrl" in where) {
    const connection = new Redis(where.redisUrl, { maxRetriesPerRequest: null });
    const queue = new Queue(name, { connection });
    const worker = new Worker(name, async (job) => work(job.id ?? ""), { connection, concurrency: 1 });
    return { queue, worker, end: async () => connection.disconnect() };
  }
  const pool = new pg.Pool({ connectionString: where.databaseUrl, options: "-c search_path=bullmq", max: 6 });
  pool.on("error", () => undefined);
  const client = await pool.connect();
  await runMigrations(client);
  client.release();
  // BullMQ describes the pool by types of its own, which those of pg do not meet word by word
  const connection = pool as unknown as PostgresConnectionOptions;
  const queue = new Queue(name, { connection }, createPostgresBackend);
  const worker = new Worker(name, async (job) => work(job.id ?? ""), { connection, concurrency: 1 }, createPostgresBackend);
  return { queue, worker, end: () => pool.end() };
}

export async function openRawQueue(where: Connection): Promise<RawQueue> {
  const waiting = new Map<string, () => void>();
  const { queue, worker, end } = await open(where, `raw-${process.pid}-${Date.now()}`, (id) => waiting.get(id)?.());
  worker.on("error", () => undefined);
  await worker.waitUntilReady();
  let count = 0;
  const add = async (processed: () => void): Promise<void> => {
    const jobId = `raw-${++count}`;
    waiting.set(jobId, processed);
    await queue.add("job", {}, { jobId, removeOnComplete: true, removeOnFail: true });
  };
  return {
    once: () =>
      new Promise((resolve, reject) => {
        const begun = performance.now();
        add(() => resolve(performance.now() - begun)).catch(reject);
      }),
    rate: (jobs) =>
      new Promise((resolve, reject) => {
        const begun = performance.now();
        let left = jobs;
        const processed = () => {
          if (--left === 0) resolve((jobs * 1000) / (performance.now() - begun));
        };
        (async () => {
          for (let index = 0; index < jobs; index++) await add(processed);
        })().catch(reject);
      }),
    async close() {
      await worker.close();
      await queue.close();
      await end();
    },
  };
}
