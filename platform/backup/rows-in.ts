/** Rows back into the database, within one transaction: made as they were, then brought to this version's shape and to the truth of now. */
import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { Transform } from "node:stream";
import { pipeline } from "node:stream/promises";
import type pg from "pg";
import { from as copyFrom } from "pg-copy-streams";
import { ourMigrations, quoted, tablesOf } from "./catalog.ts";
import { chatSchema, chatTables, type Manifest, ownTables, type TableEntry, tableEntry } from "./format.ts";
import { notUsable, type Place, type Verified } from "./verify.ts";

/** The migrator's own table: see platform/postgres/open.ts. */
const migrationsTable = `create table if not exists public.migrations (id serial primary key, hash text not null, created_at bigint)`;

/** Runs those of our migrations that are newer than `after`, up to `upTo`. */
export async function migrate(session: pg.Client, after: number, upTo = Number.POSITIVE_INFINITY): Promise<void> {
  await session.query(migrationsTable);
  for (const { sql, hash, folderMillis } of ourMigrations()) {
    if (folderMillis <= after || folderMillis > upTo) continue;
    for (const statement of sql) await session.query(statement);
    await session.query("insert into public.migrations (hash, created_at) values ($1, $2)", [hash, folderMillis]);
  }
}

/** What a studio was, but for its chats: those tables are LangGraph's, and only emptied. */
export async function dropTables(session: pg.Client): Promise<void> {
  await session.query(`drop table if exists ${["lanes", "migrations", ...ownTables].map((name) => `public.${name}`).join(", ")}`);
  const there = await tablesOf(session);
  const chats = chatTables.filter((name) => there.has(name));
  if (chats.length > 0) await session.query(`truncate ${chats.map(quoted).join(", ")}`);
}

/** The bytes at a place of the file, refused where they are not those that were verified. */
export function contentAt(path: string, { offset, bytes, sha256 }: Place): Transform {
  const hash = createHash("sha256");
  const checked = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      hash.update(chunk);
      done(null, chunk);
    },
    flush(done) {
      done(hash.digest("hex") === sha256 ? null : notUsable("it changed while it was read"));
    },
  });
  if (bytes === 0) return checked.end();
  const source = createReadStream(path, { start: offset, end: offset + bytes - 1, highWaterMark: 1 << 18 });
  source.on("error", (error) => checked.destroy(error));
  checked.on("close", () => source.destroy());
  return source.pipe(checked);
}

async function loadTable(session: pg.Client, { path, places }: Verified, table: TableEntry): Promise<void> {
  const name = table.name.startsWith(`${chatSchema}.`) ? table.name : `public.${table.name}`;
  const rows = session.query(copyFrom(`copy ${quoted(name)} (${table.columns.map(quoted).join(", ")}) from stdin`));
  await pipeline(contentAt(path, places.get(tableEntry(table.name)) as Place), rows).catch((error: unknown) => {
    // SQLSTATE: data that a column does not take, or a rule that they break
    const code = String((error as { code?: unknown } | null)?.code);
    throw /^2[23][0-9A-Z]{3}$/.test(code) ? notUsable(`the rows of ${table.name} are not what its tables take (${code})`, error) : error;
  });
  if (rows.rowCount !== table.rows) throw notUsable(`${rows.rowCount} of ${table.rows} rows of ${table.name} could be read`);
}

/** What was true of the moment of the backup alone: work comes back in line, leases are free, what people removed stays removed. */
async function settle(session: pg.Client, { installation, gone }: Manifest, last: object): Promise<void> {
  const note = "The studio was restored from a backup; starting again.";
  await session.query(`update public.attempts set ended_at = date_trunc('milliseconds', now()), outcome = case when j.state = 'canceling' then 'canceled' else 'lost' end
    from public.jobs j where attempts.job = j.id and attempts.ended_at is null`);
  await session.query(
    `insert into public.events (job, seq, type, data, at)
    select id, last_seq + 1, 'state', case state when 'running' then jsonb_build_object('state', 'queued', 'attempt', attempt, 'note', $1::text)
      else jsonb_build_object('state', 'canceled', 'attempt', attempt) end, date_trunc('milliseconds', now())
    from public.jobs where state in ('running', 'canceling')`,
    [note],
  );
  await session.query(`update public.jobs set last_seq = last_seq + 1, progress = null, heartbeat_at = null,
      queued_at = case state when 'running' then date_trunc('milliseconds', now()) else queued_at end,
      finished_at = case state when 'canceling' then date_trunc('milliseconds', now()) else finished_at end,
      state = case state when 'running' then 'queued' else 'canceled' end
    where state in ('running', 'canceling')`);
  await session.query("update public.deliveries set worker = null, lease_until = null where worker is not null or lease_until is not null");
  await session.query("delete from public.artifacts where id = any($1)", [gone.map(({ artifact }) => artifact)]);
  const set = "insert into public.settings (name, value) values ($1, $2) on conflict (name) do update set value = excluded.value";
  await session.query(set, ["backup.last", JSON.stringify(last)]);
  if (installation !== undefined) await session.query(set, ["installation", JSON.stringify(installation)]);
}

/** Every counter goes on behind the largest number that is there. */
async function setCounters(session: pg.Client): Promise<void> {
  const { rows } = await session.query<{ table: string; column: string; sequence: string }>(
    `select format('%I.%I', n.nspname, c.relname) as table, format('%I', a.attname) as column,
      pg_get_serial_sequence(format('%I.%I', n.nspname, c.relname), a.attname) as sequence
    from pg_attribute a join pg_class c on c.oid = a.attrelid join pg_namespace n on n.oid = c.relnamespace
    where c.relkind = 'r' and a.attnum > 0 and not a.attisdropped and n.nspname = 'public' and c.relname = any($1)
      and pg_get_serial_sequence(format('%I.%I', n.nspname, c.relname), a.attname) is not null`,
    [[...ownTables]],
  );
  for (const { table, column, sequence } of rows)
    await session.query(`select setval('${sequence}', greatest(1, coalesce(max(${column}), 0)), max(${column}) is not null) from ${table}`);
}

/** @param session in the transaction, in a database without our tables; those of LangGraph are there, at this version's level. */
export async function loadRows(session: pg.Client, verified: Verified, last: object): Promise<void> {
  const { tables, migrations } = verified.manifest;
  const level = Math.max(...migrations.map(({ at }) => at));
  await migrate(session, Number.NEGATIVE_INFINITY, level);
  const there = await tablesOf(session);
  for (const { name, columns } of tables) {
    const strange = columns.filter((column) => !there.get(name)?.includes(column));
    if (strange.length > 0) throw notUsable(`${name} has columns that this version does not know: ${strange.join(", ")}`);
  }
  for (const table of tables) await loadTable(session, verified, table);
  await migrate(session, level);
  await settle(session, verified.manifest, last);
  await setCounters(session);
}
