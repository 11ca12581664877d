/** What a database holds of ours. */
import { join } from "node:path";
import { type MigrationMeta, readMigrationFiles } from "drizzle-orm/migrator";
import type pg from "pg";
import { Failure } from "../../core/failure.ts";
import { packageRoot } from "../../core/package-root.ts";
import { chatSchema, knownTables, type Manifest } from "./format.ts";

type Session = Pick<pg.Client, "query">;
export type Level = Manifest["migrations"];

export function ourMigrations(): MigrationMeta[] {
  return readMigrationFiles({ migrationsFolder: join(packageRoot(), "platform/postgres/migrations") });
}

/** Known table → its columns, in order; those that are not there are left out. */
export async function tablesOf(session: Session): Promise<Map<string, string[]>> {
  const { rows } = await session.query<{ name: string; columns: string[] }>(
    `select case when n.nspname = 'public' then c.relname else n.nspname || '.' || c.relname end as name,
      array_agg(a.attname::text order by a.attnum) as columns
    from pg_class c join pg_namespace n on n.oid = c.relnamespace
      join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped and a.attgenerated = ''
    where c.relkind = 'r' and n.nspname in ('public', $1) group by 1`,
    [chatSchema],
  );
  const found = new Map(rows.map(({ name, columns }) => [name, columns]));
  return new Map(knownTables.flatMap((name) => (found.has(name) ? [[name, found.get(name) as string[]]] : [])));
}

export async function exists(session: Session, table: string): Promise<boolean> {
  const { rows } = await session.query<{ there: boolean }>("select to_regclass($1) is not null as there", [table]);
  return rows[0]?.there ?? false;
}

/** The migrations that are applied, oldest first; none where no studio has been. */
export async function levelOf(session: Session): Promise<Level> {
  if (!(await exists(session, "public.migrations"))) return [];
  const { rows } = await session.query<{ hash: string; created_at: string }>(
    "select hash, created_at from public.migrations order by created_at, id",
  );
  return rows.map(({ hash, created_at }) => ({ hash, at: Number(created_at) }));
}

/** LangGraph's newest, where any chat has been. */
export async function chatLevelOf(session: Session): Promise<number | undefined> {
  const table = `${chatSchema}.checkpoint_migrations`;
  if (!(await exists(session, table))) return undefined;
  const { rows } = await session.query<{ v: number | null }>(`select max(v) as v from ${table}`);
  return rows[0]?.v ?? undefined;
}

/** Failure `config` where not every migration is one of ours. @param what "The database" or "The backup". @param version that made it, where it is known. */
export function checkLevel(level: Level, what: string, version?: string): void {
  const ours = new Set(ourMigrations().map(({ hash }) => hash));
  const strange = level.filter(({ hash }) => !ours.has(hash)).length;
  if (strange === 0) return;
  throw new Failure(
    "config",
    `${what} is of another, newer version of MySpinBot${version === undefined ? "" : ` (${version})`}: this one does not know ${strange} of the ${level.length} steps that its tables were made by. ` +
      "Nothing was changed. Use that version, or a newer one.",
  );
}

export async function settingOf(session: Session, name: string): Promise<unknown> {
  const { rows } = await session.query<{ value: unknown }>("select value from public.settings where name = $1", [name]);
  return rows[0]?.value;
}

export const quoted = (table: string): string =>
  table
    .split(".")
    .map((part) => `"${part.replaceAll('"', '""')}"`)
    .join(".");
