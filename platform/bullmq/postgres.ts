/** BullMQ on PostgreSQL, in a schema of its own and over one pool for all queues and workers. */
import { createPostgresBackend, type PostgresConnectionOptions, Queue, runMigrations, Worker } from "bullmq";
import pg from "pg";
import { Failure } from "../../core/failure.ts";
import type { Log } from "../../core/log.ts";
import { type Backend, queueOptions, safeName, workerOptions } from "./backend.ts";
import { queueFailure, quietly } from "./failures.ts";

/** Connections for what is asked now and then; each worker brings one more, which it keeps for LISTEN. */
const ownNeeds = 4;

async function bringUpToDate(pool: pg.Pool): Promise<void> {
  try {
    const client = await pool.connect();
    let failed = true;
    try {
      await runMigrations(client);
      failed = false;
    } finally {
      client.release(failed);
    }
  } catch (error) {
    if ((error as { code?: unknown }).code === "42501")
      throw new Failure(
        "config",
        "The database user may not create the schema `bullmq` for the job queue. As the owner of the database run: create schema bullmq authorization <user>",
        { cause: error },
      );
    throw queueFailure("PostgreSQL", error);
  }
}

/** Failure `queue_unavailable` when it cannot be reached, `config` when its user may not create the schema. */
export async function openPostgresBackend(url: string, log: Log): Promise<Backend> {
  const complain = quietly(log);
  const pool = new pg.Pool({
    connectionString: url,
    // the queue is a hint: what a crash of the database takes from it is added again from the rows, so its commits need not wait for the disk
    options: "-c search_path=bullmq -c synchronous_commit=off",
    max: ownNeeds,
    application_name: "myspinbot-queue",
    // a pool that is too small or a server without free connections is an error here, where BullMQ alone would wait for ever
    connectionTimeoutMillis: 10_000,
    keepAlive: true,
  });
  pool.setMaxListeners(0);
  pool.on("error", (error) => complain(error, "a connection of the queue was lost"));
  try {
    await bringUpToDate(pool);
  } catch (error) {
    await pool.end().catch(() => undefined);
    throw error;
  }
  // BullMQ describes the pool by types of its own, which those of pg do not meet word by word
  const connection = pool as unknown as PostgresConnectionOptions;
  return {
    server: "PostgreSQL",
    patienceMs: 10_000,
    queue(name) {
      const queue = new Queue(safeName(name), { ...queueOptions, connection }, createPostgresBackend);
      queue.on("error", (error) => complain(error, "the queue has trouble with PostgreSQL"));
      return queue;
    },
    worker(name, times) {
      pool.options.max += 1;
      const worker = new Worker(safeName(name), null, { ...workerOptions(times), connection }, createPostgresBackend);
      worker.on("error", (error) => complain(error, "a queue worker has trouble with PostgreSQL"));
      worker.on("closed", () => {
        pool.options.max -= 1;
      });
      return worker;
    },
    close: () => pool.end(),
  };
}
