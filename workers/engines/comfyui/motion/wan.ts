/** Wan 2.1 and 2.2: what fits a card of 16 GB first, then what only offloading makes fit. Files as Comfy-Org repackages them. */
import type { MotionKind, Part } from "./kinds.ts";

const umt5: Part = { folder: "text_encoders", patterns: [/umt5.*fp8/i, /umt5/i], usual: "umt5_xxl_fp8_e4m3fn_scaled.safetensors" };
const wan21Vae: Part = {
  folder: "vae",
  patterns: [/wan[-_. ]?2[._]?1.*vae/i, /^(?!.*2[._]?2).*wan.*vae/i],
  usual: "wan_2.1_vae.safetensors",
};
const wan22Vae: Part = { folder: "vae", patterns: [/wan[-_. ]?2[._]?2.*vae/i], usual: "wan2.2_vae.safetensors" };
const vision: Part = { folder: "clip_vision", patterns: [/clip[-_]?vision[-_]?h/i, /vit[-_]?h/i], usual: "clip_vision_h.safetensors" };

const wan21 = {
  shown: "wan",
  family: "comfy-wan",
  folder: "diffusion_models",
  // 81 frames at 16 a second: what all Wan 2.1 and the 14B of Wan 2.2 were trained on
  frames: { step: 4, usual: 81, least: 17, most: 81 },
  fps: { usual: 16, least: 8, most: 30 },
  size: {
    table: [
      [832, 480],
      [768, 512],
      [720, 544],
      [624, 624],
      [960, 416],
    ],
    most: 1280 * 720,
    multiple: 16,
  },
  licence: "Apache-2.0",
  motion: "words",
} as const;

export const wanKinds: readonly MotionKind[] = [
  {
    ...wan21,
    id: "wan22-5b",
    title: "Wan 2.2 5B",
    pattern: /wan[-_. ]?2[._]?2.*(ti2v|5b)/i,
    image: { template: "wan22-image", parts: { encoder: umt5, vae: wan22Vae } },
    words: { template: "wan22-words", parts: { encoder: umt5, vae: wan22Vae } },
    // trained on 121 frames at 24 a second and on nothing smaller than 1280 x 704
    frames: { step: 4, usual: 121, least: 25, most: 121 },
    fps: { usual: 24, least: 8, most: 30 },
    size: {
      table: [
        [1280, 704],
        [1152, 768],
        [1088, 800],
        [928, 928],
        [1440, 608],
      ],
      most: 1280 * 704,
      multiple: 32,
    },
    steps: 20,
    cfg: 5,
    // 9.3 GiB of weights in fp16; ComfyUI's page on Wan 2.2 says that it fits into 8 GB with offloading
    vramGb: 10,
  },
  {
    ...wan21,
    id: "wan21-1.3b",
    title: "Wan 2.1 1.3B",
    pattern: /wan[-_. ]?2[._]?1.*t2v.*1[._]?3b/i,
    words: { template: "wan21-words", parts: { encoder: umt5, vae: wan21Vae } },
    steps: 30,
    cfg: 6,
    // its page says 8.19 GB, at 832 x 480
    vramGb: 9,
  },
  {
    ...wan21,
    id: "wan21-i2v",
    title: "Wan 2.1 14B (pictures)",
    pattern: /wan[-_. ]?2[._]?1.*i2v/i,
    image: { template: "wan21-image", parts: { encoder: umt5, vae: wan21Vae, vision } },
    steps: 20,
    cfg: 6,
    // fp8 weights of 14B are 16 GB (their file's size): more than a card of 16 GB has free, so that a part is moved out
    vramGb: 16,
  },
  {
    ...wan21,
    id: "wan22-14b-i2v",
    title: "Wan 2.2 14B (pictures)",
    pattern: /wan[-_. ]?2[._]?2.*i2v.*high[-_ ]?noise/i,
    pair: { from: /high([-_ ]?noise)/i, to: "low$1" },
    image: { template: "wan22-pair-image", parts: { encoder: umt5, vae: wan21Vae } },
    steps: 20,
    cfg: 3.5,
    // 14.3 GB of fp8 weights each (their files' size), one of the two loaded at a time
    vramGb: 16,
  },
  {
    ...wan21,
    id: "wan22-14b-t2v",
    title: "Wan 2.2 14B (words)",
    pattern: /wan[-_. ]?2[._]?2.*t2v.*high[-_ ]?noise/i,
    pair: { from: /high([-_ ]?noise)/i, to: "low$1" },
    words: { template: "wan22-pair-words", parts: { encoder: umt5, vae: wan21Vae } },
    steps: 20,
    cfg: 3.5,
    vramGb: 16,
  },
  {
    ...wan21,
    id: "wan21-14b",
    title: "Wan 2.1 14B (words)",
    pattern: /wan[-_. ]?2[._]?1.*t2v/i,
    words: { template: "wan21-words", parts: { encoder: umt5, vae: wan21Vae } },
    steps: 30,
    cfg: 6,
    vramGb: 16,
  },
];
