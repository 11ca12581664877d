/** What a ComfyUI keeps in memory, and the files that outlive it. */
import type { Graph } from "../wire.ts";

export type Dialect = "new" | "old";

/** A card that others use too, and what ComfyUI's models take of it. */
export interface FakeVram {
  /** A model file is loaded; throws where there is no room. */
  load(file: string): void;
  /** A node works with what is loaded; throws where there is no room. Returns how it ends. */
  work(node: string): () => void;
  /** Everything goes, in a while. */
  free(): Promise<void>;
  /** Bytes of the card, and what torch holds of it. */
  stats(): { total: number; free: number; torch: number };
}

export interface FakeOptions {
  /** `new` = 0.33 (with `/api/jobs`), `old` = 0.3.64. */
  dialect?: Dialect;
  /** False as in versions between the two, which had `/api/jobs` but no cancel below it. Default true. */
  cancelRoute?: boolean;
  /** Milliseconds a sampling step or tile. Default 2. */
  stepMs?: number;
  /** 0 or absent = any free one. */
  port?: number;
  device?: "cuda" | "cpu";
  /** Whether pictures are previewed where the prompt does not say. Default true. */
  previews?: boolean;
  /** Model files by folder; replaces the usual ones. */
  models?: Partial<Record<string, string[]>>;
  /** Without one there is room for everything. */
  vram?: FakeVram;
  /** Nodes that this version does not have. */
  lacks?: string[];
  /** `__metadata__` by file name. */
  metadata?: Record<string, Record<string, string>>;
}

/** `[number, prompt id, graph, extra data, output nodes]` */
export type QueueItem = [number, string, Graph, Record<string, unknown>, string[]];

export interface HistoryEntry {
  prompt: QueueItem;
  outputs: Record<string, unknown>;
  status: { status_str: "success" | "error"; completed: boolean; messages: [string, Record<string, unknown>][] };
  meta: Record<string, unknown>;
}

export interface NodeResult {
  /** Pixels of a picture or of the picture that a latent stands for. */
  width: number;
  height: number;
  count: number;
  /** What the picture depends on. */
  key: string;
  /** Of output nodes: what history and `executed` show. */
  ui?: { images: { filename: string; subfolder: string; type: string }[]; animated?: boolean[] };
}

/** Lost in a restart. */
export interface Memory {
  number: number;
  pending: QueueItem[];
  running: QueueItem | undefined;
  history: Map<string, HistoryEntry>;
  /** Results of the last graph by what they depend on. */
  cache: Map<string, NodeResult>;
  /** GB by model file. */
  loaded: Map<string, number>;
  /** The prompt that runs was told to stop. */
  interrupted: boolean;
  freeAsked: boolean;
  clientId: string | undefined;
  lastNode: string | undefined;
  /** Ids whose picture was uploaded, by name, for the temp folder. */
  temp: Map<string, Buffer>;
  counters: Map<string, number>;
}

export function emptyMemory(): Memory {
  return {
    number: 0,
    pending: [],
    running: undefined,
    history: new Map(),
    cache: new Map(),
    loaded: new Map(),
    interrupted: false,
    freeAsked: false,
    clientId: undefined,
    lastNode: undefined,
    temp: new Map(),
    counters: new Map(),
  };
}

/** Kept on disk. Keys are `subfolder/name`. */
export interface Disk {
  output: Map<string, Buffer>;
  input: Map<string, Buffer>;
  models: Record<string, string[]>;
  metadata: Record<string, Record<string, string>>;
}

export const usualModels: Record<string, string[]> = {
  checkpoints: ["sd15.safetensors", "sd_xl_base_1.0.safetensors"],
  loras: ["ink-sd15.safetensors", "ink-sdxl.safetensors"],
  upscale_models: ["RealESRGAN_x4plus.pth"],
  vae: [],
  text_encoders: [],
};

export const usualMetadata: Record<string, Record<string, string>> = {
  "ink-sd15.safetensors": { ss_base_model_version: "sd_v1", "modelspec.trigger_phrase": "zxq ink" },
  "ink-sdxl.safetensors": { "modelspec.architecture": "stable-diffusion-xl-v1-base/lora", "modelspec.license": "CC-BY-4.0" },
};

export interface FakeState {
  readonly options: Required<Pick<FakeOptions, "dialect" | "cancelRoute" | "stepMs" | "device" | "previews" | "lacks">> &
    Pick<FakeOptions, "vram">;
  readonly disk: Disk;
  memory: Memory;
}

export function folder(state: FakeState, type: string): Map<string, Buffer> | undefined {
  if (type === "output") return state.disk.output;
  if (type === "input") return state.disk.input;
  return type === "temp" ? state.memory.temp : undefined;
}

/** `sub/name.png [temp]` as LoadImage reads it. */
export function annotatedFile(state: FakeState, text: string): Buffer | undefined {
  const found = /^(.*?)(?: \[(output|input|temp)\])?$/.exec(text);
  return folder(state, found?.[2] ?? "input")?.get(found?.[1] ?? "");
}
