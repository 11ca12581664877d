/** Where one process keeps rows and files: what the settings name, else what is embedded in the data folder. */
import type { Config } from "./config.ts";
import { Failure } from "./core/failure.ts";
import type { Log } from "./core/log.ts";
import type { FileStore } from "./core/ports/files.ts";
import type { DataFolder } from "./platform/data-folder/data-folder.ts";
import { startEmbeddedPostgres } from "./platform/embedded-postgres/embedded-postgres.ts";
import { createFolderFiles } from "./platform/files/folder.ts";
import { createS3Files } from "./platform/files/s3.ts";

interface StorageParts {
  config: Config;
  folder?: DataFolder;
  log: Log;
}

/** The database's address; one that is started for it is stopped by what is pushed to `stops`. Failure `config` where there is neither. */
export async function databaseUrlOf(
  { config, folder, log, say }: StorageParts & { say(text: string): void },
  stops: ((ms: number) => Promise<unknown>)[],
): Promise<string> {
  if (config.databaseUrl) return config.databaseUrl;
  if (!folder) throw new Failure("config", "A worker needs the database of the studio. Set DATABASE_URL.");
  const postgres = await startEmbeddedPostgres({ folder: folder.postgresPath, log, say });
  stops.push(() => postgres.stop());
  return postgres.url;
}

export function filesOf({ config, folder, log }: StorageParts): FileStore {
  if (config.s3) return createS3Files({ ...config.s3, log });
  const path = config.files ?? folder?.filesPath;
  if (path === undefined)
    throw new Failure("config", "A worker without a data folder needs S3_ENDPOINT and its companions, or MYSPINBOT_FILES.");
  return createFolderFiles(path, { log });
}
