/** The database that a backup is made of, or that one is restored into: the one that is named, or the embedded one, be its studio awake or not. */
import { setTimeout as sleep } from "node:timers/promises";
import { Failure } from "../../core/failure.ts";
import type { Log } from "../../core/log.ts";
import type { DataFolder } from "../data-folder/data-folder.ts";
import type { Purpose } from "../data-folder/lock.ts";
import { findCluster } from "../embedded-postgres/cluster.ts";
import { startEmbeddedPostgres } from "../embedded-postgres/embedded-postgres.ts";
import { findRunning } from "../embedded-postgres/running.ts";

export interface Reached {
  url: string;
  close(): Promise<void>;
}

export interface Reaching {
  folder: DataFolder;
  log: Log;
  say(text: string): void;
}

/** Ours until it is closed: no studio starts on the folder meanwhile, and whoever wants one is told for what. Failure `folder_in_use` where one runs. */
export async function openAlone({ folder, log, say }: Reaching, purpose: Purpose): Promise<Reached> {
  const release = await folder.lock(purpose);
  try {
    const postgres = await startEmbeddedPostgres({ folder: folder.postgresPath, log, say });
    return {
      url: postgres.url,
      async close() {
        await postgres.stop().finally(release);
      },
    };
  } catch (error) {
    await release();
    throw error;
  }
}

/** A studio that is just starting has its database in a moment. */
async function soon<T>(look: () => Promise<T | undefined>): Promise<T | undefined> {
  for (const end = Date.now() + 20_000; Date.now() < end; await sleep(100)) {
    const found = await look();
    if (found) return found;
  }
  return undefined;
}

/** Beside the studio that runs, or alone where none does. Failure `config` where nothing has ever been kept in the folder. */
export async function openBeside(reaching: Reaching): Promise<Reached> {
  const { folder, say } = reaching;
  const cluster = await findCluster(folder.postgresPath);
  if (!cluster)
    throw new Failure(
      "config",
      `There is no studio in ${folder.path} yet, and so nothing to back up. Set MYSPINBOT_DATA to its folder, or DATABASE_URL where it keeps its rows elsewhere.`,
    );
  if (!(await folder.owner())) {
    try {
      return await openAlone(reaching, "backup");
    } catch (error) {
      // one that was started this moment
      if (!(error instanceof Failure) || error.code !== "folder_in_use") throw error;
    }
  }
  // its database ends with it, and would end in the middle of ours
  const busy = (await folder.owner())?.purpose;
  if (busy)
    throw new Failure("conflict", `A ${busy} is at work on ${folder.path} already. Try again when it is done.`, { retryable: true });
  const running = await soon(() => findRunning(cluster, say));
  if (!running)
    throw new Failure(
      "conflict",
      `A studio runs on ${folder.path}, but not on the database in it: it may be starting, or it was given a DATABASE_URL. Try again, or set DATABASE_URL as it is set there.`,
      { retryable: true },
    );
  return { url: running.url, close: async () => undefined };
}
