/** The lines of one take become one sound. */
import { Failure } from "../../core/failure.ts";
import type { Pcm } from "./pcm.ts";
import { activeDecibels, faded, leveled, trimmed } from "./polish.ts";

/** dBFS below which nobody hears anything. */
const silent = -60;

/** Seconds of the pause behind a line. */
function pauseBehind(text: string): number {
  if (/[.!?…。！？]["'”’»)\]」』]*\s*$/u.test(text)) return 0.35;
  return /[,;:—–，；：、]\s*$/u.test(text) ? 0.2 : 0.08;
}

function check(sound: Pcm | undefined, number: number, of: number): Pcm {
  const which = of > 1 ? `Line ${number} of ${of}` : "The speech";
  const level = sound && sound.samples.length > 0 ? activeDecibels(sound) : -180;
  if (sound && Number.isFinite(level) && level > silent) return sound;
  const how = Number.isFinite(level) ? `${level.toFixed(0)} dBFS, at least ${silent} dBFS are heard` : "it is no sound at all";
  throw new Failure(
    "engine_failed",
    `${which} came back silent (${how}). Retry the job with another seed; if it stays, choose another voice or write the text differently.`,
  );
}

/** Failure `engine_failed` where a line is silent. @param texts what was said, one a sound. */
export function joinLines(texts: readonly string[], sounds: readonly Pcm[]): Pcm {
  const lines = texts.map((_, index) => check(sounds[index], index + 1, texts.length));
  const sampleRate = lines[0]?.sampleRate ?? 24_000;
  if (lines.some((line) => line.sampleRate !== sampleRate))
    throw new Failure(
      "engine_failed",
      "The lines came back with different numbers of samples a second. Retry the job, and report it if it stays.",
    );
  const parts = lines.flatMap((line, index) => {
    const sound = faded(trimmed(line)).samples;
    if (index === lines.length - 1) return [sound];
    return [sound, new Float32Array(Math.round(pauseBehind(texts[index] ?? "") * sampleRate))];
  });
  const samples = new Float32Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    samples.set(part, at);
    at += part.length;
  }
  return leveled({ sampleRate, samples });
}
