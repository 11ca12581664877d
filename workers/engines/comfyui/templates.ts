/** The reviewed node graphs and where their values go; nothing of a person ever becomes a node, a link or a path. */
import img2img from "./templates/img2img.json" with { type: "json" };
import lora from "./templates/lora.json" with { type: "json" };
import txt2img from "./templates/txt2img.json" with { type: "json" };
import upscale from "./templates/upscale.json" with { type: "json" };
import type { Graph, GraphNode } from "./wire.ts";

/** Named values of a template: the node and the input that receive each. */
type Bindings = Record<string, readonly [node: string, input: string]>;

export interface Template<Value extends Bindings> {
  graph: Graph;
  bindings: Value;
}

const picture = {
  model: ["checkpoint", "ckpt_name"],
  prompt: ["positive", "text"],
  negativePrompt: ["negative", "text"],
  seed: ["sampler", "seed"],
  steps: ["sampler", "steps"],
  cfg: ["sampler", "cfg"],
  sampler: ["sampler", "sampler_name"],
  scheduler: ["sampler", "scheduler"],
  prefix: ["result", "filename_prefix"],
} as const satisfies Bindings;

// PreviewImage, not SaveImage: ComfyUI has no route that deletes a file, so results would pile up in the person's output folder, prompts inside.
// Its files lie in the temp folder, which ComfyUI empties when it starts. It ignores `filename_prefix`, but an input that differs
// makes it write anew even when everything before it was cached (rule: one prefix per attempt); read in the source of 0.3.64 and 0.27, seen in both.
export const templates = {
  txt2img: {
    graph: txt2img as Graph,
    bindings: { ...picture, width: ["latent", "width"], height: ["latent", "height"] },
  },
  img2img: {
    graph: img2img as Graph,
    bindings: {
      ...picture,
      width: ["fit", "width"],
      height: ["fit", "height"],
      image: ["source", "image"],
      strength: ["sampler", "denoise"],
    },
  },
  upscale: {
    graph: upscale as Graph,
    bindings: {
      image: ["source", "image"],
      model: ["upscaler", "model_name"],
      // the exact size asked for, whatever the model's own factor is
      width: ["fit", "width"],
      height: ["fit", "height"],
      prefix: ["result", "filename_prefix"],
    },
  },
} as const satisfies Record<string, Template<Bindings>>;

export const loraPiece = lora as GraphNode;

/** GB of VRAM by what is loaded: published sizes, rough (SD 1.5 at 512², SDXL at 1024², an ESRGAN on tiles). */
export const vramGb = { "comfy-sd15": 4, "comfy-sdxl": 10, "comfy-upscale": 3 } as const;
