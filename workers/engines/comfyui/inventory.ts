/** Which model files ComfyUI has, their family, trigger words and licence; what was last seen serves while it is down. */
import { isAssetFile } from "../../../core/asset.ts";
import type { ModelInfo } from "../../../core/ports/engine.ts";
import { licenceOf } from "../licences.ts";
import type { Api } from "./api.ts";
import { type Family, familyByMetadata, familyByName, familyByOption } from "./families.ts";
import { Unreachable } from "./http.ts";
import { triggerWords } from "./triggers.ts";

const folders = { checkpoints: "checkpoints", loras: "loras", upscalers: "upscale_models" } as const;
export type ModelKind = keyof typeof folders;

/** `placed`: the LoRAs of people's assets. They are in no list: whose they are is not ours to know here. */
export type Files = Record<ModelKind | "placed", string[]>;

export interface Inventory {
  /** Now, from ComfyUI; throws Unreachable when it does not answer. */
  now(): Promise<Files>;
  /** As seen a moment ago where that will do, else now. A post that names a file which is gone is refused, so being wrong costs a post. */
  recent(enough?: (files: Files) => boolean): Promise<Files>;
  /** Now, or as last seen; undefined when it never answered. */
  known(): Promise<{ files: Files; live: boolean } | undefined>;
  family(kind: "checkpoints" | "loras", file: string): Promise<Family>;
  /** Everything a list shows of one file. */
  info(kind: ModelKind, file: string): Promise<ModelInfo>;
}

export function createInventory(api: Api, modelFamilies: Record<string, string>): Inventory {
  let last: Files | undefined;
  let seenAt = 0;
  // reading hundreds of headers takes seconds; a LoRA trained anew under its old name is noticed after this time
  const keep = 5 * 60_000;
  const metadata = new Map<string, { at: number; found: Record<string, string> | undefined }>();

  const readMetadata = async (kind: ModelKind, file: string): Promise<Record<string, string> | undefined> => {
    const key = `${kind}/${file}`;
    const kept = metadata.get(key);
    if (kept && Date.now() - kept.at < keep) return kept.found;
    try {
      const found = await api.metadata(folders[kind], file);
      metadata.set(key, { at: Date.now(), found });
      return found;
    } catch (error) {
      if (error instanceof Unreachable) return kept?.found;
      throw error;
    }
  };

  const now = async (): Promise<Files> => {
    const [checkpoints, everyLora, upscalers] = await Promise.all([
      api.models(folders.checkpoints),
      api.models(folders.loras),
      api.models(folders.upscalers),
    ]);
    const [loras, placed] = [everyLora.filter((file) => !isAssetFile(file)), everyLora.filter(isAssetFile)];
    last = { checkpoints, loras, upscalers, placed };
    seenAt = Date.now();
    return last;
  };

  const family = async (kind: "checkpoints" | "loras", file: string): Promise<Family> => {
    const said = familyByOption(file, modelFamilies);
    if (said) return said;
    // checkpoints carry their family in the name; a LoRA is named after what it shows, but its trainer wrote what it is for
    const named = familyByName(file);
    if (kind === "checkpoints" && named !== "unknown") return named;
    const written = familyByMetadata(await readMetadata(kind, file));
    return written === "unknown" ? named : written;
  };

  return {
    now,
    async recent(enough = () => true) {
      return last && Date.now() - seenAt < api.timings.inventory && enough(last) ? last : now();
    },
    family,
    async known() {
      try {
        return { files: await now(), live: true };
      } catch (error) {
        if (!(error instanceof Unreachable)) throw error;
        return last && { files: last, live: false };
      }
    },
    async info(kind, file) {
      const written = kind === "upscalers" ? undefined : await readMetadata(kind, file);
      const licence = written?.["modelspec.license"] || licenceOf(file);
      const words = kind === "loras" ? triggerWords(written) : [];
      const found = kind === "upscalers" ? "unknown" : await family(kind, file);
      return {
        name: file,
        family: found === "other" ? "unknown" : found,
        ...(words.length ? { triggerWords: words } : {}),
        ...(licence ? { licence } : {}),
      };
    },
  };
}
