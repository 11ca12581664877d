/** What a file store under test is, and what its tests share. */
import { createHash } from "node:crypto";
import { Readable } from "node:stream";
import type { FileStore } from "../../../core/ports/files.ts";

export interface Subject {
  files: FileStore;
  /** Counts what is left of unfinished writes. */
  leftovers(): Promise<number>;
  stop(): Promise<void>;
}

export const digest = (bytes: Uint8Array) => createHash("sha256").update(bytes).digest("hex");

/** Pieces of odd sizes, so that no boundary falls on a part's. */
export function pieces(bytes: Buffer, size = 77_777): Readable {
  return Readable.from(
    (function* () {
      for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
    })(),
    { objectMode: false },
  );
}

export async function poll(condition: () => Promise<boolean> | boolean, what: string, ms = 20_000): Promise<void> {
  const deadline = Date.now() + ms;
  while (!(await condition())) {
    if (Date.now() > deadline) throw new Error(`not within ${ms} ms: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}
