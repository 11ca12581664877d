/** How long things take on a 16 GB card, and who says so: published figures of other people, rounded; nothing here was measured by us. */

export type Kind = "picture" | "video" | "training";

export interface Figure {
  family: string;
  kind: Kind;
  /** Seconds until it can work: model from disk to card, or a trainer's own start. Paid by whoever needs another family than the warm one. */
  loadSeconds: number;
  /** Seconds that one job runs, from and to. */
  runSeconds: readonly [number, number];
  source: string;
}

const minute = 60;

/** Sizes and disk speeds: SD 1.5 is a file of 2 to 4 GB, SDXL 7 GB, SVD-XT 9.6 GB, Flux FP8 12 GB and 5 GB of text encoder. */
export const figures: readonly Figure[] = [
  {
    family: "comfy-sd15",
    kind: "picture",
    loadSeconds: 10,
    runSeconds: [3, 6],
    source: "a quarter of SDXL's pixels and a third of its weights; loading: 5 GB in 30 s from an SSD (ComfyUI issue 1992), 2 GB of it",
  },
  {
    family: "comfy-sdxl",
    kind: "picture",
    loadSeconds: 20,
    runSeconds: [15, 25],
    source:
      "15 to 25 s for 1024x1024 in 30 steps (ownrig.com, RTX 4060); loading: 14 s for 7 GB from SATA, 30 to 60 s reported (ComfyUI issue 3457)",
  },
  {
    family: "comfy-flux",
    kind: "picture",
    loadSeconds: 35,
    runSeconds: [40, 70],
    source: "FP8, 12 GB, is what fits 16 GB (localaimaster.com), two to three times an SDXL step; loading: 17 GB at the same disk's speed",
  },
  {
    family: "comfy-upscale",
    kind: "picture",
    loadSeconds: 5,
    runSeconds: [4, 10],
    source: "ESRGAN x4 of a megapixel in tiles, a file of 64 MB: seconds on any such card; loading is mostly making room",
  },
  {
    family: "comfy-svd",
    kind: "video",
    loadSeconds: 25,
    runSeconds: [1.5 * minute, 4 * minute],
    source: "25 frames in 45 to 90 s on an RTX 4090 (theneuralbase.com), which is two to three times such a card; loading: 9.6 GB",
  },
  {
    family: "train",
    kind: "training",
    loadSeconds: 60,
    runSeconds: [30 * minute, 90 * minute],
    source:
      "SDXL LoRA, 2000 steps in an hour on an RTX 5060 Ti 16 GB (aihaberleri.org): 1000 to 3000 steps; 60 s to import, load and cache",
  },
];

/** Seconds between a training's saves: 150 steps of 1.8 s. */
export const saveSeconds = 270;

export function figureOf(family: string): Figure {
  const found = figures.find((figure) => figure.family === family);
  if (!found) throw new Error(`no figure for ${family}`);
  return found;
}
