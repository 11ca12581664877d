/** The weights of a training on this machine: fetched whole, compared with their hash, looked into. */
import { join } from "node:path";
import type { Run } from "../../../core/ports/engine.ts";
import type { Patience } from "../patience.ts";
import type { Api } from "./api.ts";
import { fetchFile, type Wanted } from "./fetch.ts";
import { loraMetadata } from "./safetensors.ts";

export interface Weights {
  path: string;
  sha256: string;
  /** Steps that they were trained for, by the file's own word. */
  steps: number;
}

const words = { the: "The LoRA's file", gone: "the file that was trained", again: "trains again" };

/** Failures as `fetchFile` has them. */
export async function fetchWeights(api: Api, wanted: Wanted, folder: string, run: Run, patience: Patience): Promise<Weights> {
  const path = join(folder, "lora.safetensors");
  let steps = 0;
  const sha256 = await fetchFile({ api, run, patience }, wanted, path, words, async () => {
    const metadata = await loraMetadata(path);
    steps = Number(metadata?.["ss_steps"]);
    return metadata?.["ss_training_comment"] === wanted.run;
  });
  return { path, sha256, steps };
}
