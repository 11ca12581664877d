/** The nodes that a fake ComfyUI has: their schema as `/object_info` gives it, in both combo shapes. */
import type { FakeState } from "./fake-state.ts";
import { videoSpecs } from "./fake-video-nodes.ts";

export type Spec = readonly [string | readonly string[], Record<string, unknown>?];

export interface NodeSpec {
  required: Record<string, Spec>;
  optional?: Record<string, Spec>;
  output: string[];
  outputNode?: boolean;
}

const samplers = ["euler", "euler_ancestral", "heun", "dpmpp_2m", "dpmpp_2m_sde", "dpmpp_sde", "ddim", "lcm", "uni_pc"];
const schedulers = ["simple", "sgm_uniform", "karras", "exponential", "ddim_uniform", "beta", "normal", "linear_quadratic", "kl_optimal"];
const methods = ["nearest-exact", "bilinear", "area", "bicubic", "lanczos"];
const int = (min: number, max: number, value = min): Spec => ["INT", { default: value, min, max }];
const float = (min: number, max: number, value = min): Spec => ["FLOAT", { default: value, min, max, step: 0.01 }];
const text: Spec = ["STRING", { multiline: true }];

/** Those that this version has. */
export function nodeSpecs(state: FakeState): Record<string, NodeSpec> {
  const all = { ...pictureSpecs(state), ...videoSpecs(state, samplers, schedulers) };
  return Object.fromEntries(Object.entries(all).filter(([name]) => !state.options.lacks.includes(name)));
}

function pictureSpecs(state: FakeState): Record<string, NodeSpec> {
  const files = (kind: string): string[] => state.disk.models[kind] ?? [];
  // nodes that were rewritten have the newer shape, in both dialects
  const combo = (options: string[]): Spec => ["COMBO", { multiselect: false, options }];
  return {
    CheckpointLoaderSimple: { required: { ckpt_name: [files("checkpoints"), {}] }, output: ["MODEL", "CLIP", "VAE"] },
    LoraLoader: {
      required: {
        model: ["MODEL"],
        clip: ["CLIP"],
        lora_name: [files("loras"), {}],
        strength_model: float(-100, 100, 1),
        strength_clip: float(-100, 100, 1),
      },
      output: ["MODEL", "CLIP"],
    },
    CLIPTextEncode: { required: { text, clip: ["CLIP"] }, output: ["CONDITIONING"] },
    EmptyLatentImage: {
      required: { width: int(16, 16384, 512), height: int(16, 16384, 512), batch_size: int(1, 4096) },
      output: ["LATENT"],
    },
    KSampler: {
      required: {
        model: ["MODEL"],
        seed: ["INT", { default: 0, min: 0, max: 18446744073709552000 }],
        steps: int(1, 10000, 20),
        cfg: float(0, 100, 8),
        sampler_name: [samplers, {}],
        scheduler: [schedulers, {}],
        positive: ["CONDITIONING"],
        negative: ["CONDITIONING"],
        latent_image: ["LATENT"],
        denoise: float(0, 1, 1),
      },
      output: ["LATENT"],
    },
    VAEDecode: { required: { samples: ["LATENT"], vae: ["VAE"] }, output: ["IMAGE"] },
    VAEEncode: { required: { pixels: ["IMAGE"], vae: ["VAE"] }, output: ["LATENT"] },
    LoadImage: { required: { image: [[...state.disk.input.keys()], { image_upload: true }] }, output: ["IMAGE", "MASK"] },
    EmptyImage: {
      required: { width: int(1, 16384, 512), height: int(1, 16384, 512), batch_size: int(1, 4096), color: int(0, 0xffffff) },
      output: ["IMAGE"],
    },
    ImageScale: {
      required: {
        image: ["IMAGE"],
        upscale_method: [methods, {}],
        width: int(0, 16384, 512),
        height: int(0, 16384, 512),
        crop: [["disabled", "center"], {}],
      },
      output: ["IMAGE"],
    },
    ImageInvert: { required: { image: ["IMAGE"] }, output: ["IMAGE"] },
    UpscaleModelLoader: { required: { model_name: combo(files("upscale_models")) }, output: ["UPSCALE_MODEL"] },
    ImageUpscaleWithModel: { required: { upscale_model: ["UPSCALE_MODEL"], image: ["IMAGE"] }, output: ["IMAGE"] },
    SaveImage: { required: { images: ["IMAGE"], filename_prefix: ["STRING", { default: "ComfyUI" }] }, output: [], outputNode: true },
    PreviewImage: { required: { images: ["IMAGE"] }, output: [], outputNode: true },
  };
}

/** The options of a combo that are checked when a prompt is posted: 0.3.64 checks only the older shape (seen in the real one). */
export function comboOptions(state: FakeState, spec: Spec): readonly string[] | undefined {
  if (typeof spec[0] !== "string") return spec[0];
  return spec[0] === "COMBO" && state.options.dialect === "new" ? (spec[1]?.["options"] as string[]) : undefined;
}

export function objectInfo(specs: Record<string, NodeSpec>, only?: string): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(specs)
      .filter(([name]) => only === undefined || name === only)
      .map(([name, spec]) => [
        name,
        {
          input: { required: spec.required, optional: spec.optional ?? {} },
          input_order: { required: Object.keys(spec.required) },
          output: spec.output,
          output_is_list: spec.output.map(() => false),
          output_name: spec.output,
          name,
          display_name: name,
          description: "",
          python_module: "nodes",
          category: "fake",
          output_node: spec.outputNode === true,
        },
      ]),
  );
}
