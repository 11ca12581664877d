/** Copies of a studio behind core's port: wherever its rows and files are kept. */

import type { BackupProgress, BackupRun, Backups, KnownBackup } from "../../core/ports/backup.ts";
import type { FileStore } from "../../core/ports/files.ts";
import { checkLevel } from "./catalog.ts";
import { createBackup } from "./create.ts";
import { listBackups, prune } from "./kept.ts";
import { type RestoreParts, restoreBackup } from "./restore.ts";
import { type Verified, verifyBackup } from "./verify.ts";

/** A studio's parts, for as long as they are needed. */
export interface OpenedStudio {
  databaseUrl: string;
  files: FileStore;
  /** Where the files lie, if that is a folder. */
  filesPath?: string;
  close(): Promise<void>;
}

export interface BackupsParts {
  version: string;
  /** Of a studio that may be at work. */
  openBeside(): Promise<OpenedStudio>;
  /** Only where no studio is at work; made where there is none. */
  openAlone(): Promise<OpenedStudio>;
  prepareChats: RestoreParts["prepareChats"];
}

function known({ manifest, bytes }: Verified): KnownBackup {
  const { at, version, tables, files, damaged } = manifest;
  return { at, version, bytes, rows: tables.reduce((sum, { rows }) => sum + rows, 0), files: files.length, damaged };
}

async function during<T>(opening: Promise<OpenedStudio>, work: (studio: OpenedStudio) => Promise<T>): Promise<T> {
  const studio = await opening;
  try {
    return await work(studio);
  } finally {
    await studio.close();
  }
}

const told = (what: BackupProgress["what"], { progress, signal }: BackupRun) => ({
  ...(progress ? { progress: (done: { bytes: number; of: number }) => progress({ ...done, what }) } : {}),
  ...(signal ? { signal } : {}),
});

export function createBackups({ version, openBeside, openAlone, prepareChats }: BackupsParts): Backups {
  return {
    create: (folder, run = {}) => during(openBeside(), (studio) => createBackup({ ...studio, folder, version, ...told("saved", run) })),
    newest: async (folder) => (await listBackups(folder))[0]?.at,
    prune,
    async verify(path, run = {}) {
      const verified = await verifyBackup(path, told("verified", run));
      checkLevel(verified.manifest.migrations, "This backup", verified.manifest.version);
      return known(verified);
    },
    async restore(path, { replace = false, ...run } = {}) {
      // before anything is opened: to open an empty place makes a database in it
      const verified = await verifyBackup(path, told("verified", run));
      checkLevel(verified.manifest.migrations, "This backup", verified.manifest.version);
      return during(openAlone(), async (studio) => {
        await restoreBackup({ ...studio, verified, prepareChats, replace, ...told("restored", run) });
        return known(verified);
      });
    },
  };
}
