/** How long a training takes and how many bytes, before it is begun. */
import type { TrainRequest } from "../../../core/ports/engine.ts";
import type { TrainFamily } from "./presets.ts";

type Size = Pick<TrainRequest, "steps" | "rank" | "resolution" | "batchSize" | "saveEvery" | "sampleEvery" | "samplePrompts">;

/**
 * Seconds a step for one picture at the family's own resolution, quickest and slowest.
 *
 * SDXL at 1024: 1.2 s on an RTX 3090 (bmaltais/kohya_ss#1730); a card of the next generations is faster, one of 12 GB took 13 s at 768 where it spilled into
 * RAM (kohya_ss#1285), which is what training alone on the card avoids. SD 1.5 at 512: 0.4 s on an RTX 3060, and 1.2 s on an RTX 2080 Ti by diffusers' LoRA guide (15 000
 * steps in 5 hours). The lower ends are guesses for a newer card. This box's own history replaces all of it once there is one.
 */
const stepSeconds: Record<TrainFamily, { from: number; to: number; side: number }> = {
  sd15: { from: 0.15, to: 1.2, side: 512 },
  sdxl: { from: 0.7, to: 3, side: 1024 },
};

/** Seconds of one sample picture of 20 steps. */
const sampleSeconds: Record<TrainFamily, [number, number]> = { sd15: [2, 8], sdxl: [6, 25] };

/** Loading the model, caching the pictures, writing the result. */
const around: [number, number] = [40, 240];

const samplesOf = ({ steps, sampleEvery, samplePrompts }: Size): number => samplePrompts.length * Math.floor(steps / sampleEvery);

export function secondsFor(family: TrainFamily, size: Size): [number, number] {
  const { from, to, side } = stepSeconds[family];
  const work = size.steps * size.batchSize * (size.resolution / side) ** 2;
  const samples = samplesOf(size);
  const [quick, slow] = sampleSeconds[family];
  return [Math.round(around[0] + work * from + samples * quick), Math.round(around[1] + work * to + samples * slow)];
}

/** Bytes of a LoRA for each rank, and of a sample picture, as gpu-host itself counts them before it accepts a run. */
const bytesPerRank: Record<TrainFamily, number> = { sd15: 900_000, sdxl: 6_000_000 };
const sampleBytes = 2_000_000;

/** A checkpoint a save, and three states of float32 weights with two moments each. */
export function bytesFor(family: TrainFamily, size: Size): { while: number; after: number } {
  const lora = bytesPerRank[family] * size.rank;
  const samples = samplesOf(size) * sampleBytes;
  return { while: lora * (Math.floor(size.steps / size.saveEvery) + 1) + 3 * 6 * lora + samples, after: lora + samples };
}
