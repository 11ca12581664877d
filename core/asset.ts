/** An asset: a named, reusable thing of a person's, such as a LoRA with its trigger words, or a dataset of photos with their captions. */
import type { Consent } from "./consent.ts";
import { Failure } from "./failure.ts";
import type { Source } from "./source.ts";

export const assetKinds = ["lora", "dataset", "voice"] as const;
export type AssetKind = (typeof assetKinds)[number];

/** How many pictures a dataset has: fewer teach a model the photos, not what they show. */
export const datasetPictures = { least: 10, most: 500 } as const;

/** One picture of a dataset, cropped and without metadata. */
export interface DatasetPicture {
  /** From 1, as on the contact sheet. It keeps its number when others are left out: a sheet that was shown stays true. */
  number: number;
  /** Artifact of the cropped picture. */
  artifact: string;
  /** Hex SHA-256 of its bytes: what a trainer is handed. */
  sha256: string;
  width: number;
  height: number;
  /** One line, without the trigger words: those are put before it when it is trained. Empty: they alone are trained. */
  caption: string;
}

export interface DatasetDetails {
  kind: "dataset";
  pictures: DatasetPicture[];
  /** Who wrote the captions: a vision model, the person's own words about all of them, the person picture by picture; `none` where there are none. */
  captionedBy: "model" | "words" | "person" | "none";
  /** What the checks found that is worth knowing, in plain words: blurred pictures, near-duplicates that were left out. */
  warnings: string[];
}

export interface LoraDetails {
  kind: "lora";
  /** `sd15` or `sdxl`. */
  family: string;
  /** Put into a prompt that uses it. May be none. */
  triggerWords: string[];
  baseModel: string;
  /** Licence of the base model, which the LoRA inherits; `unknown` where it is not known. */
  licence: string;
  rank: number;
  /** Steps trained, and steps asked for: fewer where the person stopped it and kept what there was. */
  steps: number;
  stepsAsked: number;
  resolution: number;
  /** Dataset asset that it was trained on. */
  dataset: string;
  pictures: number;
  /** Artifact of the weights, and its hex SHA-256. */
  artifact: string;
  sha256: string;
  /** Artifacts of the sample pictures, oldest first. */
  samples: string[];
}

/** A voice to speak with: a short recording and what is said in it. Any engine that clones can use it. */
export interface VoiceDetails {
  kind: "voice";
  /** Whose it is. */
  person: string;
  /** ISO 639-1 of the reference. */
  language: string;
  /** What is said in the reference, word by word. */
  transcript: string;
  transcriptBy: "person" | "model";
  /** Artifact of the reference as it is used (WAV, mono, trimmed), its hex SHA-256 and length. */
  artifact: string;
  sha256: string;
  seconds: number;
  /** The recording that it was taken from, and where it begins there. */
  original: { artifact: string; sha256: string; start: number };
  /** Artifact of the test sentence. */
  test: string;
  /** What the checks found that is worth knowing. */
  warnings: string[];
  /** Without it there is no voice. */
  consent: Consent;
}

export type AssetDetails = DatasetDetails | LoraDetails | VoiceDetails;

export interface Asset {
  id: string;
  principal: string;
  kind: AssetKind;
  /** Unique among a principal's assets of a kind, upper and lower case being the same. */
  name: string;
  /** The job that made it. */
  job: string;
  details: AssetDetails;
  createdAt: Date;
  updatedAt: Date;
}

/** What a worker hands over for publishing. The id is one for a job, whatever attempt makes it: a file that carries it can be placed before the commit. */
export type AssetDraft = Pick<Asset, "id" | "kind" | "name" | "details">;

/** What a job will make when it succeeds, as far as it is known before: another job can wait for it. Some of a dataset's `pictures` may be left out in the end. */
export type Makes =
  | { kind: "dataset"; name: string; pictures: number }
  | { kind: "lora"; name: string; family: string; triggerWords: string[] }
  | { kind: "voice"; name: string; language: string }
  /** A file, for the other stages of its tree. */
  | ({ kind: "file" } & Pick<Source, "name" | "mediaType" | "width" | "height" | "seconds" | "sound" | "preview">);

/** An asset that is there, or what an open job will make, under the same name. */
export type Found =
  | { asset: Asset }
  | {
      promise: Makes /** Absent for a call of the same plan that is not accepted yet. */;
      job?: string /** Of the plan that was shown to a person. */;
      planned?: boolean;
    };

/** The id of what a job makes: the same in each attempt. */
export function assetIdOf(job: string): string {
  return job.replace(/^job_/, "ast_");
}

/** Name of a LoRA's weights in the folder that the renderer reads; `msb/` keeps them apart from the person's own. */
export function loraFile(asset: string): string {
  return `msb/${asset}.safetensors`;
}

/** A file of somebody's asset among the LoRAs that an engine lists: shown to nobody as it is, its owner knows it by its name. */
export function isAssetFile(name: string): boolean {
  // at any depth: where only a part of the renderer's folder is ours, it lists our names below that part's
  return /(^|[\\/])msb[\\/]/.test(name);
}

const namePattern = /^[\p{L}\p{N}][\p{L}\p{N} ._-]{0,59}$/u;

/** The name as it is kept. Failure `invalid_input` for what cannot be said in a chat or used as a name. */
export function assetName(text: string): string {
  const name = text.normalize("NFC").trim().replace(/\s+/g, " ");
  if (!namePattern.test(name))
    throw new Failure(
      "invalid_input",
      `"${name.slice(0, 60)}" is no name for it. Use 1 to 60 letters, digits, spaces, dots, dashes or underscores, a letter or digit first.`,
    );
  return name;
}

/** How a dataset's captions are shown: each under its picture's number. Where there are none at all, that is said once. */
export function captionLines(pictures: readonly Pick<DatasetPicture, "number" | "caption">[]): string[] {
  if (pictures.every(({ caption }) => caption === "")) return ["No captions: the trigger words alone are trained."];
  return pictures.map(({ number, caption }) => `${number}. ${caption || "(none)"}`);
}

/** A name as it is compared: upper and lower case are the same to a person, and so is the space between words. */
export function nameKey(name: string): string {
  return name.normalize("NFC").trim().replace(/\s+/g, " ").toLowerCase();
}

/** Two names that are the same to a person. */
export function sameName(one: string, other: string): boolean {
  return nameKey(one) === nameKey(other);
}

/** The same words for one that never was and one that is another's. */
export function unknownAsset(kind: AssetKind | undefined, ref: string, known: readonly string[]): Failure {
  const what = kind === "lora" ? "LoRA" : (kind ?? "asset");
  const has = known.length > 0 ? ` There are: ${known.slice(0, 20).join(", ")}.` : "";
  return new Failure("unknown_asset", `There is no ${what} "${ref.slice(0, 60)}" of yours.${has} list_assets shows them.`);
}
