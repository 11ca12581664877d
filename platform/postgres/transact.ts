/** One transaction on a connection of the pool, given back whatever happens. What needs no answer is sent at once, up to the commit: a change costs two ways to the server, not one for each statement. */
import { createHash } from "node:crypto";
import { drizzle, type NodePgDatabase } from "drizzle-orm/node-postgres";
import type pg from "pg";
import { Failure } from "../../core/failure.ts";

export type Db = NodePgDatabase & { $client: pg.Pool };
export type Tx = NodePgDatabase;

interface Statement {
  toSQL(): { sql: string; params: unknown[] };
}

/** Sends a statement behind those before it and does not wait: the transaction fails where it fails. Only with values that are decided. */
export type Later = (statement: Statement) => void;

const names = new Map<string, string>();

/** The server parses and plans each text once a connection. Texts are few: they differ by how many rows are inserted at once. */
function nameOf(text: string): string {
  let name = names.get(text);
  if (!name) {
    name = `spin_${createHash("sha256").update(text).digest("hex").slice(0, 16)}`;
    names.set(text, name);
  }
  return name;
}

/**
 * Drizzle's own, on the pool, never gives a connection back whose `begin` fails: after a few restarts of the database none would be left.
 * The pool must be one of pipelining clients.
 */
export async function transact<T>(db: Db, work: (tx: Tx, later: Later) => Promise<T>): Promise<T> {
  const client = await db.$client.connect();
  let broken = true;
  const sent: Promise<unknown>[] = [];
  const send = <R>(answer: Promise<R>): Promise<R> => {
    // told by the wait below; one that fails earlier must not count as unhandled meanwhile
    answer.catch(() => undefined);
    sent.push(answer);
    return answer;
  };
  try {
    void send(client.query("begin"));
    const result = await work(drizzle(client), (statement) => {
      const { sql: text, params: values } = statement.toSQL();
      void send(client.query({ name: nameOf(text), text, values }));
    });
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
