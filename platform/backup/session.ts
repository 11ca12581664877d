/** A connection of our own, in which values are written and read alike by every version and every server's settings. */
import pg from "pg";
import { connectFailure } from "../postgres/errors.ts";

const alike = `set timezone = 'UTC'; set datestyle = 'ISO, MDY'; set intervalstyle = 'postgres'; set extra_float_digits = 1; set bytea_output = 'hex';
  set client_encoding = 'UTF8'; set statement_timeout = 0; set lock_timeout = 0; set idle_in_transaction_session_timeout = 0; set search_path = public`;

/** By which a restore knows that others work on the database: servers call themselves `myspinbot`. */
export const sessionName = "myspinbot-copy";

/** Failures as of every connection: `config`, `database_unavailable`. */
export async function openSession(url: string): Promise<pg.Client> {
  const client = new pg.Client({
    connectionString: url,
    application_name: sessionName,
    connectionTimeoutMillis: 10_000,
    keepAlive: true,
  });
  // one that breaks is told by the statement that it breaks
  client.on("error", () => undefined);
  try {
    await client.connect();
    await client.query(alike);
    return client;
  } catch (error) {
    await client.end().catch(() => undefined);
    throw connectFailure(error);
  }
}

/** One that lasts as long as the work. */
export async function briefly<T>(url: string, work: (session: pg.Client) => Promise<T>): Promise<T> {
  const session = await openSession(url);
  try {
    return await work(session);
  } finally {
    await session.end().catch(() => undefined);
  }
}
