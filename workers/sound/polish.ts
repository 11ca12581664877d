/** Sound as it is handed over: without a hum of direct current, at an even loudness, soft at its edges. */
import type { Pcm } from "./pcm.ts";
import { percentile } from "./statistics.ts";

/** dBFS of the speech in it, and the highest peak. */
const loudness = -20;
const peak = 10 ** (-1 / 20);

const decibels = (value: number): number => 20 * Math.log10(Math.max(value, 1e-9));

export function cutPcm({ sampleRate, samples }: Pcm, start: number, seconds: number): Pcm {
  const from = Math.max(0, Math.round(start * sampleRate));
  return { sampleRate, samples: samples.slice(from, from + Math.round(seconds * sampleRate)) };
}

function withoutOffset(samples: Float32Array): Float32Array {
  let sum = 0;
  for (const sample of samples) sum += sample;
  const mean = samples.length > 0 ? sum / samples.length : 0;
  return samples.map((sample) => sample - mean);
}

/** RMS of each hundredth of a second. */
function blocks({ sampleRate, samples }: Pcm): number[] {
  const size = Math.max(1, Math.round(sampleRate / 100));
  return Array.from({ length: Math.ceil(samples.length / size) }, (_, block) => {
    const part = samples.subarray(block * size, (block + 1) * size);
    return Math.sqrt(part.reduce((sum, sample) => sum + sample * sample, 0) / part.length);
  });
}

/** RMS of what is not pause. */
function activeLevel(pcm: Pcm): number {
  const levels = blocks(pcm);
  const from = percentile(levels, 0.95) / 10;
  const active = levels.filter((level) => level >= from && level > 0);
  return active.length === 0 ? 0 : Math.sqrt(active.reduce((sum, level) => sum + level * level, 0) / active.length);
}

/** dBFS of what is not pause; −180 where there is nothing, NaN where it is no sound. */
export const activeDecibels = (pcm: Pcm): number => decibels(activeLevel(pcm));

/** Direct current out, speech at −20 dBFS RMS, or less where its peaks would pass −1 dBFS. */
export function leveled({ sampleRate, samples }: Pcm): Pcm {
  const centred = withoutOffset(samples);
  const level = activeLevel({ sampleRate, samples: centred });
  let highest = 0;
  for (const sample of centred) highest = Math.max(highest, Math.abs(sample));
  if (level === 0 || highest === 0) return { sampleRate, samples: centred };
  const gain = Math.min(10 ** (loudness / 20) / level, peak / highest);
  return { sampleRate, samples: centred.map((sample) => sample * gain) };
}

/** Nothing clicks where it begins and ends. */
export function faded({ sampleRate, samples }: Pcm, seconds = 0.01): Pcm {
  const length = Math.min(Math.round(seconds * sampleRate), Math.floor(samples.length / 2));
  const soft = samples.slice();
  for (let index = 0; index < length; index++) {
    const factor = 0.5 - 0.5 * Math.cos((Math.PI * index) / length);
    soft[index] = (soft[index] ?? 0) * factor;
    soft[soft.length - 1 - index] = (soft[soft.length - 1 - index] ?? 0) * factor;
  }
  return { sampleRate, samples: soft };
}

/** Without the silence before and behind, but for `keep` seconds. */
export function trimmed(pcm: Pcm, keep = 0.04): Pcm {
  const levels = blocks(pcm);
  const from = Math.max(percentile(levels, 0.95) / 100, 1e-5);
  const first = levels.findIndex((level) => level >= from);
  if (first < 0) return pcm;
  const last = levels.findLastIndex((level) => level >= from);
  const start = Math.max(0, first / 100 - keep);
  return cutPcm(pcm, start, (last + 1) / 100 + keep - start);
}
