/** The sound that a face shall speak, listened to. */
import { Failure } from "../../core/failure.ts";
import type { Ffmpeg } from "../ffmpeg/index.ts";
import { decodeSound, type Pcm } from "../sound/index.ts";
import { isTooLong, longestTalk, tooLong } from "./sources.ts";

/** What the programs that move lips work with. */
const talkRate = 16_000;
/** Seconds of a window whose loudness counts, and what is silence: 50 dB below the loudest that there can be. */
const [window, silence] = [0.05, 0.003];
const shortest = 0.3;

export const secondsOf = ({ samples, sampleRate }: Pcm): number => samples.length / sampleRate;

/** With silence behind it where it is shorter. */
export function filledUp(pcm: Pcm, seconds: number): Pcm {
  if (secondsOf(pcm) >= seconds) return pcm;
  const samples = new Float32Array(Math.ceil(seconds * pcm.sampleRate));
  samples.set(pcm.samples);
  return { sampleRate: pcm.sampleRate, samples };
}

/** Loudness (root mean square, 0 to 1) of each piece of `seconds`. */
export function loudness({ samples, sampleRate }: Pcm, seconds: number): number[] {
  const size = Math.max(1, Math.round(sampleRate * seconds));
  const found: number[] = [];
  for (let from = 0; from < samples.length; from += size) {
    const piece = samples.subarray(from, from + size);
    found.push(Math.sqrt(piece.reduce((sum, sample) => sum + sample * sample, 0) / piece.length));
  }
  return found;
}

/** Mono. Failures: `invalid_input` for one that is too long, too short or has nothing in it, `unsupported_media` for one that cannot be read. */
export async function talkOf(ffmpeg: Ffmpeg, bytes: Uint8Array, name: string, signal: AbortSignal): Promise<Pcm> {
  const pcm = await decodeSound(ffmpeg, bytes, { sampleRate: talkRate, signal, maxSeconds: longestTalk + 5 });
  const seconds = secondsOf(pcm);
  if (isTooLong(seconds)) throw tooLong(name, seconds);
  if (seconds < shortest)
    throw new Failure(
      "invalid_input",
      `${name} is ${seconds.toFixed(1)} seconds long: too short to speak. Give at least ${shortest} seconds.`,
    );
  if (!loudness(pcm, window).some((level) => level > silence))
    throw new Failure("invalid_input", `Nothing can be heard in ${name}: it is silent. Give a recording with speech.`);
  return pcm;
}
