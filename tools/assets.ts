/** What the asset tools say: one asset as text and as data, never by the name of its file. */
import { z } from "zod";
import { type Asset, assetKinds, type DatasetDetails } from "../core/asset.ts";
import { Failure } from "../core/failure.ts";
import type { JsonObject } from "../core/json.ts";

export const assetRef = z.string().trim().min(1, "say which one; list_assets shows them").max(80);
export const assetKind = z.enum(assetKinds).optional();

const titles = { lora: "LoRA", dataset: "dataset", voice: "voice" } as const;
export const assetTitle = ({ kind, name }: Pick<Asset, "kind" | "name">): string => `${titles[kind]} "${name}"`;

/** Such as `- biscuit (LoRA for sd15, say: bsct dog; 1500 steps on sd15.safetensors, ast_…)`. */
export function assetLine({ id, name, details }: Asset): string {
  if (details.kind === "dataset") return `- ${name} (dataset of ${details.pictures.length} pictures, ${id})`;
  if (details.kind === "voice")
    return `- ${name} (voice of ${details.person}, ${details.language}, ${details.seconds.toFixed(1)} s of reference; consent given ${details.consent.at.slice(0, 10)}, ${id})`;
  const words = details.triggerWords.length > 0 ? `, say: ${details.triggerWords.join(", ")}` : "";
  const early = details.steps < details.stepsAsked ? ` of ${details.stepsAsked}` : "";
  return `- ${name} (LoRA for ${details.family}${words}; ${details.steps}${early} steps on ${details.baseModel}, licence: ${details.licence}, ${id})`;
}

export function assetView({ id, kind, name, job, details, createdAt, updatedAt }: Asset): JsonObject {
  const common = { id, kind, name, job_id: job, created_at: createdAt.toISOString(), updated_at: updatedAt.toISOString() };
  if (details.kind === "dataset")
    return {
      ...common,
      pictures: details.pictures.map(({ number, artifact, width, height, caption }) => ({ number, artifact, width, height, caption })),
      captioned_by: details.captionedBy,
      warnings: details.warnings,
    };
  if (details.kind === "voice") {
    const { person, language, transcript, transcriptBy, artifact, sha256, seconds, original, test, warnings, consent } = details;
    return {
      ...common,
      ...{ person, language, transcript, transcript_by: transcriptBy, reference: artifact, sha256, seconds, original, test, warnings },
      consent: { ...consent },
    };
  }
  return {
    ...common,
    ...{ family: details.family, trigger_words: details.triggerWords, base_model: details.baseModel, licence: details.licence },
    ...{ rank: details.rank, steps: details.steps, steps_asked: details.stepsAsked, resolution: details.resolution },
    ...{ dataset: details.dataset, pictures: details.pictures, file: details.artifact, samples: details.samples },
  };
}

/** Failure `invalid_input` for an asset of another kind. */
export function datasetOf(asset: Asset): DatasetDetails {
  if (asset.details.kind !== "dataset") throw new Failure("invalid_input", `${asset.name} is no dataset. list_assets shows yours.`);
  return asset.details;
}
