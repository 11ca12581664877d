/** Brings a studio back from a backup: all of it, or nothing of its rows. */
import type pg from "pg";
import { Failure } from "../../core/failure.ts";
import type { FileStore } from "../../core/ports/files.ts";
import { beginStoreChange, settleStore, storeOwner } from "../../core/store-owner.ts";
import { databaseFailure } from "../postgres/errors.ts";
import { migrationLock } from "../postgres/migration-lock.ts";
import { chatLevelOf, checkLevel, exists, levelOf, quoted, settingOf, tablesOf } from "./catalog.ts";
import { chatTables, fileEntry, type Manifest, ownTables } from "./format.ts";
import { checkRoom } from "./room.ts";
import { contentAt, dropTables, loadRows } from "./rows-in.ts";
import { briefly, sessionName } from "./session.ts";
import type { Place, Verified } from "./verify.ts";

export interface RestoreParts {
  databaseUrl: string;
  files: Pick<FileStore, "open" | "put" | "stat" | "list" | "remove" | "check">;
  /** Where the files will lie, if that is a folder. */
  filesPath?: string;
  /** Whole, and of a version that is known. */
  verified: Verified;
  /** Makes the tables of chats, at this version's level, where they are missing. */
  prepareChats(pool: Pick<pg.Pool, "connect">): Promise<void>;
  /** In place of what is there. */
  replace?: boolean;
  progress?(done: { bytes: number; of: number }): void;
  /** Ends it between two steps; the rows are changed in one, which is not interrupted. */
  signal?: AbortSignal;
}

const hint = "Stop every server and worker first (`myspinbot stop`, `docker compose stop server worker`).";

/** Failure `conflict` where a server or worker is at work on the database. */
async function refuseWhileAlive(session: pg.Client): Promise<void> {
  const { rows } = await session.query<{ sessions: number }>(
    "select count(*)::int as sessions from pg_stat_activity where datname = current_database() and application_name like 'myspinbot%' and application_name not in ($1, 'myspinbot-start')",
    [sessionName],
  );
  const sessions = rows[0]?.sessions ?? 0;
  if (sessions > 0)
    throw new Failure("conflict", `A studio works on this database (${sessions} connections). Nothing was changed. ${hint}`, {
      retryable: true,
    });
  if (!(await exists(session, "public.lanes"))) return;
  // one that is cut off from the database, or comes to it by a proxy that hides its name
  const lanes = await session.query<{ name: string; worker: string }>(
    "select distinct worker from public.lanes where seen_at > now() - interval '30 seconds' order by worker",
  );
  if (lanes.rows.length > 0)
    throw new Failure(
      "conflict",
      `${lanes.rows.map(({ worker }) => worker).join(", ")} took work from this database less than 30 s ago. Nothing was changed. ${hint} After a crash, try again in half a minute.`,
      { retryable: true },
    );
}

/** Tables that hold something of people's; settings alone are a studio that was started and not used. */
async function used(session: pg.Client): Promise<string[]> {
  const there = await tablesOf(session);
  const names = [...ownTables.filter((name) => name !== "settings" && name !== "events"), ...chatTables].filter((name) => there.has(name));
  const found: string[] = [];
  for (const name of names) {
    const { rows } = await session.query(`select 1 from ${quoted(name)} limit 1`);
    if (rows.length > 0) found.push(name);
  }
  return found;
}

interface Target {
  /** The database's own mark, if it has one. */
  database: string | undefined;
  /** Whose the stored files are. */
  files: string | undefined;
}

/** Failure `conflict` where a studio is there. */
async function refuseWhereUsed(session: pg.Client): Promise<void> {
  const tables = await used(session);
  if (tables.length > 0)
    throw new Failure(
      "conflict",
      `There is a studio already (${tables.join(", ")} hold something). Nothing was changed. Restore into an empty one (another MYSPINBOT_DATA or DATABASE_URL), or add --replace: everything that is in it now is then lost.`,
    );
}

/** Whether files lie there that are not of the backup: a restore that was cut short leaves none such. */
async function holdsMore(files: RestoreParts["files"], manifest: Manifest): Promise<boolean> {
  const named = new Set([...manifest.files, ...manifest.damaged, ...manifest.gone].map(({ key }) => key));
  for (const prefix of ["jobs/", "uploads/"]) for await (const { key } of files.list(prefix)) if (!named.has(key)) return true;
  return false;
}

async function lookAt(session: pg.Client, { files, replace = false }: RestoreParts, manifest: Manifest): Promise<Target> {
  const { installation } = manifest;
  const level = await levelOf(session);
  checkLevel(level, "The studio that is there");
  const alike =
    level.length > 0 ? [] : [...(await tablesOf(session)).keys()].filter((name) => (ownTables as readonly string[]).includes(name));
  // `settings` and `events` are names that many programs use, and ours are dropped
  if (alike.length > 0)
    throw new Failure(
      "conflict",
      `Another program keeps ${alike.join(", ")} in this database, and they are not a studio's. Nothing was changed. Give the studio a database of its own (DATABASE_URL).`,
    );
  if (!replace) await refuseWhereUsed(session);
  const known = await exists(session, "public.settings");
  const database = known ? await settingOf(session, "installation") : undefined;
  const mark = typeof database === "string" ? database : undefined;
  // one that was killed on its way changed nothing of it
  const { whose: marked } = await storeOwner(files, mark);
  if (marked !== undefined && marked !== installation && marked !== database)
    throw new Failure(
      "conflict",
      "The stored files belong to another studio: this database is not theirs. Nothing was changed. Name a bucket (S3_BUCKET) or folder (MYSPINBOT_FILES) of its own.",
    );
  // rows elsewhere may still name them: after a restore into this database they would look like leftovers, and be swept
  if (!replace && marked !== undefined && marked !== database && (await holdsMore(files, manifest)))
    throw new Failure(
      "conflict",
      "The stored files are those of the studio that this backup was made of, and some are not in the backup: a day after a restore they would be removed. Nothing was changed. Where that studio still lives, name a bucket (S3_BUCKET) or folder (MYSPINBOT_FILES) of its own; where its database is gone, add --replace.",
    );
  return { database: mark, files: marked };
}

/** Under their keys; a name that is there already is of an earlier try, or of the same studio. */
async function putFiles({ files, progress, verified, signal }: RestoreParts): Promise<void> {
  const { manifest, places, path } = verified;
  const of = manifest.files.reduce((sum, { bytes }) => sum + bytes, 0);
  let bytes = 0;
  for (const { key, sha256, mediaType, ...file } of manifest.files) {
    const stored = await files.put(key, contentAt(path, places.get(fileEntry(key)) as Place), { mediaType, ...(signal ? { signal } : {}) });
    if (stored.sha256 !== sha256 || stored.bytes !== file.bytes)
      throw new Failure(
        "storage_unavailable",
        `The store kept something else than it was given (${key}). Check its disk, then restore again.`,
      );
    bytes += stored.bytes;
    progress?.({ bytes, of });
  }
}

/** @param committing called behind it nobody knows, where an error follows, whose rows are there. */
async function putRows(session: pg.Client, verified: Verified, replace: boolean, committing: () => void): Promise<void> {
  const { manifest, bytes } = verified;
  await session.query("begin");
  try {
    await session.query("set local lock_timeout = '30s'");
    await session.query("select pg_advisory_xact_lock($1)", [migrationLock]);
    await refuseWhileAlive(session);
    // a studio may have come, worked and gone, or another restore ended, while the files were put
    if (!replace) await refuseWhereUsed(session);
    await dropTables(session);
    await loadRows(session, verified, { at: manifest.at, bytes, files: manifest.files.length });
    committing();
    await session.query("commit");
  } catch (error) {
    await session.query("rollback").catch(() => undefined);
    if ((error as { code?: unknown }).code === "55P03")
      throw new Failure(
        "conflict",
        `Some program works on the tables of this database and does not let go of them. Nothing was changed. ${hint}`,
        {
          cause: error,
          retryable: true,
        },
      );
    throw error;
  }
  await session.query(`analyze ${ownTables.map((name) => `public.${name}`).join(", ")}`).catch(() => undefined);
}

/** The tables of chats are made by who knows them, over our own connection. */
async function makeChatTables({ databaseUrl, prepareChats, verified: { manifest } }: RestoreParts): Promise<void> {
  if (!manifest.tables.some(({ name }) => chatTables.includes(name))) return;
  await briefly(databaseUrl, async (session) => {
    const client = { query: session.query.bind(session), release: () => undefined };
    await prepareChats({ connect: async () => client } as unknown as pg.Pool);
    if ((manifest.chat ?? -1) > ((await chatLevelOf(session)) ?? -1))
      throw new Failure(
        "config",
        `The chats in this backup are of a newer version of MySpinBot than this one (it was made by ${manifest.version}). Use that version, or a newer one.`,
      );
  });
}

/**
 * Rows last, in one transaction: what fails or dies before its end leaves the rows as they were, and can be run again.
 * Failures: `conflict` (a studio is alive or is there, or the files are another's), `config`, `invalid_input` (the backup changed meanwhile), `storage_*`, `database_unavailable`.
 */
export async function restoreBackup(parts: RestoreParts): Promise<void> {
  const { files, verified, databaseUrl } = parts;
  const { manifest } = verified;
  try {
    const target = await briefly(databaseUrl, async (session) => {
      await refuseWhileAlive(session);
      return lookAt(session, parts, manifest);
    });
    if (parts.filesPath !== undefined) await checkRoom(parts.filesPath, verified.bytes, "The restored studio");
    await files.check();
    await makeChatTables(parts);
    const { installation = target.files ?? target.database } = manifest;
    if (installation !== undefined && installation !== target.files) await beginStoreChange(files, target.files, installation);
    let unsure = false;
    const committing = () => {
      unsure = true;
    };
    try {
      await putFiles(parts);
      parts.signal?.throwIfAborted();
      const settled = { ...verified, manifest: { ...manifest, ...(installation === undefined ? {} : { installation }) } };
      await briefly(databaseUrl, (session) => putRows(session, settled, parts.replace ?? false, committing));
    } catch (error) {
      // the files are still those of the studio that stays; where even that fails, the next start or restore sees what was begun.
      // A connection that broke at the commit leaves both open: that they find out by the rows
      if (!unsure) await settleStore(files, target.files).catch(() => undefined);
      throw error;
    }
    // a worker that came and went meanwhile may have set the mark back
    if (installation !== undefined) await settleStore(files, installation).catch(() => undefined);
  } catch (error) {
    if (parts.signal?.aborted)
      throw new Failure("canceled", "The restore was interrupted; the rows are as they were before. Run it again.", { cause: error });
    throw databaseFailure(error);
  }
}
