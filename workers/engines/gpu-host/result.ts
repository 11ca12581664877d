/** The weights of a run on this machine: fetched whole, compared with their hash, looked into. */
import { createHash } from "node:crypto";
import { createWriteStream } from "node:fs";
import { join } from "node:path";
import { pipeline } from "node:stream/promises";
import { Failure } from "../../../core/failure.ts";
import type { Run } from "../../../core/ports/engine.ts";
import type { Patience } from "../patience.ts";
import type { Api } from "./api.ts";
import { Refused } from "./http.ts";
import { loraMetadata } from "./safetensors.ts";

export interface Weights {
  path: string;
  sha256: string;
  /** Steps that they were trained for, by the file's own word. */
  steps: number;
}

/** What shall be fetched; `sha256` where gpu-host told one: of a checkpoint it does not. */
export interface Wanted {
  run: string;
  name: string;
  sha256?: string;
}

async function fetchFile(api: Api, { run, name }: Wanted, path: string, signal: AbortSignal): Promise<string> {
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

/** Failures `engine_failed` for a file that is broken every time, `engine_lost` for one that is gone. */
export async function fetchWeights(api: Api, wanted: Wanted, folder: string, run: Run, patience: Patience): Promise<Weights> {
  const path = join(folder, "lora.safetensors");
  for (let tries = 0; tries < 3; tries++) {
    let sha256: string;
    try {
      sha256 = await patience.insist(() => fetchFile(api, wanted, path, run.signal));
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
      // it says that it succeeded and has nothing to show: a retry would find it again
      if (wanted.sha256 !== undefined) await api.remove(wanted.run).catch(() => undefined);
      throw new Failure("engine_lost", "gpu-host no longer has the file that was trained. retry_job trains again.", { cause: error });
    }
    const metadata = await loraMetadata(path);
    const right = wanted.sha256 === undefined || wanted.sha256 === sha256;
    if (metadata && right && metadata["ss_training_comment"] === wanted.run) return { path, sha256, steps: Number(metadata["ss_steps"]) };
    run.log.warn({ run: wanted.run, file: wanted.name, right, whole: metadata !== undefined }, "the LoRA came broken from gpu-host");
  }
  throw new Failure(
    "engine_failed",
    "The LoRA's file came broken from gpu-host three times, so it was not published. It is still there: look at the network and at that machine's disk, then retry the job.",
    { retryable: true },
  );
}
