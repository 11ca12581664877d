/** What a PostgreSQL tells of itself, so that a person can be told what is wrong with it. Reads only. */
import pg from "pg";
import type { DatabaseHealth } from "../../core/ports/health.ts";
import { connectFailure } from "../postgres/errors.ts";
import { migrationHealth } from "./migrations.ts";

const facts = `select current_setting('server_version_num')::int as "versionNumber", current_setting('server_version') as version,
  (select count(*)::int from pg_stat_activity where backend_type = 'client backend') as connections,
  current_setting('max_connections')::int - current_setting('superuser_reserved_connections')::int as "mostConnections",
  pg_is_in_recovery() or current_setting('default_transaction_read_only') = 'on' as "readOnly",
  current_setting('fsync') = 'on' and current_setting('full_page_writes') = 'on' as durable,
  extract(epoch from clock_timestamp()) * 1000 as now`;

/** @param pool of a studio that runs. What it throws is the driver's. */
export async function databaseHealth(pool: Pick<pg.Pool, "query">): Promise<DatabaseHealth> {
  const asked = Date.now();
  const { rows } = await pool.query<Omit<DatabaseHealth, "aheadMs" | "migrations"> & { now: string }>(facts);
  const ours = (asked + Date.now()) / 2;
  const [row] = rows;
  if (!row) throw new Error("the database answered without a row");
  const { now, ...rest } = row;
  return { ...rest, aheadMs: ours - Number(now), migrations: await migrationHealth(pool) };
}

/** The same over a connection of its own. Failures as `openPostgres`. */
export async function databaseHealthAt(url: string): Promise<DatabaseHealth> {
  const pool = new pg.Pool({ connectionString: url, max: 1, connectionTimeoutMillis: 4000, application_name: "myspinbot doctor" });
  pool.on("error", () => undefined);
  try {
    return await databaseHealth(pool);
  } catch (error) {
    throw connectFailure(error);
  } finally {
    await pool.end().catch(() => undefined);
  }
}
