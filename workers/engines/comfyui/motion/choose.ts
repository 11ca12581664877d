/** Which model makes a video: the one that was named, else the best that is whole; says which file or node is missing. */
import { Failure } from "../../../../core/failure.ts";
import { findFile, nearList } from "../../model-names.ts";
import { classesOf } from "./graph.ts";
import { kindOf, type MotionKind, motionKinds, type PartName } from "./kinds.ts";
import type { Stock } from "./stock.ts";
import { type MotionTemplate, motionTemplates } from "./templates.ts";

/** Stands for the usual model in a plan that was made before ComfyUI ever answered. */
export const usualModel = "default";

export interface ChosenMotion {
  kind: MotionKind;
  /** The file. */
  model: string;
  template: MotionTemplate;
  files: Partial<Record<PartName | "lowModel", string>>;
}

type From = "image" | "words";

interface Found {
  kind: MotionKind;
  model: string;
}

/** Every file that makes videos, the preferred kind first. */
function motionFiles(stock: Stock, said: Record<string, string> = {}): Found[] {
  const all = (["diffusion_models", "checkpoints"] as const).flatMap((folder) =>
    stock.files[folder].flatMap((model) => {
      const kind = kindOf(model, folder, said);
      return kind?.folder === folder ? [{ kind, model }] : [];
    }),
  );
  return all.sort((a, b) => motionKinds.indexOf(a.kind) - motionKinds.indexOf(b.kind));
}

const encoderType = (template: MotionTemplate) => motionTemplates[template]["encoder"]?.inputs["type"];

/** What it takes to use it, or what is missing for that. */
function complete({ kind, model }: Found, from: From, stock: Stock): ChosenMotion | Failure | undefined {
  const use = kind[from];
  if (!use) return undefined;
  const { template, parts } = use;
  const lacking = classesOf(template).find((name) => !stock.nodes.has(name));
  const type = encoderType(template);
  const update = (what: string) =>
    new Failure(
      "engine_outdated",
      `This ComfyUI does not know ${what}, which ${kind.title} needs. Update it (git pull, then pip install -r requirements.txt), restart it, then ask again.`,
    );
  if (lacking) return update(`the node ${lacking}`);
  if (typeof type === "string" && !stock.encoders.includes(type)) return update(`text encoders of the type "${type}"`);
  const files: ChosenMotion["files"] = {};
  if (kind.pair) {
    const low = findFile(model.replace(kind.pair.from, kind.pair.to), stock.files[kind.folder]);
    if (low === undefined) return missing(kind, kind.folder, model.replace(kind.pair.from, kind.pair.to).split(/[\\/]/).at(-1) ?? "");
    files.lowModel = low;
  }
  for (const [name, part] of Object.entries(parts) as [PartName, NonNullable<(typeof parts)[PartName]>][]) {
    const file = part.patterns.flatMap((pattern) => stock.files[part.folder].filter((entry) => pattern.test(entry)))[0];
    if (file === undefined) return missing(kind, part.folder, part.usual);
    files[name] = file;
  }
  return { kind, model, template, files };
}

function missing(kind: MotionKind, folder: string, file: string): Failure {
  return new Failure(
    "unknown_model",
    `${kind.title} also needs ${file}. Put it into ComfyUI's models/${folder} folder; no restart is needed.`,
  );
}

const start =
  "Bring them: `npm run models -- get wan22-5b` (18.1 GB). Or put wan2.2_ti2v_5B_fp16.safetensors into its models/diffusion_models folder, umt5_xxl_fp8_e4m3fn_scaled.safetensors into models/text_encoders and wan2.2_vae.safetensors into models/vae, or (for pictures alone) svd_xt.safetensors into models/checkpoints; no restart is needed.";

const chosen = (result: ChosenMotion | Failure | undefined): result is ChosenMotion => result !== undefined && !(result instanceof Failure);

/** All that can be used as things are. */
export function usableMotion(stock: Stock, from: From, said: Record<string, string> = {}): ChosenMotion[] {
  return motionFiles(stock, said)
    .map((found) => complete(found, from, stock))
    .filter(chosen);
}

/** Failures `unknown_model` (naming those that there are, or the file that is missing and its folder) and `engine_outdated`. */
export function chooseMotion(stock: Stock, wish: { model?: string; image: boolean }, said: Record<string, string> = {}): ChosenMotion {
  const from = wish.image ? "image" : "words";
  const all = motionFiles(stock, said);
  const names = all.map(({ model }) => model);
  const model = wish.model === undefined || wish.model === usualModel ? undefined : findFile(wish.model, names);
  if (wish.model !== undefined && wish.model !== usualModel) {
    const found = all.find((entry) => entry.model === model);
    if (!found)
      throw new Failure(
        "unknown_model",
        names.length === 0
          ? `ComfyUI has no model that makes videos, so "${wish.model}" cannot be used. ${start}`
          : `ComfyUI has no model "${wish.model}" that makes videos. It has: ${nearList(wish.model, names)}.`,
      );
    const result = complete(found, from, stock);
    if (result instanceof Failure) throw result;
    if (result) return result;
    const fitting = usableMotion(stock, from, said).map((entry) => entry.model);
    throw new Failure(
      "invalid_input",
      `${found.kind.title} makes videos ${wish.image ? "of words alone, not from a picture" : "from a picture, not of words alone"}. ${fitting.length > 0 ? `Choose ${nearList(wish.model, fitting)} instead.` : wish.image ? `Leave the picture out. ${start}` : "Give a picture to start from."}`,
    );
  }
  const results = all.map((found) => complete(found, from, stock));
  const first = results.find(chosen);
  if (first) return first;
  const why = results.find((result): result is Failure => result instanceof Failure);
  if (why) throw why;
  throw new Failure(
    "unknown_model",
    names.length === 0
      ? `ComfyUI has no model that makes videos. ${start}`
      : `What ComfyUI has (${nearList("", names)}) does not make videos ${wish.image ? "from a picture" : "of words alone"}. ${wish.image ? start : "Give a picture to start from, or put a model that makes them of words (such as Wan 2.2 5B) there."}`,
  );
}

/** ComfyUI never answered: what is named is taken as given, and chosen again when it does. */
export function unseenMotion(
  wish: { model?: string; image: boolean },
  said: Record<string, string> = {},
): { kind: MotionKind; model: string } {
  const first = motionKinds[0] as MotionKind;
  return { kind: (wish.model && kindOf(wish.model, undefined, said)) || first, model: wish.model ?? usualModel };
}
