/** Which model files A1111/Forge has, their family, trigger words and licence; what was last seen serves while it is down. */
import { isAssetFile } from "../../../core/asset.ts";
import type { ModelInfo } from "../../../core/ports/engine.ts";
import { licenceOf } from "../licences.ts";
import type { Api } from "./api.ts";
import { type Family, familyByMetadata, familyByName, familyByOption } from "./families.ts";
import { Unreachable } from "./http.ts";
import { triggerWords } from "./triggers.ts";
import * as wire from "./wire.ts";

/** `placed`: the LoRAs of people's assets, as `msb/<asset>.safetensors`. They are in no list: whose they are is not ours to know here. */
export interface Files {
  checkpoints: string[];
  loras: string[];
  upscalers: string[];
  placed: string[];
  /** By LoRA. */
  metadata: ReadonlyMap<string, Record<string, unknown>>;
}

export interface Inventory {
  /** Now, from A1111/Forge; throws Unreachable when it does not answer. `look`: it reads its folders again first. */
  now(look?: "loras" | "checkpoints"): Promise<Files>;
  /** As seen a moment ago where that will do, else now. */
  recent(enough: (files: Files) => boolean): Promise<Files>;
  /** Now, or as last seen; undefined when it never answered. */
  known(): Promise<{ files: Files; live: boolean } | undefined>;
  family(kind: "checkpoints" | "loras", file: string, files?: Files): Family;
  info(kind: "checkpoints" | "loras" | "upscalers", file: string, files: Files): ModelInfo;
}

/** A person waits for it. */
const quick = 5_000;
/** These enlarge without a model. */
const noModel = new Set(["none", "lanczos", "nearest"]);

/** `folder/name.safetensors [0123456789]` without the hash, which comes and goes. */
const untitled = (title: string) => title.replace(/\s*\[[^\]]+\]\s*$/, "").replaceAll("\\", "/");

/** What a person may see of a path: its file; of an own LoRA also the folder that tells it from others. */
function loraName({ name, path }: { name: string; path: string }): string {
  const parts = path.replaceAll("\\", "/").split("/");
  const file = parts.at(-1) || name;
  return parts.at(-2) === "msb" ? `msb/${file}` : file;
}

export function createInventory(api: Api, modelFamilies: Record<string, string>): Inventory {
  let last: Files | undefined;
  let seenAt = 0;

  const now: Inventory["now"] = async (look) => {
    // reading the folder of checkpoints waits for whatever is drawn: then the list is as it was
    if (look) await api.post(`/sdapi/v1/refresh-${look}`, {}, { timeout: quick }).catch((error: unknown) => onlySilence(error));
    const [checkpoints, loras, upscalers] = await Promise.all([
      api.list(wire.checkpoints, "/sdapi/v1/sd-models", undefined, quick),
      api.list(wire.loras, "/sdapi/v1/loras", [], quick),
      api.list(wire.upscalers, "/sdapi/v1/upscalers", [], quick),
    ]);
    const named = loras.map((lora) => ({ file: loraName(lora), metadata: lora.metadata }));
    last = {
      checkpoints: checkpoints.map(({ title }) => untitled(title)),
      loras: named.map(({ file }) => file).filter((file) => !isAssetFile(file)),
      placed: named.map(({ file }) => file).filter(isAssetFile),
      upscalers: upscalers.map(({ name }) => name).filter((name) => !noModel.has(name.toLowerCase())),
      metadata: new Map(named.map(({ file, metadata }) => [file, metadata])),
    };
    seenAt = Date.now();
    return last;
  };

  const family: Inventory["family"] = (kind, file, files = last) => {
    const said = familyByOption(file, modelFamilies);
    if (said) return said;
    const named = familyByName(file);
    // a LoRA is named after what it shows, but its trainer wrote what it is for
    if (kind === "checkpoints") return named;
    const written = familyByMetadata(files?.metadata.get(file) ?? {});
    return written === "unknown" ? named : written;
  };

  return {
    now,
    family,
    async recent(enough) {
      return last && Date.now() - seenAt < api.timings.inventory && enough(last) ? last : now();
    },
    async known() {
      try {
        return { files: await now(), live: true };
      } catch (error) {
        onlySilence(error);
        return last && { files: last, live: false };
      }
    },
    info(kind, file, files) {
      const written = kind === "loras" ? (files.metadata.get(file) ?? {}) : {};
      const licence = (typeof written["modelspec.license"] === "string" && written["modelspec.license"]) || licenceOf(file);
      const words = kind === "loras" ? triggerWords(written) : [];
      const found = kind === "upscalers" ? "unknown" : family(kind, file, files);
      return {
        name: file,
        family: found === "other" ? "unknown" : found,
        ...(words.length ? { triggerWords: words } : {}),
        ...(licence ? { licence } : {}),
      };
    },
  };
}

function onlySilence(error: unknown): void {
  if (!(error instanceof Unreachable)) throw error;
}
