/** A studio with something of everything in it, places to restore it into, and a look at all that it holds. */
import { createHash, randomBytes } from "node:crypto";
import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { createCheckpointer } from "../../../agent/checkpointer.ts";
import type { ArtifactDraft } from "../../../core/artifact.ts";
import { newId } from "../../../core/ids.ts";
import { silentLog } from "../../../core/log.ts";
import type { MadeBackup } from "../../../core/ports/backup.ts";
import type { FileStore } from "../../../core/ports/files.ts";
import { testAsset } from "../../../core/testing/memory-assets.ts";
import { createFolderFiles } from "../../files/folder.ts";
import { createS3Files } from "../../files/s3.ts";
import { type S3Server, startS3Server } from "../../files/testing/s3-server.ts";
import { type Database, openPostgres } from "../../postgres/open.ts";
import { createDatabase } from "../../postgres/testing/database.ts";
import { accepted, draft, running } from "../../postgres/testing/drafts.ts";
import { query } from "../../postgres/testing/query.ts";
import { type BackupParts, createBackup } from "../create.ts";
import { type RestoreParts, restoreBackup } from "../restore.ts";
import { verifyBackup } from "../verify.ts";

export interface Place {
  url: string;
  files: FileStore;
  filesPath: string;
  s3?: S3Server;
  end(): Promise<void>;
}

/** Empty: a database without tables, and a folder or a bucket. */
export async function newPlace(kind: "folder" | "s3" = "folder"): Promise<Place> {
  const [database, base] = [await createDatabase(), await mkdtemp(join(tmpdir(), "spin-backup-"))];
  const s3 = kind === "s3" ? await startS3Server() : undefined;
  const filesPath = join(base, "files");
  const files = s3
    ? createS3Files({
        endpoint: s3.url,
        bucket: "studio",
        accessKey: s3.accessKey,
        secretKey: s3.secretKey,
        region: s3.region,
        log: silentLog,
      })
    : createFolderFiles(filesPath);
  return {
    ...{ url: database.url, files, filesPath },
    ...(s3 ? { s3 } : {}),
    async end() {
      await database.drop();
      await s3?.stop();
      await rm(base, { recursive: true, force: true });
    },
  };
}

const prepareChats: RestoreParts["prepareChats"] = async (pool) => {
  const open = await createCheckpointer(pool as never);
  await open();
};

export const backupOf = (place: Place, folder: string, more: Partial<BackupParts> = {}): Promise<MadeBackup> =>
  createBackup({ databaseUrl: place.url, files: place.files, folder, version: "1.2.3", ...more });

export async function restoreInto(place: Place, path: string, more: Partial<RestoreParts> = {}): Promise<void> {
  const verified = await verifyBackup(path);
  await restoreBackup({ databaseUrl: place.url, files: place.files, verified, prepareChats, ...more });
}

export interface Filled {
  running: string;
  canceling: string;
  queued: string;
  done: string;
  delivery: string;
  /** Storage keys. */
  keys: string[];
}

async function stored(files: FileStore, job: string, ordinal: number, bytes: Buffer): Promise<ArtifactDraft> {
  const storageKey = `jobs/${job}/1/${ordinal}.png`;
  return draft(ordinal, { storageKey, ...(await files.put(storageKey, bytes, { mediaType: "image/png" })) });
}

/** Something of everything, with what is hard to write: quotes, tabs, line feeds, backslashes, a file of nothing, large numbers. */
export async function fill({ url, files }: Place, more: (database: Database) => Promise<void> = async () => undefined): Promise<Filled> {
  const database = await openPostgres({ url, log: silentLog });
  const { jobs, deliveries, settings, plans, accessKeys, approvals, artifacts, lanes } = database;
  try {
    const me = "local";
    const done = await running(jobs, me, {
      title: 'tab\t "quote" back\\slash\nline \\. é ☃',
      origin: { conversation: "c", message: "m1", ordinal: 0 },
    });
    const made = [await stored(files, done, 0, randomBytes(300_000)), await stored(files, done, 1, Buffer.alloc(0))];
    await jobs.publish(done, 1, made);
    const voice = await running(jobs, me, { makes: { kind: "voice", name: "june", language: "en" } });
    const { id, kind, name, details } = testAsset({ kind: "voice", name: "june", language: "en" }, { job: voice });
    await jobs.publish(voice, 1, [await stored(files, voice, 0, randomBytes(1000))], { id, kind, name, details });
    const key = `uploads/${newId("art")}.png`;
    const upload = await files.put(key, randomBytes(5000));
    const uploaded = { ...draft(0), ...upload, storageKey: key };
    await artifacts.addUpload({ ...uploaded, id: newId("art"), principal: me, attempt: 0, createdAt: new Date() } as never);
    const filled: Filled = {
      running: await running(jobs, me),
      canceling: await running(jobs, me),
      queued: await accepted(jobs, "you", { key: "k" }),
      done,
      delivery: newId("dlv"),
      keys: [...made.map(({ storageKey }) => storageKey), `jobs/${voice}/1/0.png`, key],
    };
    await jobs.beat(filled.running, 1, { fraction: 0.5 } as never);
    await jobs.cancel(me, filled.canceling);
    await deliveries.create({
      ...{ id: filled.delivery, principal: me, job: done, conversation: "c", message: "m1", target: { deep: [1, null, "x"] } },
      ...{ leaseMs: 3600_000, worker: "w" },
    });
    await settings.keep("link_secret", "s".repeat(43));
    await settings.keep("installation", "inst-1");
    await settings.set("card", { uses: { w: {} } } as never);
    await files.put("installation/id", Buffer.from("inst-1"));
    await plans.keep(me, "c", "m1", { calls: [{ text: "a \\N b" }] });
    await accessKeys.add({
      id: newId("key"),
      name: "phone",
      principal: me,
      scopes: ["jobs:read"],
      hash: "h",
      createdAt: new Date(),
    } as never);
    await approvals.ask(
      {
        ...{ id: newId("appr"), principal: me, about: "a", state: "open", calls: [], fields: [], origin: { face: "api" } },
        ...{ createdAt: new Date(), expiresAt: new Date(Date.now() + 3600_000) },
      } as never,
      100,
    );
    await lanes.beat({ name: "l", worker: "w", families: ["f"], vramGb: 16, offloads: [] } as never);
    const chats = await (await createCheckpointer(database.pool))();
    const config = { configurable: { thread_id: "t", checkpoint_ns: "", checkpoint_id: "1" } };
    await chats.putWrites(config, [["channel", Buffer.from([0, 10, 13, 9, 92, 255])]], "task");
    await more(database);
    return filled;
  } finally {
    await database.close();
  }
}

/** Every row of every table, as text. */
export async function everything(url: string, leave: readonly string[] = []): Promise<Record<string, string[]>> {
  const tables = await query<{ name: string }>(
    url,
    "select format('%I.%I', schemaname, tablename) as name from pg_tables where schemaname in ('public', 'langgraph') order by 1",
  );
  const found: Record<string, string[]> = {};
  for (const { name } of tables) {
    if (leave.includes(name)) continue;
    found[name] = (await query<{ row: string }>(url, `select t::text as row from ${name} t order by 1`)).map(({ row }) => row);
  }
  return found;
}

export async function hashes(files: FileStore, keys: readonly string[]): Promise<string[]> {
  return Promise.all(
    keys.map(async (key) =>
      createHash("sha256")
        .update(Buffer.from(await text((await files.open(key)).setEncoding("latin1")), "latin1"))
        .digest("hex"),
    ),
  );
}

/** What lies in a folder. */
export const names = async (folder: string): Promise<string[]> => (await readdir(folder)).sort();
