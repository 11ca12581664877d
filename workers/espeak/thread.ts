/** Entry of a worker thread, the only place where espeak-ng (GPL-3.0) is loaded: it blocks its thread while it speaks. */
import { parentPort } from "node:worker_threads";
import type { EspeakModule, EspeakWorker } from "./package.ts";
import { plainText } from "./text.ts";

export interface SayTask {
  text: string;
  /** Of espeak-ng, a variant behind a plus sign: `en-us+f3`. */
  voice: string;
  /** Words a minute. */
  rate: number;
  /** 0 to 99; 50 is usual. */
  pitch: number;
  /** How much the pitch moves, 0 to 99; 50 is usual. */
  range: number;
}

export type SayAnswer = { sampleRate: number; samples: Float32Array<ArrayBuffer> } | { error: string };

/** How the package is called; its own output must not get into ours. */
async function load(): Promise<EspeakWorker> {
  const name = "@echogarden/espeak-ng-emscripten";
  const { default: start } = (await import(name)) as { default(options: object): Promise<EspeakModule> };
  const { eSpeakNGWorker } = await start({ print() {}, printErr() {} });
  return new eSpeakNGWorker();
}

function join(parts: readonly Int16Array[]): Float32Array<ArrayBuffer> {
  const samples = new Float32Array(parts.reduce((length, part) => length + part.length, 0));
  let at = 0;
  for (const part of parts) for (const sample of part) samples[at++] = sample / 32_768;
  return samples;
}

let loading: Promise<EspeakWorker> | undefined;

async function say({ text, voice, rate, pitch, range }: SayTask): Promise<SayAnswer> {
  try {
    loading ??= load();
    const espeak = await loading;
    if (espeak.set_voice(voice) !== 0) return { error: `no voice ${voice}` };
    espeak.set_rate(rate);
    espeak.set_pitch(pitch);
    espeak.set_range(range);
    const parts: Int16Array[] = [];
    // its plain `synthesize` reads SSML and phonemes in [[ ]]; this one reads every character as text
    espeak.synthesize_and_get_phonemes(plainText(text), (part) => {
      if (part.length > 0) parts.push(part);
      return false;
    });
    return { sampleRate: espeak.get_samplerate(), samples: join(parts) };
  } catch (error) {
    loading = undefined;
    return { error: String(error) };
  }
}

parentPort?.on("message", async (task: SayTask) => {
  const answer = await say(task);
  parentPort?.postMessage(answer, "samples" in answer ? [answer.samples.buffer] : []);
});
