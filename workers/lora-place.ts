/** A LoRA for a render on this machine: the one that trained it may have a LoRA folder of its own. */
import { addAbortSignal } from "node:stream";
import type { Run } from "../core/ports/engine.ts";
import { assetOf, type LoraFolder } from "./lora-folder.ts";

/** Places the asset of this file for the run's person, where it is not in the folder. Failures: those of `place`, `unknown_asset`, `unknown_artifact`, `storage_*`. */
export async function placeForRun(folder: Pick<LoraFolder, "place" | "placed">, file: string, run: Run): Promise<void> {
  const id = assetOf(file);
  if (id === undefined || (await folder.placed()).some(({ asset }) => asset === id)) return;
  const { details } = await run.asset("lora", id);
  if (details.kind !== "lora") return;
  const { body } = await run.open(details.artifact);
  await folder.place(id, addAbortSignal(run.signal, body), details.sha256);
}
