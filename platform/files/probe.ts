/** The check that every file store shares: a small file goes in, comes back the same, and is gone again. */
import { createHash, randomBytes } from "node:crypto";
import { Failure } from "../../core/failure.ts";
import type { FileStore } from "../../core/ports/files.ts";

/** Throws the Failure that a job would meet. */
export async function probe(files: Pick<FileStore, "put" | "open" | "remove">): Promise<void> {
  const key = `checks/${randomBytes(8).toString("hex")}`;
  const stored = await files.put(key, randomBytes(64));
  try {
    const hash = createHash("sha256");
    for await (const chunk of await files.open(key)) hash.update(chunk as Buffer);
    if (hash.digest("hex") !== stored.sha256)
      throw new Failure("storage_unavailable", "The file store gave back other bytes than it was given. Check its disk.", {
        retryable: true,
      });
  } finally {
    await files.remove(key);
  }
}
