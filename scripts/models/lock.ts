/** `models.lock.json` in the models' folder: the hash of each file that was fetched, so that a later change of it is seen. */
import { readFile, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { Failure } from "../../core/failure.ts";

const entry = z.object({
  sha256: z.string().regex(/^[0-9a-f]{64}$/),
  bytes: z.number().int().nonnegative(),
  url: z.string(),
  at: z.string(),
  /** `known`: the hash was known before. `first`: it is that of the first download, and nobody vouches for it. */
  how: z.enum(["known", "given", "first"]),
});
export type LockEntry = z.infer<typeof entry>;
const file = z.record(z.string(), entry);
const name = "models.lock.json";

export async function readLock(folder: string): Promise<Record<string, LockEntry>> {
  let text: string;
  try {
    text = await readFile(join(folder, name), "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return {};
    throw error;
  }
  try {
    return file.parse(JSON.parse(text));
  } catch (error) {
    throw new Failure(
      "config",
      `${name} in the models' folder is damaged. Repair it, or move it away: then hashes of first downloads are learned anew.`,
      {
        cause: error,
      },
    );
  }
}

export async function writeLock(folder: string, path: string, found: LockEntry): Promise<void> {
  const all = { ...(await readLock(folder)), [path]: found };
  const sorted = Object.fromEntries(Object.entries(all).sort(([a], [b]) => a.localeCompare(b)));
  const temporary = join(folder, `${name}.${process.pid}`);
  await writeFile(temporary, `${JSON.stringify(sorted, undefined, 2)}\n`);
  await rename(temporary, join(folder, name));
}
