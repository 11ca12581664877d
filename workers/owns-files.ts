/** Whose stored files these are: what another database's rows name must not look like an orphan to this one. */
import { randomUUID } from "node:crypto";
import type { FileStore } from "../core/ports/files.ts";
import type { Settings } from "../core/ports/stores.ts";
import { settleStore, storeOwner } from "../core/store-owner.ts";

/** One a database; made at the first call. */
export async function installationId(settings: Pick<Settings, "keep">): Promise<string> {
  return String(await settings.keep("installation", randomUUID()));
}

/**
 * Marks a store that nobody has marked yet, and sets right what a restore that was killed left. False for one that belongs to another database, such as a bucket that
 * two studios share or a folder from before DATABASE_URL.
 */
export async function ownsFiles(parts: {
  files: Pick<FileStore, "open" | "put" | "stat" | "remove">;
  settings: Pick<Settings, "keep">;
}): Promise<boolean> {
  const ours = await installationId(parts.settings);
  const { whose, unsettled } = await storeOwner(parts.files, ours);
  if (whose !== undefined && whose !== ours) return false;
  if (whose === undefined || unsettled) await settleStore(parts.files, ours);
  return true;
}
