/** What is heard in each hundredth of a second: how loud it is, how it is coloured, whether a voice hums in it and how high. */
import { setImmediate as breathe } from "node:timers/promises";
import FFT from "fft.js";
import type { Pcm } from "./pcm.ts";

/** One entry a frame. */
export interface Frames {
  /** Seconds between the beginnings of two. */
  hop: number;
  count: number;
  /** dBFS of the mean square; −100 for digital silence. */
  level: Float32Array;
  /** Hz of the voice; 0 where there is none. */
  pitch: Float32Array;
  /** Mel cepstrum without its loudness, `cepstrumSize` a frame. */
  cepstrum: Float32Array;
}

export const cepstrumSize = 12;
const hopSeconds = 0.01;
const size = 1024;
const bands = 26;
/** Hz of voices that are looked for: a deep man's to a child's. */
const voice = { least: 65, most: 500 } as const;
/** Autocorrelation that a hum has at least. */
const voicedFrom = 0.5;
/** Frames after which others may work: some milliseconds. */
const breath = 100;

const mel = (hertz: number): number => 2595 * Math.log10(1 + hertz / 700);
const hertzOf = (value: number): number => 700 * (10 ** (value / 2595) - 1);

/** Triangles over the power spectrum. */
function melBank(sampleRate: number): { from: number; weights: number[] }[] {
  const [low, high] = [mel(80), mel(Math.min(7600, sampleRate / 2))];
  const edge = (index: number): number => (hertzOf(low + ((high - low) * index) / (bands + 1)) * size) / sampleRate;
  return Array.from({ length: bands }, (_, band) => {
    const [left, middle, right] = [edge(band), edge(band + 1), edge(band + 2)];
    const from = Math.ceil(left);
    const weights: number[] = [];
    for (let bin = from; bin <= right && bin < size / 2; bin++)
      weights.push(bin <= middle ? (bin - left) / Math.max(1e-6, middle - left) : (right - bin) / Math.max(1e-6, right - middle));
    return { from, weights };
  });
}

const cosines = Array.from({ length: cepstrumSize }, (_, row) =>
  Array.from({ length: bands }, (_, band) => Math.cos((Math.PI * (row + 1) * (band + 0.5)) / bands)),
);

/** Tables and buffers of one recording. */
function createLook(sampleRate: number) {
  // the window of 40 ms must hold two periods of the deepest voice, and fit into the transform
  const span = Math.min(size, Math.round(sampleRate * 0.04));
  const fft = new FFT(size);
  const long = new FFT(size * 2);
  const hann = Float64Array.from({ length: span }, (_, index) => 0.5 - 0.5 * Math.cos((2 * Math.PI * index) / span));
  const [input, spectrum] = [new Array<number>(size).fill(0), fft.createComplexArray() as number[]];
  const [wide, wideOut] = [new Array<number>(size * 2).fill(0), long.createComplexArray() as number[]];
  const [powers, lags] = [long.createComplexArray() as number[], long.createComplexArray() as number[]];
  const bank = melBank(sampleRate);
  const shortest = Math.floor(sampleRate / voice.most);
  const longest = Math.min(span - 2, Math.ceil(sampleRate / voice.least));
  // what the window itself takes from the autocorrelation at each lag
  const taper = Float64Array.from({ length: longest + 1 }, (_, lag) => {
    let sum = 0;
    for (let index = 0; index + lag < span; index++) sum += (hann[index] ?? 0) * (hann[index + lag] ?? 0);
    return sum;
  });

  function cepstrum(samples: Float32Array, at: number, into: Float32Array, row: number): void {
    for (let index = 0; index < span; index++) input[index] = (samples[at + index] ?? 0) * (hann[index] ?? 0);
    fft.realTransform(spectrum, input);
    const power = (bin: number): number => (spectrum[bin * 2] ?? 0) ** 2 + (spectrum[bin * 2 + 1] ?? 0) ** 2;
    const energies = bank.map(({ from, weights }) => {
      let sum = 1e-10;
      for (const [index, weight] of weights.entries()) sum += weight * power(from + index);
      return Math.log(sum);
    });
    for (const [index, cosine] of cosines.entries()) {
      let sum = 0;
      for (const [band, factor] of cosine.entries()) sum += factor * (energies[band] ?? 0);
      into[row * cepstrumSize + index] = sum / Math.sqrt(bands);
    }
  }

  /** Autocorrelation by way of the spectrum; parabola through the peak. */
  function hum(samples: Float32Array, at: number, mean: number): { voicing: number; pitch: number } {
    for (let index = 0; index < span; index++) wide[index] = ((samples[at + index] ?? 0) - mean) * (hann[index] ?? 0);
    long.realTransform(wideOut, wide);
    long.completeSpectrum(wideOut);
    for (let bin = 0; bin < size * 2; bin++) {
      powers[bin * 2] = (wideOut[bin * 2] ?? 0) ** 2 + (wideOut[bin * 2 + 1] ?? 0) ** 2;
      powers[bin * 2 + 1] = 0;
    }
    long.inverseTransform(lags, powers);
    const zero = (lags[0] ?? 0) / (taper[0] ?? 1);
    if (zero <= 1e-10) return { voicing: 0, pitch: 0 };
    const repeats = (lag: number): number => (lags[lag * 2] ?? 0) / (taper[lag] ?? 1) / zero;
    let best = { lag: 0, value: 0, score: 0 };
    for (let lag = shortest + 1; lag < longest; lag++) {
      const value = repeats(lag);
      if (value < repeats(lag - 1) || value < repeats(lag + 1)) continue;
      // twice the period repeats as well: the shorter one is meant
      const score = value - 0.06 * Math.log2(lag / shortest);
      if (score > best.score) best = { lag, value, score };
    }
    if (best.lag === 0) return { voicing: 0, pitch: 0 };
    const [before, after] = [repeats(best.lag - 1), repeats(best.lag + 1)];
    const bend = before - 2 * best.value + after;
    const shift = bend < 0 ? (0.5 * (before - after)) / bend : 0;
    return { voicing: Math.min(1, best.value), pitch: sampleRate / (best.lag + shift) };
  }

  return { span, cepstrum, hum };
}

/** Lets others work in between: ten minutes of sound take seconds. @param sound of 16 to 24 kHz. */
export async function framesOf({ sampleRate, samples }: Pcm, signal?: AbortSignal): Promise<Frames> {
  const hop = Math.round(sampleRate * hopSeconds);
  const look = createLook(sampleRate);
  const count = Math.max(0, Math.floor((samples.length - look.span) / hop) + 1);
  const array = () => new Float32Array(count);
  const frames: Frames = {
    ...{ hop: hop / sampleRate, count, level: array(), pitch: array() },
    cepstrum: new Float32Array(count * cepstrumSize),
  };
  for (let frame = 0; frame < count; frame++) {
    if (frame % breath === 0) {
      await breathe();
      signal?.throwIfAborted();
    }
    const at = frame * hop;
    let [sum, squares] = [0, 0];
    for (let index = at; index < at + look.span; index++) {
      const sample = samples[index] ?? 0;
      sum += sample;
      squares += sample * sample;
    }
    const mean = sum / look.span;
    frames.level[frame] = Math.max(-100, 10 * Math.log10(squares / look.span - mean * mean + 1e-10));
    look.cepstrum(samples, at, frames.cepstrum, frame);
    const { voicing, pitch } = look.hum(samples, at, mean);
    frames.pitch[frame] = voicing >= voicedFrom ? pitch : 0;
  }
  return frames;
}
