/** Renames that survive a power cut: the file first, then every folder entry that leads to it. */
import { mkdir, open, rename } from "node:fs/promises";
import { dirname } from "node:path";

async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, "r").catch((error: NodeJS.ErrnoException) => {
    // somebody removed the file again, and with it the folder
    if (error.code === "ENOENT") return undefined;
    throw error;
  });
  if (!folder) return;
  try {
    await folder.sync();
  } catch (error) {
    // some network and FUSE mounts cannot sync a folder: there the rename is as durable as that mount makes it
    if (!["EINVAL", "ENOTSUP", "EISDIR", "EBADF"].includes((error as NodeJS.ErrnoException).code ?? "")) throw error;
  } finally {
    await folder.close();
  }
}

/** The rename; undefined, or the topmost folder that had to be made for it. */
async function place(from: string, to: string): Promise<string | undefined> {
  for (let round = 1; ; round += 1) {
    const made = await mkdir(dirname(to), { recursive: true, mode: 0o700 });
    try {
      await rename(from, to);
      return made;
    } catch (error) {
      // `remove` may have taken the empty folder away in between
      if ((error as NodeJS.ErrnoException).code !== "ENOENT" || round === 10) throw error;
    }
  }
}

/** @param from a file whose bytes are synced, on the same disk. */
export async function moveIntoPlace(from: string, to: string): Promise<void> {
  const made = await place(from, to);
  const top = dirname(made ?? to);
  const folders = [dirname(to)];
  for (let path = dirname(to); path !== top && path !== dirname(path); path = dirname(path)) folders.push(dirname(path));
  // at once: the disk then writes its journal once
  await Promise.all(folders.map(syncFolder));
}
