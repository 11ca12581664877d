/** A studio in a data folder is saved awake and asleep, and comes back in another folder. */
import { chmod, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { createCheckpointer } from "../../agent/checkpointer.ts";
import { silentLog } from "../../core/log.ts";
import type { Backups } from "../../core/ports/backup.ts";
import type { FileStore } from "../../core/ports/files.ts";
import { type DataFolder, openDataFolder } from "../data-folder/data-folder.ts";
import { clusterPath } from "../embedded-postgres/cluster.ts";
import { startEmbeddedPostgres } from "../embedded-postgres/embedded-postgres.ts";
import { processesIn } from "../embedded-postgres/postmaster.ts";
import { createFolderFiles } from "../files/folder.ts";
import { failureOf } from "../postgres/testing/drafts.ts";
import { createBackups } from "./backups.ts";
import { openAlone, openBeside, type Reached } from "./database.ts";
import { everything, type Filled, fill, hashes, type Place } from "./testing/studio.ts";

// five starts of a database
vi.setConfig({ testTimeout: 240_000 });

let base: string;
beforeEach(async () => {
  base = await mkdtemp(join(tmpdir(), "spin-embedded-backup-"));
  // as root the database runs as another user, who must pass through
  await chmod(base, 0o711);
});
afterEach(() => rm(base, { recursive: true, force: true, maxRetries: 5 }));

const said = { log: silentLog, say: () => undefined };
const folderOf = (name: string) => openDataFolder(join(base, name), () => undefined);
const working = (folder: DataFolder) => processesIn(join(clusterPath(folder.postgresPath), "data"));

function backupsOf(folder: DataFolder, files: FileStore = createFolderFiles(folder.filesPath)): Backups {
  const studio = ({ url, close }: Reached) => ({
    databaseUrl: url,
    files,
    filesPath: folder.path,
    close,
  });
  return createBackups({
    version: "1",
    openBeside: async () => studio(await openBeside({ folder, ...said })),
    openAlone: async () => studio(await openAlone({ folder, ...said }, "restore")),
    async prepareChats(pool) {
      await (await createCheckpointer(pool as never))();
    },
  });
}

/** Owned and awake, as a server has it. */
async function awake<T>(folder: DataFolder, work: (place: Place) => Promise<T>): Promise<T> {
  const release = await folder.lock();
  const postgres = await startEmbeddedPostgres({ folder: folder.postgresPath, ...said });
  try {
    return await work({
      url: postgres.url,
      files: createFolderFiles(folder.filesPath),
      filesPath: folder.filesPath,
      end: async () => undefined,
    });
  } finally {
    await postgres.stop();
    await release();
  }
}

it("awake it is saved beside its work, asleep it is woken for it; both come back elsewhere, and it sleeps again", async () => {
  const old = await folderOf("old");
  let filled: Filled | undefined;
  const first = await awake(old, async (place) => {
    filled = await fill(place);
    const made = await backupsOf(old).create(join(base, "backups"));
    expect((await working(old))?.length).toBeGreaterThan(0);
    expect((await failureOf(backupsOf(old).restore(made.path, { replace: true }))).code).toBe("folder_in_use");
    return made;
  });
  const second = await backupsOf(old).create(join(base, "backups"));
  expect(second).toMatchObject({ rows: first.rows + 1, files: first.files });
  expect([await working(old), await old.owner()]).toEqual([[], undefined]);
  expect(await backupsOf(old).newest(join(base, "backups"))).toBeInstanceOf(Date);

  const keys = filled?.keys ?? [];
  const want = await hashes(createFolderFiles(old.filesPath), keys);
  await rm(old.path, { recursive: true });
  for (const [name, { path }] of Object.entries({ first, second })) {
    const fresh = await folderOf(name);
    await backupsOf(fresh).restore(path);
    expect([await working(fresh), await fresh.owner()]).toEqual([[], undefined]);
    await awake(fresh, async ({ url, files }) => {
      expect(await hashes(files, keys)).toEqual(want);
      expect((await everything(url))["public.assets"]).toHaveLength(1);
    });
  }
});

it("while one that sleeps is copied nobody starts it, and whoever wants to is told for what and until when", async () => {
  const sleeping = await folderOf("sleeping");
  await awake(sleeping, fill);
  const kept = createFolderFiles(sleeping.filesPath);
  let met: unknown[] = [];
  const looking: FileStore = {
    ...kept,
    async open(...given) {
      const other = await folderOf("sleeping");
      if (met.length === 0)
        met = [(await other.owner())?.purpose, await failureOf(other.lock()), await failureOf(backupsOf(other).create(join(base, "more")))];
      return kept.open(...given);
    },
  };
  await backupsOf(sleeping, looking).create(join(base, "backups"));
  const pid = `pid ${process.pid}`;
  expect(met).toEqual([
    "backup",
    expect.objectContaining({
      code: "folder_in_use",
      retryable: true,
      message: expect.stringMatching(`A backup has the data folder.*${pid}.*again when it is done`),
    }),
    expect.objectContaining({ code: "conflict", message: expect.stringMatching(/A backup is at work/) }),
  ]);
  expect(await sleeping.owner()).toBeUndefined();
  await (await sleeping.lock())();
});

it("where nothing has ever been there is nothing to save, and nothing is made", async () => {
  const empty = await folderOf("empty");
  const failure = await failureOf(backupsOf(empty).create(join(base, "backups")));
  expect(failure).toMatchObject({ code: "config", message: expect.stringMatching(/nothing to back up.*DATABASE_URL/) });
  expect(await working(empty)).toEqual([]);
});
