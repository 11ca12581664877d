/** An engine is a program that does GPU work, behind this port; one adapter each in `workers/engines/`. */
import type { Readable } from "node:stream";
import type { Artifact, Recipe } from "../artifact.ts";
import type { Asset, AssetDetails, AssetKind } from "../asset.ts";
import type { Job, JobProgress, OrderName } from "../job.ts";
import type { Log } from "../log.ts";
import type { SpeechCapability, VoiceInfo } from "./sound.ts";
import type { ClipCapability, LipsCapability, MotionCapability, VideoUpscaleCapability } from "./video.ts";

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
  /** A file that the job's principal owns, or what a stage of the same tree made (`stage:picture`); Failure `unknown_artifact` otherwise. */
  open(artifact: string): Promise<{ artifact: Artifact; body: Readable }>;
  /**
   * Stores a result under `job/attempt/`; it is published with all others when the tool's `run` returns. Recipes go into the file here, and what it is (size, length, sound) is read from it.
   * @param poster a JPEG that stands for a video; it becomes a part.
   */
  save(file: { name: string; mediaType: string; body: Readable | Uint8Array; recipe: Recipe; poster?: Uint8Array }): Promise<void>;
  /** Names of this job's work inside the engine from earlier attempts, newest first. */
  readonly earlierRefs: readonly string[];
  /** Stores this attempt's name before the engine hears of it. */
  setEngineRef(ref: string): Promise<void>;
  /** An asset of the job's principal, by id or name; what a needed job made under this name goes first. Failure `unknown_asset`. */
  asset(kind: AssetKind, ref: string): Promise<Asset>;
  /** What this job makes, published with its artifacts; `artifactIdOf` gives the ids that its details need. At most one a job. */
  makeAsset(details: AssetDetails): void;
  /** The id under which a saved file will be published. Failure `internal` for a name that was not saved. */
  artifactIdOf(name: string): string;
  /** Hex SHA-256 of a saved file as it is stored, its recipe inside. Failure `internal` for a name that was not saved. */
  sha256Of(name: string): string;
  /** Called for each order that a person gives while it runs (and for the last one, where it came before). Returns how to stop hearing. */
  onOrder(hear: (name: OrderName) => void): () => void;
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
  /** What a LoRA can be trained on. */
  bases?: ModelInfo[];
  /** What makes videos. */
  motion?: ModelInfo[];
  /** Voices of the engine's own. */
  voices?: VoiceInfo[];
  note?: string;
}

/** A LoRA of a picture. */
export interface LoraUse {
  /** As the engine names it; of an own one, in a wish its name to the person, in a request the engine's file. */
  name: string;
  weight: number;
  /** Of a person's own (an asset): what is known of it without the engine, which may not have its file yet. */
  own?: { title: string; family: string; triggerWords: readonly string[] };
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
  loras: LoraUse[];
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

export interface TrainRequest {
  name: string;
  /** Base model, as the engine names it. */
  baseModel: string;
  /** `sd15` or `sdxl`. */
  family: string;
  triggerWords: string[];
  /** Dataset asset, by name or id. */
  dataset: string;
  steps: number;
  rank: number;
  alpha: number;
  learningRate: number;
  batchSize: number;
  resolution: number;
  optimizer: string;
  scheduler: string;
  precision: string;
  seed: number;
  /** Steps between states that it can go on from. */
  saveEvery: number;
  /** Steps between sample pictures, and what they show; no samples where there is none. */
  sampleEvery: number;
  samplePrompts: string[];
  /** Whether it may be tried once with less where the card has too little memory. */
  smallerOnOom: boolean;
}

/** Everything that the person left open is undefined. */
export type TrainWish = Pick<TrainRequest, "name" | "triggerWords" | "dataset"> &
  Partial<Omit<TrainRequest, "name" | "triggerWords" | "dataset">> & { /** Pictures of the dataset. */ pictures: number };

export interface TrainPlan {
  request: TrainRequest;
  /** Family of the lane, always alone on the card. */
  family: string;
  vramGb: number;
  /** Seconds from and to on a card of this size by published figures; undefined where none are known. */
  seconds?: [number, number];
  /** Bytes that it takes on the engine's disk while it runs, and that the LoRA takes. */
  bytes: { while: number; after: number };
  licence: string;
  /** Where the LoRA will be usable, or why it will not be by itself, in plain words. */
  notes: string[];
}

export interface TrainCapability {
  /** Fills what the person left open from the preset of the family and the card. Failures: `unknown_model`, `invalid_input`, `storage_full`. */
  plan(wish: TrainWish): Promise<TrainPlan>;
  /** Saves the weights and the samples, places the weights where the renderer reads them, and makes the asset. Goes on from an earlier attempt's last state. */
  train(request: TrainRequest, run: Run): Promise<void>;
}

export interface DatasetRequest {
  name: string;
  /** Artifacts: pictures, or zip archives of pictures. */
  pictures: string[];
  /** What is to be seen, in the person's words, for captions where no model writes them. Empty: there are none then. */
  subject: string;
  /** Pixels of the side that pictures are cropped and scaled for: 512 or 1024. */
  resolution: number;
  /** Leave out pictures without a face. */
  faces: boolean;
  /** One a picture, in order, where the person wrote them; empty = to be written. */
  captions: string[];
}

export interface DatasetCapability {
  plan(request: DatasetRequest, sources: readonly Artifact[]): Promise<{ family: string; vramGb: number; pictures: number }>;
  /** Checks, crops and captions the pictures, saves them as parts of one contact sheet, and makes the asset. Failure `invalid_input` with the numbers that are allowed. */
  make(request: DatasetRequest, run: Run): Promise<void>;
}

/** What an engine may be able to do. */
export type Capability = "image" | "upscale" | "train" | "dataset" | "speech" | "motion" | "videoUpscale" | "lips" | "clip";

export interface Engine {
  readonly id: string;
  readonly title: string;
  /** Whether it uses the card: its families run in the GPU lane, the others beside it. */
  readonly gpu: boolean;
  /** Every family it may name. */
  readonly families: readonly string[];
  /** Whether it moves parts of a model that does not fit out of the card, slowly: its jobs run on a card that is smaller than they ask for. */
  readonly offloads?: boolean;
  status(signal?: AbortSignal): Promise<EngineStatus>;
  models(): Promise<ModelList>;
  /** GB of the card as the engine sees them now, never remembered; undefined where it does not tell. `keptGb` of the free ones are kept for itself: no other program can have them. */
  vram?(signal: AbortSignal): Promise<{ totalGb: number; freeGb: number; keptGb?: number } | undefined>;
  /** Whether it works on this job already, for an attempt that is dead: then the card is the job's own, and no room is made. */
  atWork?(job: string, signal: AbortSignal): Promise<boolean>;
  /** Gives VRAM back and waits until that is so, or throws. */
  release?(signal: AbortSignal): Promise<void>;
  /** Whether what it is wants for this is there (a model, a program): absent where all that it can is always there. While it is down, as it was last seen. */
  offers?(can: Capability): Promise<boolean>;
  readonly image?: ImageCapability;
  readonly upscale?: UpscaleCapability;
  readonly train?: TrainCapability;
  readonly dataset?: DatasetCapability;
  readonly speech?: SpeechCapability;
  readonly motion?: MotionCapability;
  readonly videoUpscale?: VideoUpscaleCapability;
  readonly lips?: LipsCapability;
  readonly clip?: ClipCapability;
}

/** The engines of this installation and the choice among them. */
export interface Engines {
  readonly all: readonly Engine[];
  /** Failure `engine_unavailable` for an id that this installation lacks. */
  get(id: string): Engine;
  /** A GPU engine once configured or seen, however it is now; the preview engine only where there never was one (or by `--preview`). */
  image(): Promise<Engine & { image: ImageCapability }>;
  upscaler(): Promise<Engine & { upscale: UpscaleCapability }>;
  /** Failure `engine_unavailable` with the setting that brings one: a training has no stand-in. */
  trainer(): Promise<Engine & { train: TrainCapability }>;
  datasets(): Engine & { dataset: DatasetCapability };
  /** @param clone one that clones voices. The preview voice only where no real one was ever configured or seen. */
  speech(clone?: boolean): Promise<Engine & { speech: SpeechCapability }>;
  motion(): Promise<Engine & { motion: MotionCapability }>;
  videoUpscaler(): Promise<Engine & { videoUpscale: VideoUpscaleCapability }>;
  /** @param takes one that takes such a face, where there is one; else the one that there is. */
  lips(takes?: "picture" | "video"): Promise<Engine & { lips: LipsCapability }>;
  clips(): Engine & { clip: ClipCapability };
}
