/** The LoRAs of a wish: their files, families and trigger words. Of a person's own the wish says what is known, for ComfyUI may not have it yet. */
import { isAssetFile } from "../../../core/asset.ts";
import { Failure } from "../../../core/failure.ts";
import type { LoraUse, RenderRequest, Run } from "../../../core/ports/engine.ts";
import { findFile, nearList } from "../model-names.ts";
import { type Family, familyTitles } from "./families.ts";
import type { Files, Inventory } from "./inventory.ts";
import type { ComfyuiOptions, Timings } from "./options.ts";
import { createPause } from "./wait.ts";

export interface FoundLora {
  /** ComfyUI's file, or an own LoRA's name while it is only planned with. */
  name: string;
  weight: number;
  /** What a person may read. */
  title: string;
  family: Family;
  triggers: readonly string[];
}

export function ownLora(name: string, weight: number, { title, family, triggerWords }: NonNullable<LoraUse["own"]>): FoundLora {
  return { name, weight, title, family: family === "sd15" || family === "sdxl" ? family : "unknown", triggers: triggerWords };
}

/** ComfyUI does not have the file of somebody's own LoRA. */
function missingOwn(title: string): Failure {
  return new Failure(
    "unknown_lora",
    `ComfyUI does not list the file of your LoRA "${title}". Let MYSPINBOT_LORA_FOLDER name the folder that ComfyUI reads LoRAs from: the studio puts the file there. Or download the file from the job that trained it, put it into ComfyUI's models/loras folder, and ask for it by its file name.`,
  );
}

/** Failures `unknown_lora`, naming those that ComfyUI has, never anybody's assets. */
export async function findLoras(inventory: Inventory, files: Files, wish: readonly LoraUse[]): Promise<FoundLora[]> {
  const found: FoundLora[] = [];
  for (const { name, weight, own } of wish) {
    if (own) {
      const file = isAssetFile(name) ? findFile(name, files.placed) : name;
      if (file === undefined) throw missingOwn(own.title);
      found.push(ownLora(file, weight, own));
      continue;
    }
    const file = findFile(name, files.loras);
    if (file === undefined)
      throw new Failure(
        "unknown_lora",
        files.loras.length === 0
          ? `ComfyUI has no LoRA, so "${name}" cannot be used. Put the file into ComfyUI's models/loras folder; no restart is needed.`
          : `ComfyUI has no LoRA "${name}". It has: ${nearList(name, files.loras)}.`,
      );
    const [family, { triggerWords = [] }] = [await inventory.family("loras", file), await inventory.info("loras", file)];
    found.push({ name: file, weight, title: file, family, triggers: triggerWords });
  }
  return found;
}

/** The family that they are for; undefined where none tells. Failure `invalid_input` where they are for different ones. */
export function wantedFamily(loras: readonly FoundLora[]): Family | undefined {
  const telling = loras.filter(({ family }) => family === "sd15" || family === "sdxl");
  const other = telling.find(({ family }) => family !== telling[0]?.family);
  if (telling[0] && other)
    throw new Failure(
      "invalid_input",
      `The LoRA ${telling[0].title} is for ${familyTitles[telling[0].family]} and the LoRA ${other.title} is for ${familyTitles[other.family]}: no checkpoint takes both. Leave one of them out.`,
    );
  return telling[0]?.family;
}

/** Has what ComfyUI does not list placed, once, and looks again until it is listed; Failure `unknown_lora` after a while. */
export async function untilPlaced(
  inventory: Pick<Inventory, "now">,
  seen: Files,
  request: Pick<RenderRequest, "loras">,
  { timings, placeLora }: Pick<ComfyuiOptions, "placeLora"> & { timings: Pick<Timings, "placed" | "retry"> },
  run: Run,
): Promise<Files> {
  const pause = createPause(run.signal);
  const tried = new Set<string>();
  let end = Date.now() + timings.placed;
  for (let files = seen; ; files = await inventory.now()) {
    const { placed } = files;
    const missing = request.loras.find(({ name, own }) => own && isAssetFile(name) && findFile(name, placed) === undefined);
    if (!missing?.own) return files;
    if (placeLora && !tried.has(missing.name)) {
      tried.add(missing.name);
      run.progress({ stage: "waiting", fraction: 0, note: `Putting the LoRA ${missing.own.title} where ComfyUI reads it` });
      // where it cannot be, ComfyUI may still list it in a moment
      await placeLora(missing.name, run).catch((error: unknown) => run.log.warn({ err: error }, "a LoRA could not be placed for a render"));
      end = Date.now() + timings.placed;
      continue;
    }
    if (Date.now() >= end) throw missingOwn(missing.own.title);
    run.progress({ stage: "waiting", fraction: 0, note: `ComfyUI does not list the LoRA ${missing.own.title} yet; looking again` });
    await pause.sleep(timings.retry);
  }
}
