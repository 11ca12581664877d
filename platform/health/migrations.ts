/** How far a database is, next to what this program brings. */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type { Pool } from "pg";
import { packageRoot } from "../../core/package-root.ts";
import type { MigrationHealth } from "../../core/ports/health.ts";
import { migrationLock } from "../postgres/migration-lock.ts";

async function known(): Promise<number[]> {
  const text = await readFile(join(packageRoot(), "platform/postgres/migrations/meta/_journal.json"), "utf8");
  return (JSON.parse(text) as { entries: { when: number }[] }).entries.map(({ when }) => when);
}

/** @param ours when each migration of this program was made. */
export function compareMigrations(
  ours: readonly number[],
  theirs: readonly number[],
): Pick<MigrationHealth, "waiting" | "gaps" | "unknown"> {
  const last = Math.max(0, ...theirs);
  const lacking = ours.filter((when) => !theirs.includes(when));
  return {
    waiting: lacking.filter((when) => when > last).length,
    gaps: lacking.filter((when) => when < last).length,
    unknown: theirs.filter((when) => !ours.includes(when)).length,
  };
}

export async function migrationHealth(pool: Pick<Pool, "query">): Promise<MigrationHealth> {
  const { rows } = await pool.query<{ recorded: boolean; ours: boolean; running: string | null }>(
    `select to_regclass('public.migrations') is not null as recorded, to_regclass('public.jobs') is not null as ours,
            (select extract(epoch from clock_timestamp() - max(a.query_start)) from pg_locks l join pg_stat_activity a using (pid)
              where l.locktype = 'advisory' and l.granted and l.database = (select oid from pg_database where datname = current_database())
                and ((l.classid::bigint << 32) | l.objid::bigint) = $1) as running`,
    [migrationLock],
  );
  const { recorded = false, ours = false, running = null } = rows[0] ?? {};
  const theirs = recorded ? (await pool.query<{ at: string }>("select created_at::text as at from public.migrations")).rows : [];
  // in an empty one nothing waits: the first start makes all of it
  const compared =
    ours || theirs.length > 0
      ? compareMigrations(
          await known(),
          theirs.map(({ at }) => Number(at)),
        )
      : { waiting: 0, gaps: 0, unknown: 0 };
  return {
    ...compared,
    unrecorded: ours && theirs.length === 0 && running === null,
    ...(running === null ? {} : { runningSeconds: Number(running) }),
  };
}
