/** One transaction on a connection of the pool, given back whatever happens. */
import { drizzle, type NodePgDatabase } from "drizzle-orm/node-postgres";
import type pg from "pg";
import { Failure } from "../../core/failure.ts";

export type Db = NodePgDatabase & { $client: pg.Pool };
export type Tx = Parameters<Parameters<Db["transaction"]>[0]>[0];

/** Drizzle's own, on the pool, never gives a connection back whose `begin` fails: after a few restarts of the database none would be left. */
export async function transact<T>(db: Db, work: (tx: Tx) => Promise<T>): Promise<T> {
  const client = await db.$client.connect();
  let broken = true;
  try {
    const result = await drizzle(client).transaction(work);
    broken = false;
    return result;
  } catch (error) {
    // ours is thrown by `work` and was rolled back; after anything else nobody knows in what state the session is
    broken = !(error instanceof Failure);
    throw error;
  } finally {
    client.release(broken);
  }
}
