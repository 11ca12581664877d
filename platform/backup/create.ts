/** Makes a backup: the rows of one moment, then the files that they name. The studio may work on meanwhile: a stored file never changes. */
import { lstat, mkdir, rm } from "node:fs/promises";
import { join } from "node:path";
import type pg from "pg";
import { Failure } from "../../core/failure.ts";
import type { MadeBackup } from "../../core/ports/backup.ts";
import type { FileStore } from "../../core/ports/files.ts";
import { moveIntoPlace } from "../files/durable.ts";
import { databaseFailure } from "../postgres/errors.ts";
import { chatLevelOf, checkLevel, levelOf, settingOf, tablesOf } from "./catalog.ts";
import { folderFailure } from "./failures.ts";
import { writeFiles } from "./files-out.ts";
import { type AbsentFile, format, type Manifest, manifestName, sealName } from "./format.ts";
import { backupName, clearParts, lastSetting } from "./kept.ts";
import { checkRoom } from "./room.ts";
import { type StoredRow, storedFiles, writeTable } from "./rows-out.ts";
import { briefly } from "./session.ts";
import { createTar, type TarWriter } from "./tar-writer.ts";

export interface BackupParts {
  databaseUrl: string;
  files: Pick<FileStore, "open">;
  /** Absolute; made where it is missing. */
  folder: string;
  version: string;
  /** Ends it between two steps; nothing of it is left. */
  signal?: AbortSignal;
  /** Told now and then. */
  progress?(done: { bytes: number; of: number }): void;
  now?: () => Date;
}

/** Rows take more room as text than in the database, which packs large values. */
const textFactor = 2;

/** A name that nobody has, and its file begun; several may be made within one second. */
async function begin(folder: string, now: Date): Promise<{ path: string; tar: TarWriter }> {
  for (let number = 1; ; number++) {
    const path = join(folder, backupName(now, number));
    const there = await lstat(path).catch(() => undefined);
    if (there) continue;
    const tar = await createTar(`${path}.part`, now).catch((error: NodeJS.ErrnoException) => {
      if (error.code === "EEXIST") return undefined;
      throw error;
    });
    if (tar) return { path, tar };
  }
}

async function measure(session: pg.Client, tables: Iterable<string>): Promise<{ files: number; bytes: number; rows: number }> {
  const { rows } = await session.query<{ files: number; bytes: number; rows: number }>(
    `select (select count(*) from public.artifacts)::float8 as files, (select coalesce(sum(bytes), 0) from public.artifacts)::float8 as bytes,
      (select coalesce(sum(pg_table_size(name::regclass)), 0) from unnest($1::text[]) as name)::float8 as rows`,
    [[...tables]],
  );
  return rows[0] as { files: number; bytes: number; rows: number };
}

/** Which of the files that could not be had were removed with their rows meanwhile. */
async function stillNamed(url: string, lacking: readonly AbsentFile[]): Promise<Set<string>> {
  if (lacking.length === 0) return new Set();
  return briefly(url, async (session) => {
    const ids = lacking.map(({ artifact }) => artifact);
    const { rows } = await session.query<{ id: string }>("select id from public.artifacts where id = any($1)", [ids]);
    return new Set(rows.map(({ id }) => id));
  });
}

interface Rows {
  head: Pick<Manifest, "migrations" | "chat" | "installation" | "tables">;
  stored: StoredRow[];
  /** An estimate for all there is to do. */
  of: number;
}

async function writeRows(session: pg.Client, tar: TarWriter, { folder, signal }: BackupParts): Promise<Rows> {
  await session.query("begin isolation level repeatable read read only");
  const migrations = await levelOf(session);
  checkLevel(migrations, "The database");
  const tables = await tablesOf(session);
  if (migrations.length === 0 || !tables.has("artifacts"))
    throw new Failure("config", "There is no studio in this database yet, and so nothing to back up. `myspinbot start` makes one.");
  const chat = await chatLevelOf(session);
  const installation = await settingOf(session, "installation");
  const measured = await measure(session, tables.keys());
  await checkRoom(folder, measured.bytes + measured.files * 1024 + measured.rows * textFactor, "The backup");
  const entries: Manifest["tables"] = [];
  for (const [name, columns] of tables) {
    signal?.throwIfAborted();
    entries.push(await writeTable(session, tar, name, columns));
  }
  const stored: StoredRow[] = [];
  for await (const batch of storedFiles(session)) stored.push(...batch);
  await session.query("commit");
  const head = {
    ...{ migrations, tables: entries },
    ...(chat === undefined ? {} : { chat }),
    ...(typeof installation === "string" ? { installation } : {}),
  };
  return { head, stored, of: measured.bytes + measured.rows };
}

async function write(tar: TarWriter, parts: BackupParts, now: Date): Promise<Omit<MadeBackup, "path" | "bytes" | "noted">> {
  const { databaseUrl, files, version, signal, progress } = parts;
  // hours of copying files need neither a connection nor old rows kept for them
  const { head, stored, of } = await briefly(databaseUrl, (session) => writeRows(session, tar, parts));
  const { tables } = head;
  let bytes = tables.reduce((sum, table) => sum + table.bytes, 0);
  const out = await writeFiles(stored, {
    ...{ files, tar, signal },
    done(more) {
      bytes += more;
      progress?.({ bytes, of: Math.max(of, bytes) });
    },
  });
  const named = await stillNamed(databaseUrl, out.lacking);
  const manifest: Manifest = {
    ...{ format, version, at: now.toISOString() },
    ...head,
    files: out.files,
    damaged: out.lacking.filter(({ artifact }) => named.has(artifact)),
    gone: out.lacking.filter(({ artifact }) => !named.has(artifact)),
  };
  signal?.throwIfAborted();
  const bytesOf = async function* (text: string) {
    yield Buffer.from(text);
  };
  const { sha256 } = await tar.add(manifestName, bytesOf(`${JSON.stringify(manifest, undefined, 1)}\n`));
  await tar.add(sealName, bytesOf(`${sha256}\n`));
  const rows = tables.reduce((sum, table) => sum + table.rows, 0);
  return { rows, files: out.files.length, damaged: manifest.damaged, gone: manifest.gone };
}

/**
 * Failures: `config`, `database_unavailable`, `storage_full`, `storage_unavailable`, `canceled`; none of them leaves a file. Files that are damaged are named in what
 * is returned, and the backup holds all others.
 */
export async function createBackup(parts: BackupParts): Promise<MadeBackup> {
  const now = (parts.now ?? (() => new Date()))();
  const { folder, signal } = parts;
  let part: string | undefined;
  let tar: TarWriter | undefined;
  try {
    await mkdir(folder, { recursive: true, mode: 0o700 });
    await clearParts(folder);
    const begun = await begin(folder, now);
    const { path } = begun;
    ({ tar } = begun);
    part = `${path}.part`;
    const made = await write(tar, parts, now);
    const bytes = await tar.finish();
    await moveIntoPlace(part, path);
    part = undefined;
    // what is not whole must not silence whoever watches the age of the last one
    const last = { at: now.toISOString(), bytes, files: made.files };
    const noted =
      made.damaged.length === 0 &&
      (await briefly(parts.databaseUrl, (session) => lastSetting(session, last)).then(
        () => true,
        () => false,
      ));
    return { path, bytes, noted, ...made };
  } catch (error) {
    if (signal?.aborted) throw new Failure("canceled", "The backup was interrupted; nothing of it was kept.", { cause: error });
    throw folderFailure(databaseFailure(error), folder);
  } finally {
    await tar?.close();
    if (part !== undefined) await rm(part, { force: true }).catch(() => undefined);
  }
}
