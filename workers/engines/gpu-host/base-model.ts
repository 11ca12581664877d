/** Which base model a LoRA is trained on: the one that was named, or the best that the card can hold. */
import { Failure } from "../../../core/failure.ts";
import { nearest } from "../../../core/nearest.ts";
import { familyTitles, type TrainFamily, trainFamilies } from "./presets.ts";
import type { BaseModel, TrainerView } from "./wire.ts";

/** SDXL fits from here on without giving up rank and samples. */
const sdxlFromGb = 11;

const isFamily = (family: string): family is TrainFamily => trainFamilies.some((one) => one === family);
const bare = (name: string) => name.replace(/\.(safetensors|ckpt|pth)$/i, "").toLowerCase();

function list(models: readonly BaseModel[]): string {
  const usable = models.filter((model) => model.usable);
  if (usable.length === 0) return "It has none: put an SD 1.5 or SDXL checkpoint (.safetensors) into the models folder of gpu-host.";
  const shown = usable.slice(0, 20).map((model) => (isFamily(model.family) ? `${model.name} (${familyTitles[model.family]})` : model.name));
  return `There are: ${shown.join(", ")}.`;
}

function named(name: string, models: readonly BaseModel[]): BaseModel {
  const model = models.find((one) => one.name === name) ?? models.find((one) => bare(one.name) === bare(name));
  if (!model) {
    const near = nearest(
      name,
      models.map((one) => one.name),
    );
    throw new Failure(
      "unknown_model",
      `gpu-host has no base model "${name.slice(0, 80)}"${near ? `; perhaps ${near} is meant` : ""}. ${list(models)} A new one goes into the models folder of gpu-host.`,
    );
  }
  if (!model.usable) throw new Failure("unknown_model", `The base model ${model.name} cannot be used. ${model.note ?? ""} ${list(models)}`);
  return model;
}

function lacking(trainer: TrainerView, family: TrainFamily): void {
  const problems = trainer.families.find((one) => one.id === family)?.problems ?? [`This gpu-host does not train ${familyTitles[family]}.`];
  if (problems.length > 0)
    throw new Failure(
      "engine_unavailable",
      `gpu-host cannot train ${familyTitles[family]} models yet: ${problems.join(" ")} Then ask again.`,
    );
}

/** Failures `unknown_model`, naming those that exist, `invalid_input` for another family than asked for, `engine_unavailable` where a family lacks something. */
export function baseModel(
  trainer: TrainerView,
  wish: { baseModel?: string; family?: string },
  cardGb: number,
): { name: string; family: TrainFamily } {
  const asked = wish.family;
  if (asked !== undefined && !isFamily(asked))
    throw new Failure("invalid_input", `A LoRA can be trained for sd15 (SD 1.5) or sdxl (SDXL), not for ${asked.slice(0, 40)}.`);
  if (wish.baseModel !== undefined) {
    const model = named(wish.baseModel, trainer.models);
    // a file that holds code does not tell its family
    const family = isFamily(model.family) ? model.family : asked;
    if (family === undefined)
      throw new Failure(
        "invalid_input",
        `What family ${model.name} is of cannot be told. Say family sd15 or sdxl, or choose a .safetensors checkpoint.`,
      );
    if (asked !== undefined && asked !== family)
      throw new Failure(
        "invalid_input",
        `${model.name} is an ${familyTitles[family]} model, and ${familyTitles[asked]} was asked for. Leave family out, or choose another base model. ${list(trainer.models)}`,
      );
    lacking(trainer, family);
    return { name: model.name, family };
  }
  const order: TrainFamily[] = asked ? [asked] : cardGb >= sdxlFromGb ? ["sdxl", "sd15"] : ["sd15", "sdxl"];
  const candidates = order.flatMap((family) =>
    trainer.models.filter((model) => model.usable && model.family === family).map((model) => ({ name: model.name, family })),
  );
  const able = candidates.find(({ family }) => (trainer.families.find((one) => one.id === family)?.problems.length ?? 1) === 0);
  if (able) return able;
  if (candidates[0]) lacking(trainer, candidates[0].family);
  throw new Failure(
    "unknown_model",
    `gpu-host has no ${order.map((family) => familyTitles[family]).join(" or ")} base model to train on. ${list(trainer.models)}`,
  );
}
