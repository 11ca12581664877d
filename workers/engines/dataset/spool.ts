/** A stream as a file without a name: it can be read anywhere, and is gone when it is closed, whatever dies. */
import { close, open, writeFile } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { join } from "node:path";
import type { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { promisify } from "node:util";

export const closeFile = promisify(close);
/** With a file number it goes on where the last one ended. */
const append = promisify(writeFile);

async function nameless(scratch: string): Promise<number> {
  const folder = await mkdtemp(join(scratch, "archive-"));
  try {
    return await promisify(open)(join(folder, "archive"), "wx+", 0o600);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

export interface SpoolOptions {
  /** Folder on whose disk it lies. */
  scratch: string;
  limit: number;
  /** What is thrown after `limit` bytes. */
  over(): Error;
  signal: AbortSignal;
}

/** Returns the file descriptor; `closeFile` gives the space back. */
export async function spool(body: Readable, { scratch, limit, over, signal }: SpoolOptions): Promise<number> {
  const file = await nameless(scratch);
  try {
    await pipeline(
      body,
      async (chunks: AsyncIterable<Uint8Array>) => {
        let bytes = 0;
        for await (const chunk of chunks) {
          bytes += chunk.length;
          if (bytes > limit) throw over();
          // a write stream would close the file when it is stopped, and its number would soon be another file's
          await append(file, chunk);
        }
      },
      { signal },
    );
    return file;
  } catch (error) {
    await closeFile(file);
    signal.throwIfAborted();
    throw error;
  }
}
