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

/** Bytes of a text after which it can be reset. */
const longest = 16_000;

interface Loaded {
  espeak: EspeakWorker;
  /** Makes it as it was before its first sentence. It lets the voice flutter, and goes on where it was: the same request would be spoken otherwise each time. */
  reset(): void;
}

/** It seeds its noise with the time at which it starts: always the same, or each thread would speak otherwise. This thread does nothing else with it. */
async function atOneTime<Value>(work: () => Promise<Value>): Promise<Value> {
  const { now } = Date;
  Date.now = () => 0;
  try {
    return await work();
  } finally {
    Date.now = now;
  }
}

/** How the package is called; its own output must not get into ours. */
async function load(): Promise<Loaded> {
  const name = "@echogarden/espeak-ng-emscripten";
  const { default: start } = (await import(name)) as { default(options: object): Promise<EspeakModule> };
  const program = await start({ print() {}, printErr() {} });
  const espeak = new program.eSpeakNGWorker();
  // what it passes texts in is of the longest so far, and is known outside of its memory: it must have its place before the copy is made
  espeak.synthesize_and_get_phonemes(" ".repeat(longest), () => true);
  espeak.set_voice("en-us");
  // all that it knows lies here, 17 MB: copied in milliseconds, where loading it anew takes most of a second
  const fresh = program.HEAPU8.slice();
  const reset = (): void => {
    program.HEAPU8.set(fresh);
    program.HEAPU8.fill(0, fresh.length);
  };
  return { espeak, reset };
}

function join(parts: readonly Int16Array[]): Float32Array<ArrayBuffer> {
  const samples = new Float32Array(parts.reduce((length, part) => length + part.length, 0));
  let at = 0;
  for (const part of parts) for (const sample of part) samples[at++] = sample / 32_768;
  return samples;
}

let loading: Promise<Loaded> | undefined;

async function say({ text, voice, rate, pitch, range }: SayTask): Promise<SayAnswer> {
  try {
    loading ??= atOneTime(load);
    const { espeak, reset } = await loading;
    reset();
    const plain = plainText(text);
    if (Buffer.byteLength(plain) >= longest) loading = undefined;
    if (espeak.set_voice(voice) !== 0) return { error: `no voice ${voice}` };
    espeak.set_rate(rate);
    espeak.set_pitch(pitch);
    espeak.set_range(range);
    const parts: Int16Array[] = [];
    // its plain `synthesize` reads SSML and phonemes in [[ ]]; this one reads every character as text
    espeak.synthesize_and_get_phonemes(plain, (part) => {
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
