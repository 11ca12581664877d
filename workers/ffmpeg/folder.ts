/** A folder for one piece of work. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** Also of folders that work is gone on with in. */
export const folderPrefix = "myspinbot-";
/** What begins like this and is as long is removed without a question: a name that no person gives a folder of backups or models. */
const workPrefix = `${folderPrefix}work-`;

/** Whether `withFolder` made it. */
export const isFolderName = (name: string): boolean =>
  name.startsWith(workPrefix) && /^[A-Za-z0-9]{6}$/.test(name.slice(workPrefix.length));

/** Removed afterwards, whatever happens; what a killed process leaves, `sweepLeft` removes. @param parent the system's folder for temporary files where it is absent. */
export async function withFolder<T>(parent: string | undefined, work: (folder: string) => Promise<T>): Promise<T> {
  const folder = await mkdtemp(join(parent ?? tmpdir(), workPrefix));
  try {
    return await work(folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
