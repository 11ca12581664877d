/** Sounds for tests that are no speech, and what can be done to a sound. */
import type { Pcm } from "../pcm.ts";

/** The same numbers for the same seed. */
function random(seed = 1): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let value = Math.imul(state ^ (state >>> 15), state | 1);
    value ^= value + Math.imul(value ^ (value >>> 7), value | 61);
    return ((value ^ (value >>> 14)) >>> 0) / 4294967296;
  };
}

const from = (seconds: number, sampleRate: number, at: (time: number) => number): Pcm => ({
  sampleRate,
  samples: Float32Array.from({ length: Math.round(seconds * sampleRate) }, (_, index) => at(index / sampleRate)),
});

export const silence = (seconds: number, sampleRate = 24000): Pcm => from(seconds, sampleRate, () => 0);

export function whiteNoise(seconds: number, level = 0.1, sampleRate = 24000): Pcm {
  const next = random(7);
  return from(seconds, sampleRate, () => (next() * 2 - 1) * level * Math.sqrt(3));
}

/** A hum of the mains. */
export const hum = (seconds: number, level = 0.1, sampleRate = 24000): Pcm =>
  from(seconds, sampleRate, (time) => level * (Math.sin(2 * Math.PI * 50 * time) + 0.5 * Math.sin(2 * Math.PI * 150 * time)));

const chordTones = [
  [220, 277.18, 329.63],
  [146.83, 220, 293.66],
  [164.81, 246.94, 329.63],
  [196, 246.94, 392],
];
const scale = [261.63, 293.66, 329.63, 392, 440, 523.25];

/** A note with overtones that fades. */
const note = (hertz: number, since: number): number =>
  since < 0
    ? 0
    : Math.exp(-since * 2.5) *
      [1, 0.5, 0.33, 0.2].reduce((sum, part, index) => sum + part * Math.sin(2 * Math.PI * hertz * (index + 1) * since), 0);

/** Chords, one a second, struck twice. */
export const chords = (seconds: number, level = 0.1, sampleRate = 24000): Pcm =>
  from(seconds, sampleRate, (time) => {
    const tones = chordTones[Math.floor(time) % chordTones.length] ?? [];
    return (level / 2) * tones.reduce((sum, hertz) => sum + note(hertz, time % 1) + 0.6 * note(hertz, (time % 1) - 0.5), 0);
  });

/** A melody of single notes, four a second. */
export const melody = (seconds: number, level = 0.2, sampleRate = 24000): Pcm =>
  from(seconds, sampleRate, (time) => level * note(scale[(Math.floor(time * 4) * 7) % scale.length] ?? 440, time % 0.25));

/** Bass drum and snare, four beats a second. */
export function drums(seconds: number, level = 0.4, sampleRate = 24000): Pcm {
  const next = random(3);
  return from(seconds, sampleRate, (time) => {
    const since = time % 0.25;
    const bass = Math.sin(2 * Math.PI * (50 + 80 * Math.exp(-since * 40)) * since) * Math.exp(-since * 18);
    const snare = (next() * 2 - 1) * Math.exp(-since * 25);
    return level * (Math.floor(time * 4) % 2 === 0 ? bass : snare * 0.7);
  });
}

/** Added up; the first gives length and rate. */
export function mix(first: Pcm, ...others: Pcm[]): Pcm {
  const samples = first.samples.slice();
  for (const { samples: more } of others)
    for (let index = 0; index < samples.length; index++) samples[index] = (samples[index] ?? 0) + (more[index] ?? 0);
  return { sampleRate: first.sampleRate, samples };
}

/** One behind the other; all of one rate. */
export function chain(...sounds: Pcm[]): Pcm {
  const samples = new Float32Array(sounds.reduce((sum, sound) => sum + sound.samples.length, 0));
  let at = 0;
  for (const sound of sounds) {
    samples.set(sound.samples, at);
    at += sound.samples.length;
  }
  return { sampleRate: sounds[0]?.sampleRate ?? 24000, samples };
}

export const gain = ({ sampleRate, samples }: Pcm, factor: number): Pcm => ({
  sampleRate,
  samples: samples.map((sample) => sample * factor),
});

/** As a microphone that was turned up too far. */
export const clip = ({ sampleRate, samples }: Pcm, at: number): Pcm => ({
  sampleRate,
  samples: samples.map((sample) => Math.max(-1, Math.min(1, sample / at))),
});
