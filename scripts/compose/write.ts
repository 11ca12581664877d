/** Files that are whole or not there: written beside, flushed, then given their name. */
import { randomBytes } from "node:crypto";
import { link, open, readdir, readFile, rename, rm, stat } from "node:fs/promises";
import { basename, dirname, join } from "node:path";

const mark = ".part";

async function aside(path: string, text: string, mode: number): Promise<string> {
  const part = join(dirname(path), `.${basename(path)}.${randomBytes(6).toString("hex")}${mark}`);
  const file = await open(part, "wx", 0o600);
  try {
    await file.writeFile(text);
    // the umask may have taken bits away, and it is nobody's before it is whole
    await file.chmod(mode);
    await file.sync();
  } finally {
    await file.close();
  }
  return part;
}

/** The text of a file; undefined where there is none, or an empty one: what a crash in the middle of a write leaves. */
export async function textOf(path: string): Promise<string | undefined> {
  try {
    const text = (await readFile(path, "utf8")).replace(/[\r\n]+$/, "");
    return text === "" ? undefined : text;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
}

/** Takes the place of what is there, in one step. */
export async function replaceFile(path: string, text: string, mode: number): Promise<void> {
  const part = await aside(path, text, mode);
  await rename(part, path).catch(async (error: unknown) => {
    await rm(part, { force: true });
    throw error;
  });
}

/** False, and nothing changed, where there is one with a text: of two at the same time one wins, and both then read the same. */
export async function writeNewFile(path: string, text: string, mode: number): Promise<boolean> {
  const there = await stat(path).catch(() => undefined);
  if (there && (there.size > 0 || !there.isFile())) return false;
  if (there) await rm(path);
  const part = await aside(path, text, mode);
  try {
    await link(part, path);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === "EEXIST") return false;
    if (code !== "EPERM" && code !== "ENOTSUP" && code !== "EOPNOTSUPP" && code !== "ENOSYS") throw error;
    // a file system without hard links
    await rename(part, path);
  } finally {
    await rm(part, { force: true });
  }
  return true;
}

/** What a run that was killed left beside. @param ms age from which nobody writes it any more. */
export async function sweepParts(folder: string, ms = 60_000): Promise<void> {
  for (const name of (await readdir(folder)).filter((one) => one.startsWith(".") && one.endsWith(mark))) {
    const path = join(folder, name);
    const { mtimeMs } = await stat(path).catch(() => ({ mtimeMs: Date.now() }));
    if (Date.now() - mtimeMs >= ms) await rm(path, { force: true });
  }
}
