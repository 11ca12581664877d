/** One transaction on a connection of the pool, given back whatever happens. What needs no answer is sent at once, up to the commit: a change costs two ways to the server, not one for each statement. */
import type { Writable } from "node:stream";
import { drizzle, type NodePgDatabase } from "drizzle-orm/node-postgres";
import type pg from "pg";
import { Failure } from "../../core/failure.ts";
import { named, nameOf } from "./named.ts";

export type Db = NodePgDatabase & { $client: pg.Pool };
export type Tx = NodePgDatabase;

interface Statement {
  toSQL(): { sql: string; params: unknown[] };
}

/** Sends a statement behind those before it and does not wait: the transaction fails where it fails. Only with values that are decided. */
export type Later = (statement: Statement) => void;

/** What is sent in one go leaves as one packet: else each statement is a call of the kernel here and a wake-up over there. */
function createGather(client: pg.PoolClient): () => void {
  const { stream } = (client as unknown as { connection: { stream: Writable } }).connection;
  let corked = false;
  return () => {
    if (corked) return;
    corked = true;
    stream.cork();
    // behind the promises that are settled by now, and so behind what they send
    process.nextTick(() => {
      corked = false;
      stream.uncork();
    });
  };
}

/**
 * Drizzle's own, on the pool, never gives a connection back whose `begin` fails: after a few restarts of the database none would be left.
 * The pool must be one of pipelining clients.
 */
export async function transact<T>(db: Db, work: (tx: Tx, later: Later) => Promise<T>): Promise<T> {
  const client = await db.$client.connect();
  let broken = true;
  const sent: Promise<unknown>[] = [];
  const gather = createGather(client);
  const send = <R>(answer: Promise<R>): Promise<R> => {
    // told by the wait below; one that fails earlier must not count as unhandled meanwhile
    answer.catch(() => undefined);
    sent.push(answer);
    return answer;
  };
  try {
    gather();
    void send(client.query("begin"));
    const result = await work(drizzle(named(client)), (statement) => {
      gather();
      const { sql: text, params: values } = statement.toSQL();
      void send(client.query({ name: nameOf(text), text, values }));
    });
    gather();
    const commit = send(client.query("commit"));
    await Promise.all(sent);
    // a commit behind a failed statement answers, and has rolled back
    if ((await commit).command !== "COMMIT") throw new Error("the transaction was rolled back");
    broken = false;
    return result;
  } catch (error) {
    // ours is thrown by `work` before anything failed; after anything else nobody knows in what state the session is
    if (error instanceof Failure) {
      await client.query("rollback").then(
        () => {
          broken = false;
        },
        () => undefined,
      );
    }
    throw error;
  } finally {
    client.release(broken);
  }
}
