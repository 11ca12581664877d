/** The models that make videos: their files, what they can, and what they need of a card. */
import { matches } from "../../model-names.ts";
import { ltxKinds } from "./ltx.ts";
import { svdKinds } from "./svd.ts";
import type { MotionTemplate } from "./templates.ts";
import { wanKinds } from "./wan.ts";

export type ModelFolder = "diffusion_models" | "checkpoints" | "text_encoders" | "vae" | "clip_vision";

/** A file that a model needs beside its own. */
export interface Part {
  folder: ModelFolder;
  /** The better for a card of 16 GB first. */
  patterns: readonly RegExp[];
  /** What a person is told to put there. */
  usual: string;
}

export type PartName = "encoder" | "vae" | "vision";

export interface MotionKind {
  id: string;
  title: string;
  /** As `list_models` shows it. */
  shown: "wan" | "ltx" | "svd";
  /** Of the lane. */
  family: "comfy-wan" | "comfy-ltx" | "comfy-svd";
  folder: "diffusion_models" | "checkpoints";
  pattern: RegExp;
  /** A second model of the same name that finishes what the first begins. */
  pair?: { from: RegExp; to: string };
  image?: { template: MotionTemplate; parts: Partial<Record<PartName, Part>> };
  words?: { template: MotionTemplate; parts: Partial<Record<PartName, Part>> };
  /** Every `step` frames and one more; `most` is what it was trained for. `only` = that many, whatever is asked for. */
  frames: { step: number; usual: number; least: number; most: number; only?: number };
  fps: { usual: number; least: number; most: number };
  /** Usual sizes, lying; pixels of a frame at most; sides are multiples of `multiple`. */
  size: { table: readonly (readonly [width: number, height: number])[]; most: number; multiple: number };
  steps: number;
  cfg: number;
  vramGb: number;
  licence: string;
  /** What a person must know of the licence each time. */
  terms?: string;
  /** What 1 to 10 of motion becomes: a number that the model was trained on, or words. */
  motion: "bucket" | "words";
}

/** The one that is taken where several are there comes first. */
export const motionKinds: readonly MotionKind[] = [...wanKinds, ...ltxKinds, ...svdKinds];

/** Trained to need few steps and no guidance. */
const distilled = /distill|turbo|lightning|lightx2v|fastwan/i;

export function presetOf(kind: MotionKind, file: string): { steps: number; cfg: number } {
  return distilled.test(file) && kind.motion === "words" ? { steps: 8, cfg: 1 } : { steps: kind.steps, cfg: kind.cfg };
}

/** Relatives that want other graphs, and parts that are no model of their own. */
const others = /vace|(?<![a-z])fun(?![a-z])|camera|flf2v|s2v|animate|phantom|infinitetalk|lora|upscaler|low[-_ ]?noise|image[-_ ]?decoder/i;

/** What a file is, by the person's own word in the configuration or by its name. */
export function kindOf(file: string, folder: MotionKind["folder"] | undefined, said: Record<string, string> = {}): MotionKind | undefined {
  const word = Object.entries(said)
    .find(([name]) => matches(name, file))?.[1]
    ?.toLowerCase();
  const named = motionKinds.find(({ id }) => id === word);
  if (named) return named;
  if (others.test(file)) return undefined;
  return motionKinds.find((kind) => (folder === undefined || kind.folder === folder) && kind.pattern.test(file));
}
