/** The reviewed graphs that make videos, and where their values go. Each ends in a node `decode` that gives the frames. */
import framesOut from "../templates/frames-out.json" with { type: "json" };
import ltxImage from "../templates/ltx-image.json" with { type: "json" };
import ltxWords from "../templates/ltx-words.json" with { type: "json" };
import svd from "../templates/svd.json" with { type: "json" };
import videoOut from "../templates/video-out.json" with { type: "json" };
import wan21Image from "../templates/wan21-image.json" with { type: "json" };
import wan21Words from "../templates/wan21-words.json" with { type: "json" };
import wan22Image from "../templates/wan22-image.json" with { type: "json" };
import wan22PairImage from "../templates/wan22-pair-image.json" with { type: "json" };
import wan22PairWords from "../templates/wan22-pair-words.json" with { type: "json" };
import wan22Words from "../templates/wan22-words.json" with { type: "json" };
import type { Graph } from "../wire.ts";

export const motionTemplates = {
  "wan22-image": wan22Image as Graph,
  "wan22-words": wan22Words as Graph,
  "wan21-image": wan21Image as Graph,
  "wan21-words": wan21Words as Graph,
  "wan22-pair-image": wan22PairImage as Graph,
  "wan22-pair-words": wan22PairWords as Graph,
  "ltx-image": ltxImage as Graph,
  "ltx-words": ltxWords as Graph,
  svd: svd as Graph,
} as const;
export type MotionTemplate = keyof typeof motionTemplates;

/** How the frames leave: as an MP4 where ComfyUI writes them, else one by one, as every version can. */
export const outTemplates = { video: videoOut as Graph, frames: framesOut as Graph } as const;

/** The node and input that receive a value, in whichever template has them. */
export const places = {
  model: [
    ["diffusion", "unet_name"],
    ["checkpoint", "ckpt_name"],
  ],
  lowModel: [["diffusionLow", "unet_name"]],
  encoder: [["encoder", "clip_name"]],
  vae: [["vae", "vae_name"]],
  vision: [["visionModel", "clip_name"]],
  prompt: [["positive", "text"]],
  negativePrompt: [["negative", "text"]],
  image: [["source", "image"]],
  width: [
    ["latent", "width"],
    ["condition", "width"],
  ],
  height: [
    ["latent", "height"],
    ["condition", "height"],
  ],
  frames: [
    ["latent", "length"],
    ["condition", "video_frames"],
  ],
  fps: [
    ["condition", "fps"],
    ["condition", "frame_rate"],
    ["video", "fps"],
  ],
  bucket: [["condition", "motion_bucket_id"]],
  seed: [
    ["sampler", "seed"],
    ["sampler", "noise_seed"],
    ["rough", "noise_seed"],
  ],
  steps: [
    ["sampler", "steps"],
    ["rough", "steps"],
    ["sigmas", "steps"],
  ],
  // where the first of two models hands over to the second
  handover: [
    ["rough", "end_at_step"],
    ["sampler", "start_at_step"],
  ],
  cfg: [
    ["sampler", "cfg"],
    ["rough", "cfg"],
  ],
  prefix: [["result", "filename_prefix"]],
} as const satisfies Record<string, readonly (readonly [node: string, input: string])[]>;
export type MotionValue = keyof typeof places;
