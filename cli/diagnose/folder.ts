/** The data folder's rights: nobody else looks into it, and nothing in it belongs to another user, as a start with sudo leaves it. */
import { readdir, stat } from "node:fs/promises";
import { join } from "node:path";
import type { StatusRow } from "../../core/client.ts";
import { down } from "./scopes.ts";

export interface FolderFacts {
  path: string;
  mode: number;
  owner: number;
  /** What lies in it and belongs to another user than the folder's reader. */
  foreign: { name: string; owner: number }[];
}

const part = "Data folder";

/** @param uid of whoever asks; as root the database has a user of its own, and everything may be opened. */
export function judgeFolder({ path, mode, owner, foreign }: FolderFacts, uid: number): StatusRow[] {
  const rows: StatusRow[] = [];
  if (uid !== 0 && owner !== uid)
    rows.push(
      down(
        part,
        `${path} belongs to user ${owner}, and this is user ${uid}`,
        `sudo chown -R ${uid} ${path}, or run as the user it belongs to`,
      ),
    );
  else if (uid !== 0 && foreign.length > 0) {
    const names = foreign.slice(0, 5).map(({ name, owner: other }) => `${name} (user ${other})`);
    rows.push(
      down(part, `in ${path} ${names.join(", ")} belong to others: it was started as another user once`, `sudo chown -R ${uid} ${path}`),
    );
  }
  if (mode & 0o022)
    rows.push(
      down(
        part,
        `${path} can be written by others (mode ${mode.toString(8)}): they could put a server of theirs in its place`,
        `chmod go-w ${path}`,
      ),
    );
  else if (mode & 0o044)
    rows.push({
      part,
      state: "info",
      what: `others on this machine can look into ${path} (mode ${mode.toString(8)})`,
      fix: `chmod go-r ${path}`,
    });
  return rows;
}

/** None where there is no folder yet, or where it cannot be looked at: opening it tells. */
export async function folderRows(path: string, uid: number | undefined = process.getuid?.()): Promise<StatusRow[]> {
  if (uid === undefined) return [];
  try {
    const { mode, uid: owner } = await stat(path);
    const entries = await Promise.all((await readdir(path)).map(async (name) => ({ name, owner: (await stat(join(path, name))).uid })));
    return judgeFolder({ path, mode: mode & 0o777, owner, foreign: entries.filter((entry) => entry.owner !== uid) }, uid);
  } catch {
    return [];
  }
}
