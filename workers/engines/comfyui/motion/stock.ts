/** Which nodes and files for videos ComfyUI has, read from `/object_info`, class by class: the whole of it is large, and custom nodes make it slow. */
import type { Api } from "../api.ts";
import { Unreachable } from "../http.ts";
import { classesOf } from "./graph.ts";
import type { ModelFolder } from "./kinds.ts";
import { type MotionTemplate, motionTemplates, outTemplates } from "./templates.ts";

export interface Stock {
  nodes: ReadonlySet<string>;
  files: Record<ModelFolder, readonly string[]>;
  /** Text encoders that `CLIPLoader` can treat as such, such as `wan`. */
  encoders: readonly string[];
}

/** Where a list of files is offered. */
const lists: Record<ModelFolder, readonly [node: string, input: string]> = {
  diffusion_models: ["UNETLoader", "unet_name"],
  checkpoints: ["CheckpointLoaderSimple", "ckpt_name"],
  text_encoders: ["CLIPLoader", "clip_name"],
  vae: ["VAELoader", "vae_name"],
  clip_vision: ["CLIPVisionLoader", "clip_name"],
};

const classes = [
  ...new Set([
    ...(Object.keys(motionTemplates) as MotionTemplate[]).flatMap(classesOf),
    ...Object.values(outTemplates.video).map((node) => node.class_type),
  ]),
];

const isTexts = (value: unknown): value is string[] => Array.isArray(value) && value.every((entry) => typeof entry === "string");

/** The options of a combo in either shape: `[["a", "b"], {}]`, or `["COMBO", { options: ["a", "b"] }]`. */
export function comboOptions(info: unknown, node: string, input: string): string[] {
  const { required, optional } = ((info as Record<string, { input?: Record<string, unknown> }> | undefined)?.[node]?.input ?? {}) as Record<
    string,
    Record<string, unknown> | undefined
  >;
  const spec = required?.[input] ?? optional?.[input];
  if (!Array.isArray(spec)) return [];
  if (isTexts(spec[0])) return spec[0];
  const options = (spec[1] as { options?: unknown } | undefined)?.options;
  return spec[0] === "COMBO" && isTexts(options) ? options : [];
}

export interface StockRoom {
  /** Now; throws Unreachable. */
  now(): Promise<Stock>;
  /** As seen a moment ago, else now. */
  recent(): Promise<Stock>;
  /** Now, or as last seen; undefined where ComfyUI never answered. */
  known(): Promise<Stock | undefined>;
}

export function createStockRoom(api: Api): StockRoom {
  let last: { stock: Stock; at: number } | undefined;

  const now = async (): Promise<Stock> => {
    const found = await Promise.all(
      classes.map(async (name) => {
        const { status, body } = await api.get(`/object_info/${name}`);
        return status === 200 && typeof body === "object" && body !== null && name in body ? { name, info: body } : undefined;
      }),
    );
    const infos = new Map(found.flatMap((entry) => (entry ? [[entry.name, entry.info]] : [])));
    const options = (node: string, input: string) => comboOptions(infos.get(node), node, input);
    const list = (folder: ModelFolder) => options(...lists[folder]);
    const files = {
      diffusion_models: list("diffusion_models"),
      checkpoints: list("checkpoints"),
      text_encoders: list("text_encoders"),
      vae: list("vae"),
      clip_vision: list("clip_vision"),
    };
    last = { stock: { nodes: new Set(infos.keys()), files, encoders: options("CLIPLoader", "type") }, at: Date.now() };
    return last.stock;
  };
  const recent = async () => (last && Date.now() - last.at < api.timings.inventory ? last.stock : now());

  return {
    now,
    recent,
    async known() {
      try {
        return await recent();
      } catch (error) {
        if (!(error instanceof Unreachable)) throw error;
        return last?.stock;
      }
    },
  };
}
