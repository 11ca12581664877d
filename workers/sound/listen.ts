/** What a recording, or a piece of it, sounds like, in figures. */
import type { Frames } from "./frames.ts";
import type { Pcm } from "./pcm.ts";
import { meanLevel, median, percentile } from "./statistics.ts";

export interface Heard {
  seconds: number;
  /** Seconds in which somebody speaks, short pauses between sounds included. */
  speechSeconds: number;
  /** dBFS of the speech, and of what is left in its pauses. */
  speechLevel: number;
  noiseLevel: number;
  /** dB between them. */
  snr: number;
  /** dBFS of everything. */
  level: number;
  /** Share of the samples that are cut off flat. */
  clipped: number;
  /** Hz, the middle of the voice; 0 where nobody hums. */
  pitch: number;
  /** Share of the hum that stands still, as tones do and voices do not, or leaps, as chords seem to. */
  tonal: number;
  /** Share of the hum that stands still alone: singing has much of it, speech hardly any. */
  held: number;
  /** Spread of the loudness by its mean; speech: 0.6 and more. */
  depth: number;
  /** 1 for every frame of speech. */
  speech: Uint8Array;
}

/** Frames around a hum that may belong to the same syllable. */
const syllable = 14;
const quiet = -60;

/** Where somebody speaks: around what hums like a voice, as far as it is louder than the rest. */
function speechOf(frames: Frames): Uint8Array {
  const floor = percentile(frames.level, 0.05);
  const top = percentile(frames.level, 0.95);
  const least = Math.max(Math.min(floor + 3, top - 10), top - 35, quiet);
  const speech = new Uint8Array(frames.count);
  const voiced = (frame: number): boolean => (frames.pitch[frame] ?? 0) > 0 && (frames.level[frame] ?? -100) > least;
  for (let frame = 0; frame < frames.count; frame++) {
    // a voice hums for longer than a door creaks
    if (!voiced(frame) || !voiced(frame + 1) || !voiced(frame + 2)) continue;
    for (let near = Math.max(0, frame - syllable); near < Math.min(frames.count, frame + syllable); near++)
      if ((frames.level[near] ?? -100) > least) speech[near] = 1;
  }
  return speech;
}

/** Of the loudest samples, those that lie beside each other at the same height: a peak of a voice is a point. */
function clippedShare(samples: Float32Array): number {
  let peak = 0;
  for (const sample of samples) peak = Math.max(peak, Math.abs(sample));
  if (peak < 0.1) return 0;
  const from = Math.min(peak * 0.998, 0.999);
  let [clipped, run] = [0, 0];
  for (let index = 0; index <= samples.length; index++) {
    if (index < samples.length && Math.abs(samples[index] ?? 0) >= from) run++;
    else {
      if (run >= 4) clipped += run;
      run = 0;
    }
  }
  return clipped / samples.length;
}

function steps(frames: Frames, speech: Uint8Array): Pick<Heard, "tonal" | "held"> {
  let [held, leaps, all] = [0, 0, 0];
  for (let frame = 1; frame < frames.count; frame++) {
    const [before, now] = [frames.pitch[frame - 1] ?? 0, frames.pitch[frame] ?? 0];
    if (!speech[frame] || !before || !now) continue;
    const semitones = Math.abs(12 * Math.log2(now / before));
    all++;
    if (semitones < 0.03) held++;
    else if (semitones > 1.5) leaps++;
  }
  return all === 0 ? { tonal: 0, held: 0 } : { tonal: (held + leaps) / all, held: held / all };
}

function depthOf(levels: Float32Array): number {
  const loudness = Array.from(levels, (level) => 10 ** (level / 20));
  const mean = loudness.reduce((sum, value) => sum + value, 0) / loudness.length;
  return mean === 0 ? 0 : Math.sqrt(loudness.reduce((sum, value) => sum + (value - mean) ** 2, 0) / loudness.length) / mean;
}

/** Frames of a pause in which the last sound has died away, and how many such frames tell of the room. */
const rest = { pause: 15, enough: 30 };

/** What is left where nobody speaks; where somebody always does, in the quietest moments. Digital silence was cut in, it tells nothing. */
function noiseOf(frames: Frames, speech: Uint8Array): number {
  const pauses: number[] = [];
  for (let frame = 0, from = 0; frame <= frames.count; frame++) {
    if (frame < frames.count && !speech[frame]) continue;
    if (frame - from >= rest.pause) pauses.push(...frames.level.subarray(from, frame));
    from = frame + 1;
  }
  const real = (levels: number[]): number[] => levels.filter((level) => level > -95);
  const heard = real(pauses);
  if (heard.length >= rest.enough) return median(heard);
  const quietest = percentile(real(Array.from(frames.level)), 0.01);
  return Number.isNaN(quietest) ? -100 : quietest;
}

export function listen({ sampleRate, samples }: Pcm, frames: Frames): Heard {
  const speech = speechOf(frames);
  const spoken = Array.from(frames.level).filter((_, frame) => speech[frame]);
  const level = meanLevel(Array.from(frames.level));
  const speechLevel = spoken.length > 0 ? meanLevel(spoken) : level;
  const noiseLevel = noiseOf(frames, speech);
  // what is heard of the speech has the noise in it
  const power = 10 ** (speechLevel / 10) - 10 ** (noiseLevel / 10);
  const pitches = Array.from(frames.pitch).filter((pitch, frame) => pitch > 0 && speech[frame]);
  return {
    ...{ seconds: samples.length / sampleRate, speechSeconds: spoken.length * frames.hop, speechLevel, noiseLevel, level },
    snr: power <= 0 ? 0 : Math.max(0, 10 * Math.log10(power) - noiseLevel),
    clipped: clippedShare(samples),
    pitch: pitches.length > 0 ? median(pitches) : 0,
    ...steps(frames, speech),
    ...{ depth: depthOf(frames.level), speech },
  };
}

/** Frames `from` to `to` alone. */
export function sliceFrames(frames: Frames, from: number, to: number): Frames {
  const size = frames.count > 0 ? frames.cepstrum.length / frames.count : 0;
  const end = Math.min(frames.count, to);
  const part = (values: Float32Array) => values.subarray(from, end);
  return {
    ...{ hop: frames.hop, count: Math.max(0, end - from), level: part(frames.level), pitch: part(frames.pitch) },
    cepstrum: frames.cepstrum.subarray(from * size, end * size),
  };
}
