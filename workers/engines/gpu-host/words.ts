/** What a run is for, as a person is told of it. */
export interface Words {
  /** Begins a sentence: `The training`. */
  the: string;
  /** What gpu-host cannot do where it is not set up: `train`. */
  verb: string;
}

/** Programs of gpu-host by their ids, as people know them. */
const programs: Record<string, string> = { "f5-tts": "F5-TTS", sadtalker: "SadTalker", wav2lip: "Wav2Lip" };

/** Begins the sentence that says why: `The speech could not be made by F5-TTS (gpu-host)`. */
export const notMade = ({ the }: Words, engine: string): string => `${the} could not be made by ${programs[engine] ?? engine} (gpu-host)`;

export const training: Words = { the: "The training", verb: "train" };
export const speaking: Words = { the: "The speech", verb: "speak" };
export const lipSync: Words = { the: "The talking face", verb: "make this face speak" };
