/** Which files a wish means: the checkpoint, its LoRAs and their trigger words; refuses what does not exist or does not fit together. */
import { Failure } from "../../../core/failure.ts";
import type { RenderWish } from "../../../core/ports/engine.ts";
import { type Family, familyByName, familyByOption, familyTitles } from "./families.ts";
import type { Files, Inventory } from "./inventory.ts";
import { findFile, nearList } from "./names.ts";
import type { ComfyuiOptions } from "./options.ts";

export interface Chosen {
  model: string;
  family: Family;
  loras: { name: string; weight: number }[];
  triggers: string[];
}

/** Stands for the usual checkpoint in a plan that was made before ComfyUI ever answered. */
const usualModel = "default";

type Wish = Pick<RenderWish, "model" | "loras">;
type Choice = Pick<ComfyuiOptions, "modelFamilies" | "preferredModel">;

const noCheckpoint = (found: string) =>
  new Failure(
    "unknown_model",
    `${found} Put one (SD 1.5 or SDXL, such as sd_xl_base_1.0.safetensors) into ComfyUI's models/checkpoints folder; no restart is needed.`,
  );

async function chooseModel(inventory: Inventory, files: string[], options: Choice, wish: Wish): Promise<{ model: string; family: Family }> {
  const asked = wish.model === undefined ? undefined : findFile(wish.model, files);
  if (wish.model !== undefined && (asked !== undefined || wish.model !== usualModel)) {
    const model = asked;
    if (model === undefined) {
      if (files.length === 0) throw noCheckpoint(`ComfyUI has no checkpoint, so "${wish.model}" cannot be used.`);
      throw new Failure("unknown_model", `ComfyUI has no checkpoint "${wish.model}". It has: ${nearList(wish.model, files)}.`);
    }
    const family = await inventory.family("checkpoints", model);
    if (family === "other")
      throw new Failure(
        "unknown_model",
        `${model} is neither an SD 1.5 nor an SDXL checkpoint, and only those can draw here. Choose another: ${nearList(wish.model, files)}.`,
      );
    return { model, family };
  }
  const preferred = options.preferredModel === undefined ? undefined : findFile(options.preferredModel, files);
  for (const model of [...(preferred === undefined ? [] : [preferred]), ...files]) {
    const family = await inventory.family("checkpoints", model);
    if (family !== "other") return { model, family };
  }
  throw noCheckpoint(
    files.length === 0 ? "ComfyUI has no checkpoint." : `None of ComfyUI's checkpoints can draw (${nearList("", files)}).`,
  );
}

async function chooseLoras(
  inventory: Inventory,
  files: string[],
  model: string,
  family: Family,
  wish: Wish,
): Promise<Pick<Chosen, "loras" | "triggers">> {
  const loras: Chosen["loras"] = [];
  const triggers: string[] = [];
  for (const { name, weight } of wish.loras) {
    const file = findFile(name, files);
    if (file === undefined)
      throw new Failure(
        "unknown_lora",
        files.length === 0
          ? `ComfyUI has no LoRA, so "${name}" cannot be used. Put the file into ComfyUI's models/loras folder; no restart is needed.`
          : `ComfyUI has no LoRA "${name}". It has: ${nearList(name, files)}.`,
      );
    const own = await inventory.family("loras", file);
    if (own !== "unknown" && family !== "unknown" && own !== family)
      throw new Failure(
        "invalid_input",
        `The LoRA ${file} is for ${own === "other" ? "another kind of model" : familyTitles[own]}, but the checkpoint ${model} is ${familyTitles[family]}. Choose a LoRA and a checkpoint of the same kind; list_models shows them.`,
      );
    loras.push({ name: file, weight });
    triggers.push(...((await inventory.info("loras", file)).triggerWords ?? []));
  }
  return { loras, triggers: [...new Set(triggers)] };
}

/** @param files undefined where ComfyUI never answered: names are taken as given and checked when it does. */
export async function choose(inventory: Inventory, files: Files | undefined, options: Choice, wish: Wish): Promise<Chosen> {
  if (!files) {
    const model = wish.model ?? options.preferredModel ?? usualModel;
    const family = familyByOption(model, options.modelFamilies) ?? familyByName(model);
    return { model, family, loras: wish.loras.map(({ name, weight }) => ({ name, weight })), triggers: [] };
  }
  const { model, family } = await chooseModel(inventory, files.checkpoints, options, wish);
  return { model, family, ...(await chooseLoras(inventory, files.loras, model, family, wish)) };
}
