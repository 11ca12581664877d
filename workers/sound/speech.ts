/** Everything of a speech engine that does not depend on the engine. */
import type { Run } from "../../core/ports/engine.ts";
import type { SpeechCapability } from "../../core/ports/sound.ts";
import type { Ffmpeg } from "../ffmpeg/index.ts";
import { clone } from "./clone.ts";
import type { Pcm } from "./pcm.ts";
import { planClone } from "./plan-clone.ts";
import { planSpeech } from "./plan-speech.ts";
import { speak } from "./speak.ts";
import type { Transcriber } from "./transcriber.ts";

/** One piece of text in one take. */
export interface SpeechLine {
  text: string;
  /** ISO 639-1. */
  language: string;
  speed: number;
  seed: number;
  voice:
    | { kind: "own" /** WAV. */; reference: Uint8Array; transcript: string; language: string }
    | { kind: "builtin" /** As the engine lists it. */; name: string };
}

export interface SpeechParts {
  engine: { id: string; title: string; version(): Promise<string> };
  family: string;
  vramGb: number;
  preview: boolean;
  /** Whether a trained model speaks. */
  generated: boolean;
  /** ISO 639-1. */
  languages: readonly string[];
  /** Of its own. The first one of a language is its usual one, the first of all where no language is asked for. */
  voices: readonly { name: string; language: string }[];
  /** Seconds of a reference; absent where it cannot clone. */
  reference?: { least: number; most: number };
  /** Of one line. */
  maxCharacters: number;
  /** Said every time, such as a licence. */
  notes: readonly string[];
  /** One sound a line, in order; called once a take. */
  say(lines: SpeechLine[], run: Run, progress: (done: number, of: number) => void): Promise<Pcm[]>;
  ffmpeg: Ffmpeg;
  transcriber?: Transcriber;
  /** Folder for temporary files. */
  scratch?: string;
}

export function createSpeech(parts: SpeechParts): SpeechCapability {
  const { reference } = parts;
  return {
    languages: parts.languages,
    voices: parts.voices.map(({ name }) => name),
    async plan(wish) {
      return planSpeech(wish, parts);
    },
    speak: (request, run) => speak(request, parts, run),
    ...(reference
      ? {
          reference,
          planClone: (wish, source, open) => planClone(wish, source, open, { ...parts, reference }),
          clone: (request, run) => clone(request, { ...parts, reference }, run),
        }
      : {}),
  };
}
