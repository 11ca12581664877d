/** What a person has, or is going to have, under a name: their LoRAs and datasets, and what their open jobs will make. */
import { type Asset, type AssetKind, type Makes, sameName } from "../../core/asset.ts";
import type { JobWithArtifacts } from "../../core/job.ts";
import type { PlannedCall } from "../plan.ts";

export interface Known {
  kind: AssetKind;
  name: string;
  /** Of a LoRA. */
  triggerWords: readonly string[];
  /** Of a dataset, or those that a LoRA was trained on. */
  pictures: number;
  /** Absent while the job that makes it is open. */
  id?: string;
  job: string;
}

function ready({ id, kind, name, job, details }: Asset): Known {
  if (details.kind === "voice") return { kind, name, triggerWords: [], pictures: 0, id, job };
  return details.kind === "lora"
    ? { kind, name, triggerWords: details.triggerWords, pictures: details.pictures, id, job }
    : { kind, name, triggerWords: [], pictures: details.pictures.length, id, job };
}

function promised(makes: Makes, job: string): Known[] {
  if (makes.kind === "file") return [];
  const { kind, name } = makes;
  if (makes.kind === "voice") return [{ kind, name, triggerWords: [], pictures: 0, job }];
  return makes.kind === "lora"
    ? [{ kind, name, triggerWords: makes.triggerWords, pictures: 0, job }]
    : [{ kind, name, triggerWords: [], pictures: makes.pictures, job }];
}

/** @param assets newest first, as they are listed; @param open oldest first. The answer is newest first. */
export function knownOf(assets: readonly Asset[], open: readonly JobWithArtifacts[]): Known[] {
  return [...open.toReversed().flatMap(({ makes, id }) => (makes ? promised(makes, id) : [])), ...assets.map(ready)];
}

/** By id, or by name as a person says it. */
export function findKnown(known: readonly Known[], kind: AssetKind | undefined, ref: string): Known | undefined {
  return known.find((one) => (kind === undefined || one.kind === kind) && (one.id === ref || sameName(one.name, ref)));
}

const text = (value: unknown): string | undefined => (typeof value === "string" && value !== "" ? value : undefined);

/** What an earlier call of the same plan will make. */
export function plannedAsset({ tool, input }: PlannedCall): Pick<Known, "kind" | "name" | "triggerWords"> | undefined {
  const name = text(input["name"]);
  if (name === undefined) return undefined;
  if (tool === "make_dataset") return { kind: "dataset", name, triggerWords: [] };
  if (tool === "clone_voice") return { kind: "voice", name, triggerWords: [] };
  if (tool !== "train_lora") return undefined;
  const words = input["trigger_words"];
  return { kind: "lora", name, triggerWords: Array.isArray(words) ? words.flatMap((word) => text(word) ?? []) : [] };
}

/** Names of the LoRAs that a call takes. */
export function lorasIn({ input }: PlannedCall): string[] {
  const { loras } = input;
  return (Array.isArray(loras) ? loras : []).flatMap((lora) =>
    lora !== null && typeof lora === "object" && !Array.isArray(lora) ? (text(lora["name"]) ?? []) : [],
  );
}

/** `biscuit`, or `biscuit 2` where that is taken. */
export function freeName(known: readonly Known[], kind: AssetKind, name: string): string {
  for (let number = 1; ; number++) {
    const free = number === 1 ? name : `${name} ${number}`;
    if (!findKnown(known, kind, free)) return free;
  }
}
