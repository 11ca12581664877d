/** An engine is a program that does GPU work, behind this port; one adapter each in `workers/engines/`. */
import type { Readable } from "node:stream";
import type { Artifact, Recipe } from "../artifact.ts";
import type { Job, JobProgress } from "../job.ts";
import type { Log } from "../log.ts";

/** One attempt of one job, as an engine and a tool see it. */
export interface Run {
  readonly job: Job;
  readonly attempt: number;
  /** Aborted on cancel, on park, when the fence is lost and on shutdown; `reason` is a Failure. */
  readonly signal: AbortSignal;
  readonly log: Log;
  /** Never falls and never more than 4 a second reach anyone: call it as often as you like. Also resets the stall limit. */
  progress(progress: JobProgress): void;
  /** An unfinished picture. */
  preview(mediaType: string, data: Uint8Array): void;
  /** A file that the job's principal owns; Failure `unknown_artifact` otherwise. */
  open(artifact: string): Promise<{ artifact: Artifact; body: Readable }>;
  /** Stores a result under `job/attempt/`; it is published with all others when the tool's `run` returns. Recipes go into the file here. */
  save(file: { name: string; mediaType: string; body: Readable | Uint8Array; recipe: Recipe }): Promise<void>;
  /** Names of this job's work inside the engine from earlier attempts, newest first. */
  readonly earlierRefs: readonly string[];
  /** Stores this attempt's name before the engine hears of it. */
  setEngineRef(ref: string): Promise<void>;
}

export interface EngineStatus {
  id: string;
  title: string;
  /** `absent`: never configured or seen; `down`: configured or seen once, and does not answer now. */
  state: "ready" | "down" | "absent";
  url?: string;
  version?: string;
  note?: string;
  /** The command or setting that brings it. */
  fix?: string;
  vramTotalGb?: number;
  vramFreeGb?: number;
}

export interface ModelInfo {
  /** As the engine names it, with its file ending; what `model` and `loras[].name` take (the ending may be left out). */
  name: string;
  /** `sd15`, `sdxl`, `preview`, or `unknown`. */
  family: string;
  triggerWords?: string[];
  licence?: string;
}

export interface ModelList {
  engine: string;
  checkpoints: ModelInfo[];
  loras: ModelInfo[];
  upscalers: ModelInfo[];
  note?: string;
}

export interface RenderRequest {
  prompt: string;
  negativePrompt: string;
  width: number;
  height: number;
  count: number;
  /** 0 to 2^53 − 1; picture i of a series uses seed + i. */
  seed: number;
  steps: number;
  model: string;
  loras: { name: string; weight: number }[];
  /** Image to image: artifact id and how far to depart from it, 0 to 1. */
  init?: { image: string; strength: number };
}

/** A request whose every choice is made, and what it needs. */
export interface RenderPlan {
  request: RenderRequest;
  family: string;
  vramGb: number;
}

export interface ImageCapability {
  /**
   * Fills what the person left open (model, size from aspect, steps) and checks that the model and LoRAs exist (Failure `unknown_model`, `unknown_lora`, naming
   * those that do). While the engine is down it uses what was last seen, and where nothing was, takes the names as given: they are checked again in `render`.
   */
  plan(wish: RenderWish): Promise<RenderPlan>;
  /** Calls `run.save` once a picture. `tool` and `input` go into the recipe. */
  render(request: RenderRequest, run: Run): Promise<void>;
}

export type RenderWish = Pick<RenderRequest, "prompt" | "negativePrompt" | "count" | "seed" | "loras" | "init"> & {
  /** `wide`, `16:9` ...; see `core/sizes.ts`. Ignored where width and height are given. */
  aspect?: string;
  width?: number;
  height?: number;
  steps?: number;
  model?: string;
};

export interface UpscaleRequest {
  /** Artifact id. */
  image: string;
  scale: 2 | 3 | 4;
}

export interface UpscaleCapability {
  plan(request: UpscaleRequest, source: Artifact): Promise<{ family: string; vramGb: number; model: string }>;
  upscale(request: UpscaleRequest, run: Run): Promise<void>;
}

export interface Engine {
  readonly id: string;
  readonly title: string;
  /** Whether it uses the card: its families run in the GPU lane, the others beside it. */
  readonly gpu: boolean;
  /** Every family it may name. */
  readonly families: readonly string[];
  status(signal?: AbortSignal): Promise<EngineStatus>;
  models(): Promise<ModelList>;
  /** Gives VRAM back and waits until that is so, or throws. */
  release?(signal: AbortSignal): Promise<void>;
  readonly image?: ImageCapability;
  readonly upscale?: UpscaleCapability;
}

/** The engines of this installation and the choice among them. */
export interface Engines {
  readonly all: readonly Engine[];
  /** Failure `engine_unavailable` for an id that this installation lacks. */
  get(id: string): Engine;
  /** A GPU engine once configured or seen, however it is now; the preview engine only where there never was one (or by `--preview`). */
  image(): Promise<Engine & { image: ImageCapability }>;
  upscaler(): Promise<Engine & { upscale: UpscaleCapability }>;
}
