/** Folders for weights on their way from gpu-host to the file store. What a killed worker left in one is taken out later. */
import { mkdtemp, readdir, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

const prefix = "msb-lora-";
const day = 24 * 3_600_000;

export interface Scratch {
  /** A new one; whoever asked for it removes it. */
  folder(): Promise<string>;
  /** Removes those that nobody has used for a day. */
  tidy(now?: number): Promise<void>;
}

export function createScratch(parent = tmpdir()): Scratch {
  return {
    folder: () => mkdtemp(join(parent, prefix)),
    async tidy(now = Date.now()) {
      for (const name of await readdir(parent)) {
        if (!name.startsWith(prefix)) continue;
        const found = await stat(join(parent, name)).catch(() => undefined);
        if (found && now - found.mtimeMs > day) await rm(join(parent, name), { recursive: true, force: true });
      }
    },
  };
}
