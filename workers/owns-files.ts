/** Whose stored files these are: what another database's rows name must not look like an orphan to this one. */
import { randomUUID } from "node:crypto";
import { text } from "node:stream/consumers";
import type { FileStore } from "../core/ports/files.ts";
import type { Settings } from "../core/ports/stores.ts";

/** Beside the results, so that it goes where they go. */
const key = "installation/id";

/** One a database; made at the first call. */
export async function installationId(settings: Pick<Settings, "keep">): Promise<string> {
  return String(await settings.keep("installation", randomUUID()));
}

/** Marks a store that nobody has marked yet. False for one that belongs to another database, such as a bucket that two studios share or a folder from before DATABASE_URL. */
export async function ownsFiles(parts: {
  files: Pick<FileStore, "open" | "put" | "stat">;
  settings: Pick<Settings, "keep">;
}): Promise<boolean> {
  const ours = await installationId(parts.settings);
  if (!(await parts.files.stat(key))) {
    await parts.files.put(key, Buffer.from(ours));
    return true;
  }
  return (await text(await parts.files.open(key))).trim() === ours;
}
