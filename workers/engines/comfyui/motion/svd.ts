/** Stable Video Diffusion: from a picture alone. */
import type { MotionKind } from "./kinds.ts";

const svd = {
  shown: "svd",
  family: "comfy-svd",
  folder: "checkpoints",
  image: { template: "svd", parts: {} },
  fps: { usual: 6, least: 5, most: 30 },
  size: {
    table: [
      [1024, 576],
      [896, 640],
      [832, 640],
      [768, 768],
      [1152, 512],
    ],
    most: 1024 * 576,
    multiple: 64,
  },
  steps: 20,
  cfg: 2.5,
  // fp16 as ComfyUI loads it, the VAE in tiles: 8 GB with offloading is what is published (Stability-AI/generative-models), 22 GB all resident
  vramGb: 8,
  licence: "Stability AI Community (conditions on commercial use)",
  terms:
    "Stable Video Diffusion's licence: Stability AI Community. Commercial use has conditions (registration, and a yearly revenue below 1 million US dollars).",
  motion: "bucket",
} as const;

export const svdKinds: readonly MotionKind[] = [
  {
    ...svd,
    id: "svd-xt",
    title: "Stable Video Diffusion XT",
    pattern: /(svd|stable[-_ ]?video).*xt/i,
    frames: { step: 1, usual: 25, least: 25, most: 25, only: 25 },
  },
  {
    ...svd,
    id: "svd",
    title: "Stable Video Diffusion",
    pattern: /(?<![a-z])svd|stable[-_ ]?video/i,
    frames: { step: 1, usual: 14, least: 14, most: 14, only: 14 },
  },
];
