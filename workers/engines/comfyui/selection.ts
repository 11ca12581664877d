/** Which files a wish means: the checkpoint, its LoRAs and their trigger words; refuses what does not exist or does not fit together. */
import { bringCheckpoint } from "../../../core/bring-model.ts";
import { Failure } from "../../../core/failure.ts";
import type { RenderWish } from "../../../core/ports/engine.ts";
import { findFile, nearList } from "../model-names.ts";
import { type Family, familyByName, familyByOption, familyTitles } from "./families.ts";
import type { Files, Inventory } from "./inventory.ts";
import { type FoundLora, findLoras, ownLora, wantedFamily } from "./loras.ts";
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

/** Retryable: no other words help, and the same ones do once a file is there. A chat model that plans is therefore not asked to find a way round it. */
const noCheckpoint = (found: string) => new Failure("unknown_model", `${found} ${bringCheckpoint}`, { retryable: true });

/** The checkpoint that was named; undefined where the choice was left open. */
async function namedModel(inventory: Inventory, files: string[], wish: Wish): Promise<{ model: string; family: Family } | undefined> {
  const model = wish.model === undefined ? undefined : findFile(wish.model, files);
  if (wish.model === undefined || (model === undefined && wish.model === usualModel)) return undefined;
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

/** The preferred checkpoint or the first that can draw; one of the family that the LoRAs want, where there is one. */
async function usual(inventory: Inventory, files: string[], options: Choice, wanted: Family | undefined) {
  const preferred = options.preferredModel === undefined ? undefined : findFile(options.preferredModel, files);
  let first: { model: string; family: Family } | undefined;
  for (const model of [...(preferred === undefined ? [] : [preferred]), ...files]) {
    const family = await inventory.family("checkpoints", model);
    if (family === "other") continue;
    if (wanted === undefined || family === wanted) return { model, family };
    // of a family that nobody can tell: it may fit, what is known not to fit does not
    if (first === undefined || (first.family !== "unknown" && family === "unknown")) first = { model, family };
  }
  if (first) return first;
  throw noCheckpoint(
    files.length === 0 ? "ComfyUI has no checkpoint." : `None of ComfyUI's checkpoints can draw (${nearList("", files)}).`,
  );
}

async function checkFit(
  inventory: Pick<Inventory, "family">,
  files: string[],
  loras: readonly FoundLora[],
  model: string,
  family: Family,
): Promise<void> {
  const wrong = loras.find((lora) => lora.family !== "unknown" && family !== "unknown" && lora.family !== family);
  if (!wrong) return;
  const fitting: string[] = [];
  for (const file of files) if ((await inventory.family("checkpoints", file)) === wrong.family) fitting.push(file);
  const remedy =
    wrong.family === "other"
      ? "Choose another LoRA; list_models shows them."
      : fitting.length > 0
        ? `Choose a LoRA for ${familyTitles[family]}, or another checkpoint: ${nearList(model, fitting)}.`
        : `Choose a LoRA for ${familyTitles[family]}, or put an ${familyTitles[wrong.family]} checkpoint into ComfyUI's models/checkpoints folder.`;
  throw new Failure(
    "invalid_input",
    `The LoRA ${wrong.title} is for ${wrong.family === "other" ? "another kind of model" : familyTitles[wrong.family]}, but the checkpoint ${model} is ${familyTitles[family]}. ${remedy}`,
  );
}

const chosen = (model: string, family: Family, loras: readonly FoundLora[]): Chosen => ({
  model,
  family,
  loras: loras.map(({ name, weight }) => ({ name, weight })),
  triggers: [...new Set(loras.flatMap(({ triggers }) => triggers))],
});

/** ComfyUI never answered: names are taken as given, and checked when it does. What is known of a person's own LoRA holds now. */
async function unseen(options: Choice, wish: Wish): Promise<Chosen> {
  const familyOf = (model: string) => familyByOption(model, options.modelFamilies) ?? familyByName(model);
  const loras = wish.loras.map(({ name, weight, own }) =>
    own ? ownLora(name, weight, own) : { name, weight, title: name, family: "unknown" as const, triggers: [] },
  );
  const wanted = wantedFamily(loras);
  const preferred = options.preferredModel;
  const fits = preferred !== undefined && (wanted === undefined || [wanted, "unknown"].includes(familyOf(preferred)));
  const model = wish.model ?? (fits ? preferred : usualModel);
  const family = familyOf(model);
  await checkFit({ family: async (_kind, file) => familyOf(file) }, preferred === undefined ? [] : [preferred], loras, model, family);
  return chosen(model, family === "unknown" ? (wanted ?? family) : family, loras);
}

/** @param files undefined where ComfyUI never answered. */
export async function choose(inventory: Inventory, files: Files | undefined, options: Choice, wish: Wish): Promise<Chosen> {
  if (!files) return unseen(options, wish);
  const named = await namedModel(inventory, files.checkpoints, wish);
  const loras = await findLoras(inventory, files, wish.loras);
  const { model, family } = named ?? (await usual(inventory, files.checkpoints, options, wantedFamily(loras)));
  await checkFit(inventory, files.checkpoints, loras, model, family);
  return chosen(model, family, loras);
}
