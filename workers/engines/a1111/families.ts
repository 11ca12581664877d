/** What a model family wants (steps, guidance, sampler) and how a file's family is told. */
import { matches } from "../model-names.ts";

export type Family = "sd15" | "sdxl" | "unknown" | "other";

export interface Preset {
  steps: number;
  cfg: number;
  /** As A1111 names them: a sampler, and the `name` of a schedule. */
  sampler: string;
  scheduler: string;
}

const presets: Record<"sd15" | "sdxl" | "distilled", Preset> = {
  sd15: { steps: 25, cfg: 7, sampler: "DPM++ 2M", scheduler: "karras" },
  sdxl: { steps: 30, cfg: 6, sampler: "DPM++ 2M", scheduler: "karras" },
  // trained to need few steps; the usual guidance would burn the picture
  distilled: { steps: 8, cfg: 1.8, sampler: "Euler", scheduler: "sgm_uniform" },
};

export function presetFor(model: string, family: Family): Preset {
  if (/turbo|lightning|hyper|lcm|dmd2/i.test(model)) return presets.distilled;
  return presets[family === "sd15" ? "sd15" : "sdxl"];
}

/** A checkpoint of unknown family is treated as SDXL: most are today, and it is the careful choice for VRAM. */
export function queueFamily(family: Family): "a1111-sd15" | "a1111-sdxl" {
  return family === "sd15" ? "a1111-sd15" : "a1111-sdxl";
}

/** GB of VRAM by what is loaded: published sizes, rough (SD 1.5 at 512², SDXL at 1024², an ESRGAN on tiles). */
export const vramGb = { "a1111-sd15": 4, "a1111-sdxl": 10, "a1111-upscale": 3 } as const;

export const familyTitles: Record<Family, string> = {
  sd15: "SD 1.5",
  sdxl: "SDXL",
  unknown: "of unknown family",
  other: "neither SD 1.5 nor SDXL",
};

/** Words in file names, the more telling first. */
const byName: [RegExp, Family][] = [
  [/svd|stable[-_ ]?video|flux|sd[-_ ]?3|stable[-_ ]?audio|hunyuan|wan2|ltx|qwen|z[-_ ]?image|chroma|lumina|inpaint|refiner/i, "other"],
  [/sd[-_ .]?2[-_ .]?[01]|v2-1|768-ema|\.gguf$/i, "other"],
  [/xl|pony|illustrious|noob[-_ ]?ai/i, "sdxl"],
  [
    /sd[-_ .]?(v)?1|v1[-_.]?[45]|sd15|1[._]5|dreamshaper_[1-8]|realistic[-_ ]?vision|deliberate|anything[-_ ]?v|counterfeit|majicmix|rev[-_ ]?animated|epicrealism_/i,
    "sd15",
  ],
];

const byArchitecture: [RegExp, Family][] = [
  [/^stable-diffusion-xl|^sdxl/i, "sdxl"],
  [/^stable-diffusion-v1|^sd_v1|^sd_1/i, "sd15"],
  [/./, "other"],
];

export function familyByName(file: string): Family {
  return byName.find(([pattern]) => pattern.test(file))?.[1] ?? "unknown";
}

export function familyByMetadata(metadata: Record<string, unknown>): Family {
  const said = metadata["modelspec.architecture"] || metadata["ss_base_model_version"];
  return (typeof said === "string" && byArchitecture.find(([pattern]) => pattern.test(said))?.[1]) || "unknown";
}

/** The person's own word, from the configuration. */
export function familyByOption(file: string, options: Record<string, string>): Family | undefined {
  const said = Object.entries(options)
    .find(([name]) => matches(name, file))?.[1]
    ?.toLowerCase();
  if (said === undefined) return undefined;
  return said === "sd15" || said === "sdxl" ? said : "other";
}
