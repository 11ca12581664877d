/** Brings files to gpu-host, each under the hash of its bytes. */
import { createHash } from "node:crypto";
import { buffer } from "node:stream/consumers";
import type { DatasetDetails } from "../../../core/asset.ts";
import { Failure } from "../../../core/failure.ts";
import type { Run } from "../../../core/ports/engine.ts";
import type { Patience } from "../patience.ts";
import type { Api } from "./api.ts";
import { refusalFailure } from "./failures.ts";
import { Refused } from "./http.ts";
import type { Teller } from "./teller.ts";
import { training, type Words } from "./words.ts";

/** Failures `limit_exceeded`, `storage_full`. */
export async function upload(
  { api, run, patience, words }: { api: Api; run: Run; patience: Patience; words: Words },
  sha256: string,
  bytes: Uint8Array,
): Promise<void> {
  try {
    await patience.insist(() => api.upload(sha256, bytes, run.signal));
  } catch (error) {
    throw error instanceof Refused ? refusalFailure(error, words) : error;
  }
}

/** Failures `unknown_artifact`, `engine_failed`, `limit_exceeded`, `storage_full`. */
export async function uploadPictures(api: Api, run: Run, { pictures }: DatasetDetails, patience: Patience, teller: Teller): Promise<void> {
  for (const [index, { number, artifact, sha256 }] of pictures.entries()) {
    teller.stage("checking", `Handing over picture ${index + 1} of ${pictures.length}`, { step: index + 1, steps: pictures.length });
    const bytes = await buffer((await run.open(artifact)).body);
    if (createHash("sha256").update(bytes).digest("hex") !== sha256)
      throw new Failure(
        "engine_failed",
        `Picture ${number} of the dataset is not what it was when the dataset was made. Make the dataset again.`,
      );
    await upload({ api, run, patience, words: training }, sha256, bytes);
  }
}
