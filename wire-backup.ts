/** Copies of a studio as the settings place it: its rows by DATABASE_URL or embedded in the data folder, its files in S3 or a folder. */
import { existsSync } from "node:fs";
import { createCheckpointer } from "./agent/checkpointer.ts";
import type { Config } from "./config.ts";
import { Failure } from "./core/failure.ts";
import type { Log } from "./core/log.ts";
import type { Backups } from "./core/ports/backup.ts";
import { createBackups, type OpenedStudio } from "./platform/backup/backups.ts";
import { openAlone, openBeside } from "./platform/backup/database.ts";
import { type DataFolder, openDataFolder } from "./platform/data-folder/data-folder.ts";
import { filesOf } from "./wire-storage.ts";

interface BackupWiring {
  config: Config;
  version: string;
  log: Log;
  say(text: string): void;
}

/** Where a restore goes, for people: never with a password. */
export function placeOf({ databaseUrl, data, s3, files }: Config): string {
  const database = databaseUrl && URL.canParse(databaseUrl) ? new URL(databaseUrl) : undefined;
  const rows = database
    ? `the database ${database.pathname.slice(1)} at ${database.host}`
    : databaseUrl
      ? "the database of DATABASE_URL"
      : data;
  const kept = s3 ? `the bucket ${s3.bucket}` : (files ?? data);
  return kept === rows ? rows : `${rows} and ${kept}`;
}

export function wireBackups({ config, version, log, say }: BackupWiring): Backups {
  const { databaseUrl } = config;
  // where nothing of the studio lies in it, no folder is made
  const needsFolder = databaseUrl === undefined || (config.s3 === undefined && config.files === undefined);
  const openFolder = () => openDataFolder(config.data, say);
  const opened = (folder: DataFolder | undefined, url: string, close: () => Promise<void>): OpenedStudio => {
    const filesPath = config.s3 ? undefined : (config.files ?? folder?.path);
    return { databaseUrl: url, files: filesOf({ config, log, ...(folder ? { folder } : {}) }), ...(filesPath ? { filesPath } : {}), close };
  };
  return createBackups({
    version,
    async openBeside() {
      if (needsFolder && !existsSync(config.data))
        throw new Failure(
          "config",
          `There is no data folder ${config.data}, and so nothing to back up. Set MYSPINBOT_DATA as the studio has it.`,
        );
      const folder = needsFolder ? await openFolder() : undefined;
      if (databaseUrl !== undefined) return opened(folder, databaseUrl, async () => undefined);
      const { url, close } = await openBeside({ folder: folder as DataFolder, log, say });
      return opened(folder, url, close);
    },
    async openAlone() {
      const folder = needsFolder ? await openFolder() : undefined;
      if (databaseUrl !== undefined) return opened(folder, databaseUrl, (await folder?.lock("restore")) ?? (async () => undefined));
      const { url, close } = await openAlone({ folder: folder as DataFolder, log, say }, "restore");
      return opened(folder, url, close);
    },
    async prepareChats(pool) {
      const open = await createCheckpointer(pool as Parameters<typeof createCheckpointer>[0]);
      await open();
    },
  });
}
