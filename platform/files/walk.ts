/** The files below a folder in the order S3 lists them: by key, as bytes. */
import { readdir, stat } from "node:fs/promises";
import { join } from "node:path";

export interface Found {
  key: string;
  bytes: number;
  modifiedAt: Date;
}

function gone(error: unknown): boolean {
  const code = (error as NodeJS.ErrnoException).code;
  return code === "ENOENT" || code === "ENOTDIR";
}

/** What vanishes meanwhile is left out. Names that begin with a dot are the store's own. */
export async function* walk(root: string, prefix: string, below = ""): AsyncGenerator<Found> {
  const entries = await readdir(join(root, below), { withFileTypes: true }).catch((error: unknown) => {
    if (gone(error)) return [];
    throw error;
  });
  const names = entries
    .filter((entry) => !entry.name.startsWith(".") && (entry.isFile() || entry.isDirectory()))
    .map((entry) => below + entry.name + (entry.isDirectory() ? "/" : ""))
    .sort();
  for (const name of names) {
    if (name.endsWith("/")) {
      if (name.startsWith(prefix) || prefix.startsWith(name)) yield* walk(root, prefix, name);
    } else if (name.startsWith(prefix)) {
      const found = await stat(join(root, name)).catch((error: unknown) => {
        if (gone(error)) return undefined;
        throw error;
      });
      if (found) yield { key: name, bytes: found.size, modifiedAt: found.mtime };
    }
  }
}
