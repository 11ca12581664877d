/** Engines for voices: text becomes speech in a voice of the engine's own, or in a person's, cloned from a reference recording. */
import type { VoiceDetails } from "../asset.ts";
import type { Source } from "../source.ts";
import type { ModelInfo, Run } from "./engine.ts";

export const speechFormats = ["mp3", "wav", "opus"] as const;
export type SpeechFormat = (typeof speechFormats)[number];

export interface SpeakRequest {
  text: string;
  /** Asset id or name of an own voice, or a voice of the engine's own as it lists it. */
  voice: string;
  /** ISO 639-1, such as `en`. */
  language: string;
  /** 0.5 to 2; 1 = as it is. */
  speed: number;
  /** Take i uses seed + i. */
  seed: number;
  /** 1 to 4. */
  takes: number;
  format: SpeechFormat;
}

export type SpeakWish = Pick<SpeakRequest, "text" | "speed" | "seed" | "takes" | "format"> & {
  /** The engine's usual one where it is absent. */
  voice?: string;
  /** That of the voice where it is absent. */
  language?: string;
  /** What is known of an own voice. */
  own?: { title: string; language: string };
};

export interface SpeakPlan {
  request: SpeakRequest;
  family: string;
  vramGb: number;
  /** Seconds of speech, estimated. */
  seconds: number;
  /** What a person should know: a licence that forbids commercial use, a language that is read by another voice. */
  notes: string[];
}

export interface CloneRequest {
  /** Artifact of the recording, or of a video with sound. */
  audio: string;
  /** Seconds into it where the reference begins, and how long that is: within the engine's window. */
  start: number;
  seconds: number;
  /** Whose voice it is. */
  person: string;
  /** What is said in the reference, word by word. */
  transcript: string;
  transcriptBy: VoiceDetails["transcriptBy"];
  language: string;
  /** What is spoken in it, to hear it. */
  testSentence: string;
  seed: number;
}

/** Everything that the person left open is undefined. */
export type CloneWish = Pick<CloneRequest, "audio" | "person" | "seed"> &
  Partial<Pick<CloneRequest, "start" | "seconds" | "transcript" | "language" | "testSentence">>;

export interface ClonePlan {
  request: CloneRequest;
  family: string;
  vramGb: number;
  /** What the checks found and a person should know, such as noise. */
  notes: string[];
}

/** Reads a file that the job's principal owns, whole; Failure `limit_exceeded` where it is too long. */
export type Opener = (artifact: string) => Promise<Uint8Array>;

export interface SpeechCapability {
  /** Languages that it speaks, ISO 639-1. */
  readonly languages: readonly string[];
  /** Voices of its own. */
  readonly voices: readonly string[];
  /** Seconds that a reference must have; absent where it cannot clone. */
  readonly reference?: { least: number; most: number };
  /** Failures: `unknown_asset` for a voice that it lacks, naming its own; `invalid_input` for a language that it lacks, or text without anything to say. */
  plan(wish: SpeakWish): Promise<SpeakPlan>;
  /** Saves one file a take. Long text is cut at sentences and joined. */
  speak(request: SpeakRequest, run: Run): Promise<void>;
  /**
   * Listens to the recording (length, loudness, noise, speech, one speaker), chooses the piece to clone from, and has it written down where no transcript is given and something can.
   * Failure `invalid_input` that says what is wrong with the numbers that are allowed. Looks at nothing else and takes no card.
   */
  planClone?(wish: CloneWish, source: Source, open: Opener): Promise<ClonePlan>;
  /** Saves the reference as it is used (a part) and the test sentence, and makes the voice. */
  clone?(request: CloneRequest, run: Run): Promise<void>;
}

/** For `list_models`: a voice of an engine's own. */
export type VoiceInfo = ModelInfo & { languages: string[] };
