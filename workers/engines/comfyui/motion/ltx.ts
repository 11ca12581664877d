/** LTX-Video. */
import type { MotionKind, Part } from "./kinds.ts";

const t5: Part = {
  folder: "text_encoders",
  patterns: [/(?<![a-z])t5[-_]?xxl.*fp8/i, /(?<![a-z])t5[-_]?xxl/i],
  usual: "t5xxl_fp8_e4m3fn_scaled.safetensors",
};

const ltx = {
  shown: "ltx",
  family: "comfy-ltx",
  folder: "checkpoints",
  image: { template: "ltx-image", parts: { encoder: t5 } },
  words: { template: "ltx-words", parts: { encoder: t5 } },
  // the model's page: 8n + 1 frames below 257, sides that 32 divides, best below 720 x 1280
  frames: { step: 8, usual: 97, least: 25, most: 257 },
  fps: { usual: 24, least: 8, most: 30 },
  size: {
    table: [
      [832, 480],
      [768, 512],
      [704, 544],
      [640, 640],
      [960, 416],
    ],
    most: 1280 * 720,
    multiple: 32,
  },
  licence: "LTX-Video (conditions by version)",
  terms:
    "LTX-Video's licence differs by version (later ones: free of charge below a yearly revenue of 10 million US dollars): read the one that comes with the file before commercial use.",
  motion: "words",
} as const;

export const ltxKinds: readonly MotionKind[] = [
  {
    ...ltx,
    id: "ltx-13b",
    title: "LTX-Video 13B",
    pattern: /ltx.*13b/i,
    steps: 30,
    cfg: 3,
    // 15.7 GB of fp8 weights (their file's size)
    vramGb: 16,
  },
  {
    ...ltx,
    id: "ltx",
    title: "LTX-Video 2B",
    pattern: /^(?!.*ltx-?2(?!b)).*ltx/i,
    steps: 30,
    cfg: 3,
    // 6.3 GB of weights; 12 GB is what people report of it in ComfyUI (discussion 18 of the model's page)
    vramGb: 12,
  },
];
