/** A job's file on this machine, for programs that read files. */
import { createWriteStream } from "node:fs";
import { pipeline } from "node:stream/promises";
import type { Artifact } from "../../core/artifact.ts";
import type { Run } from "../../core/ports/engine.ts";

export interface Brought {
  artifact: Artifact;
  path: string;
}

/** Failures as `run.open` gives them. @param path where it is written. */
export async function bring(run: Pick<Run, "open" | "signal">, ref: string, path: string): Promise<Brought> {
  const { artifact, body } = await run.open(ref);
  await pipeline(body, createWriteStream(path), { signal: run.signal });
  return { artifact, path };
}
