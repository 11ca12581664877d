/**
 * Speech without a GPU and without a model: espeak-ng reads the text, so that everything around voices can be used and tried.
 * It says PREVIEW where it is seen (notes, recipe, the answer in the chat) and not in the sound: a spoken word before the text would move captions and lips of a clip away from what they
 * belong to, and nobody takes this voice for a person's.
 */
import type { SpeechCapability } from "../../../core/ports/sound.ts";
import type { Espeak } from "../../espeak/index.ts";
import type { Ffmpeg } from "../../ffmpeg/index.ts";
import { createSpeech, type Pcm, type SpeechLine, type SpeechParts, type Transcriber } from "../../sound/index.ts";
import { previewVoices, type Reader, readerOf } from "./speech-voices.ts";

export interface PreviewSpeechOptions {
  espeak: Espeak;
  ffmpeg: Ffmpeg;
  transcriber?: Transcriber;
  /** Folder for temporary files. */
  scratch?: string;
}

const previewSpeechNote =
  "PREVIEW: a computer voice (espeak-ng) reads it, because no voice engine is set up; it is nobody's voice, and a cloned one is not heard in it. `myspinbot doctor` tells how to get a real one.";

/** Seeds differ by small steps: numbers that lie far apart of neighbours, from −1 to 1. */
function chance(seed: number, salt: number): number {
  let bits = ((seed % 2 ** 32) ^ Math.floor(seed / 2 ** 32) ^ Math.imul(salt, 0x9e3779b9)) >>> 0;
  bits = Math.imul(bits ^ (bits >>> 16), 0x85ebca6b);
  bits = Math.imul(bits ^ (bits >>> 13), 0xc2b2ae35);
  return ((bits ^ (bits >>> 16)) >>> 0) / 2 ** 31 - 1;
}

/** Takes differ a little in pitch and melody, as a person's would; the same seed is the same take. */
export function inflection(seed: number): { pitch: number; range: number } {
  return { pitch: Math.round(50 + 5 * chance(seed, 1)), range: Math.round(50 + 15 * chance(seed, 2)) };
}

/** @param espeak one that is not closed here: who made it closes it. */
export function previewSay(espeak: Espeak): SpeechParts["say"] {
  return async (lines, run, progress) => {
    const readers = new Map<Uint8Array, Reader>();
    const reader = async (line: SpeechLine): Promise<Reader> => {
      const reference = line.voice.kind === "own" ? line.voice.reference : undefined;
      const found = (reference && readers.get(reference)) ?? (await readerOf(line, run.signal));
      if (reference) readers.set(reference, found);
      return found;
    };
    const sounds: Pcm[] = [];
    for (const line of lines) {
      const { text, language, speed, seed } = line;
      sounds.push(await espeak.say({ text, language, speed, ...(await reader(line)), ...inflection(seed), signal: run.signal }));
      progress(sounds.length, lines.length);
    }
    return sounds;
  };
}

export function createPreviewSpeech({ espeak, ffmpeg, transcriber, scratch }: PreviewSpeechOptions): SpeechCapability {
  return createSpeech({
    engine: { id: "preview", title: "Preview voice", version: async () => `espeak-ng ${espeak.version}` },
    family: "preview",
    vramGb: 0,
    preview: true,
    generated: false,
    languages: espeak.languages,
    voices: previewVoices(espeak.languages),
    // what every cloning engine takes: a voice that is made here can be spoken by a real one later
    reference: { least: 3, most: 10 },
    maxCharacters: 400,
    notes: [previewSpeechNote],
    say: previewSay(espeak),
    ffmpeg,
    ...(transcriber ? { transcriber } : {}),
    ...(scratch ? { scratch } : {}),
  });
}
