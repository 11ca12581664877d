/** Brings a result of a run to this machine, whole, and compares it with its hash. */
import { createHash } from "node:crypto";
import { createWriteStream } from "node:fs";
import { pipeline } from "node:stream/promises";
import { Failure } from "../../../core/failure.ts";
import type { Run } from "../../../core/ports/engine.ts";
import type { Patience } from "../patience.ts";
import type { Api } from "./api.ts";
import { Refused } from "./http.ts";

/** What shall be fetched; `sha256` where gpu-host told one: of a checkpoint it does not. */
export interface Wanted {
  run: string;
  name: string;
  sha256?: string;
}

/** What it is called, and what `retry_job` does where it is gone. */
export interface FileWords {
  /** Begins a sentence: `The LoRA's file`. */
  the: string;
  /** `the file that was trained`. */
  gone: string;
  again: string;
}

/** Tries before a file is called broken. */
const tries = 3;

async function fetchOnce(api: Api, { run, name }: Wanted, path: string, signal: AbortSignal): Promise<string> {
  const hash = createHash("sha256");
  const chunks = await api.file(run, name, signal);
  await pipeline(
    chunks,
    async function* (parts: AsyncIterable<Uint8Array>) {
      for await (const part of parts) {
        hash.update(part);
        yield part;
      }
    },
    createWriteStream(path),
    { signal },
  );
  return hash.digest("hex");
}

/**
 * Failures `engine_failed` for a file that is broken every time, `engine_lost` for one that is gone.
 * @param path where it is written. @param whole looks into it further. @returns its hash.
 */
export async function fetchFile(
  { api, run, patience }: { api: Api; run: Run; patience: Patience },
  wanted: Wanted,
  path: string,
  words: FileWords,
  whole: () => Promise<boolean> = async () => true,
): Promise<string> {
  for (let tried = 0; tried < tries; tried++) {
    let sha256: string;
    try {
      sha256 = await patience.insist(() => fetchOnce(api, wanted, path, run.signal));
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
      // it says that it succeeded and has nothing to show: a retry would find it again
      if (wanted.sha256 !== undefined) await api.remove(wanted.run).catch(() => undefined);
      throw new Failure("engine_lost", `gpu-host no longer has ${words.gone}. retry_job ${words.again}.`, { cause: error });
    }
    const right = wanted.sha256 === undefined || wanted.sha256 === sha256;
    if (right && (await whole())) return sha256;
    run.log.warn({ run: wanted.run, file: wanted.name, right }, "a file came broken from gpu-host");
  }
  throw new Failure(
    "engine_failed",
    `${words.the} came broken from gpu-host three times, so it was not published. It is still there: look at the network and at that machine's disk, then retry the job.`,
    { retryable: true },
  );
}
