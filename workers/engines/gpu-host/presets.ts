/**
 * What a training starts from where the person left it open, by model family and size of the card.
 *
 * Rank 16, alpha 8, learning rate 1e-4 and AdamW8bit are those of the examples in sd-scripts' own guides (docs/train_network.md, docs/sdxl_train_network.md). About 100
 * steps a picture for SD 1.5 and 1600 in all for SDXL is the usual beginning there and in diffusers' LoRA guide; overtrained is seen in the samples, and `keep` ends it.
 * Memory: SDXL from 8 GB with an 8-bit optimizer or Adafactor and rank 4 to 8, 10 GB advised (sd-scripts' SDXL guide); rank 32 did not fit where rank 8 did
 * (bmaltais/kohya_ss#1730). On 12 GB batch 1 at 1024 pixels (bmaltais/kohya_ss#2315). SD 1.5 at 512 pixels with batch 4 fits 11 GB (kohya_ss#1730, a comment).
 * The figures for 16 and 24 GB are read off these; none was measured on a card by us.
 */

export type TrainFamily = "sd15" | "sdxl";
export const trainFamilies: readonly TrainFamily[] = ["sd15", "sdxl"];
export const familyTitles: Record<TrainFamily, string> = { sd15: "SD 1.5", sdxl: "SDXL" };

export interface Preset {
  resolution: number;
  rank: number;
  batchSize: number;
  optimizer: string;
  precision: string;
  learningRate: number;
  /** Of the card, GB. */
  vramGb: number;
  /** Drawing samples needs the decoder beside the training. */
  samples: boolean;
}

/** Smallest card first. */
const table: Record<TrainFamily, { cardGb: number; preset: Preset }[]> = {
  sd15: [
    { cardGb: 0, preset: preset({ resolution: 512, rank: 8, batchSize: 1, vramGb: 5 }) },
    { cardGb: 8, preset: preset({ resolution: 512, rank: 16, batchSize: 1, vramGb: 6 }) },
    { cardGb: 12, preset: preset({ resolution: 512, rank: 16, batchSize: 2, vramGb: 8 }) },
    { cardGb: 24, preset: preset({ resolution: 512, rank: 16, batchSize: 4, vramGb: 12 }) },
  ],
  sdxl: [
    { cardGb: 0, preset: preset({ resolution: 1024, rank: 4, batchSize: 1, vramGb: 7, optimizer: "Adafactor", samples: false }) },
    { cardGb: 11, preset: preset({ resolution: 1024, rank: 8, batchSize: 1, vramGb: 10 }) },
    { cardGb: 15, preset: preset({ resolution: 1024, rank: 16, batchSize: 1, vramGb: 12 }) },
    { cardGb: 23, preset: preset({ resolution: 1024, rank: 16, batchSize: 2, vramGb: 18 }) },
  ],
};

function preset(chosen: Pick<Preset, "resolution" | "rank" | "batchSize" | "vramGb"> & Partial<Preset>): Preset {
  return { optimizer: "AdamW8bit", precision: "bf16", learningRate: 1e-4, samples: true, ...chosen };
}

/** @param cardGb of the whole card. */
export function presetFor(family: TrainFamily, cardGb: number): Preset {
  const fitting = table[family].filter((entry) => entry.cardGb <= cardGb);
  return (fitting.at(-1) ?? table[family][0] ?? { preset: preset({ resolution: 512, rank: 8, batchSize: 1, vramGb: 5 }) }).preset;
}

/** Passes over pictures are what counts: a larger batch needs fewer steps. */
export function stepsFor(family: TrainFamily, pictures: number, batchSize: number): number {
  const passes = family === "sd15" ? Math.min(3000, Math.max(1000, pictures * 100)) : Math.min(4000, Math.max(1600, pictures * 80));
  return Math.ceil(passes / batchSize / 100) * 100;
}

/** Steps between saves: an eighth of the whole, so that a crash loses little, and never more saves than gpu-host takes. */
export function saveEveryFor(steps: number): number {
  return Math.max(1, Math.ceil(steps / 200), steps >= 400 ? Math.round(steps / 8 / 50) * 50 : Math.ceil(steps / 4));
}
