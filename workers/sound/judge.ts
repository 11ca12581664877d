/** Whether a recording is good enough to clone a voice from, in words with the numbers that are allowed. */
import { Failure } from "../../core/failure.ts";
import type { Heard } from "./listen.ts";
import type { Speakers } from "./speakers.ts";

/** Seconds of a recording. */
export const recordingSeconds = { least: 3, most: 600 } as const;

const limits = {
  speechSeconds: 3,
  /** dBFS of the speech. */
  level: -45,
  /** Share of samples. */
  clipped: { warn: 0.001, refuse: 0.03 },
  /** dB. */
  snr: { refuse: 10, warn: 20 },
  /** See `Heard.tonal`, `Heard.held`. Speech of 16 people: at most 0.22 and 0.10; sung 0.32 and 0.30; chords 0.8 and 0.6. */
  tonal: 0.45,
  held: 0.2,
  depth: 0.45,
} as const;

const refuse = (message: string): Failure => new Failure("invalid_input", message);
const one = (value: number): string => value.toFixed(1);
const percent = (share: number): string => `${(share * 100).toFixed(share < 0.01 ? 2 : 1)} %`;

/** Of the whole, before anything is listened to. @param least seconds that the engine needs. */
export function checkLength(seconds: number, least: number): void {
  const needed = Math.max(least, recordingSeconds.least);
  const range = `A recording has ${needed} to ${recordingSeconds.most} s`;
  if (seconds < needed)
    throw refuse(`The recording is ${one(seconds)} s long: too short. ${range}; 10 to 30 s of clear speech are best. Record more.`);
  if (seconds > recordingSeconds.most + 0.5)
    throw refuse(
      `The recording is ${one(seconds)} s long: too long. ${range}; 10 to 30 s of clear speech are best. Cut a piece out and send that.`,
    );
}

function checkSpeech(heard: Heard, what: string): void {
  if (heard.level < -80)
    throw refuse(
      `${what} is silent (${one(heard.level)} dBFS). Speech needs at least ${limits.level} dBFS; check the microphone and record again.`,
    );
  // what stands still or leaps hums like an instrument; with the noise of a crowd both are drowned
  const music = heard.tonal >= limits.tonal || (heard.tonal >= 0.3 && heard.depth < limits.depth);
  if (heard.speechSeconds < 1 || music) {
    const found = music
      ? `it sounds like music (${Math.round(heard.tonal * 100)} % of its tones stand still or leap, in speech below ${limits.tonal * 100} %)`
      : "nothing in it hums like a voice";
    throw refuse(
      `${what} has no speech that can be made out: ${found}. Give a recording of one person who speaks, without music, at least ${limits.speechSeconds} s of it.`,
    );
  }
}

/** What has to do with the voice alone. @param what such as `The recording`. @returns what a person should know. */
export function judge(heard: Heard, what: string): string[] {
  checkSpeech(heard, what);
  if (heard.snr < limits.snr.refuse)
    throw refuse(
      `${what} is too noisy: the voice is ${one(heard.snr)} dB above what else is heard; at least ${limits.snr.refuse} dB are needed, ${limits.snr.warn} and more are good. Record in a quiet room, close to the microphone, without music.`,
    );
  if (heard.speechSeconds < limits.speechSeconds)
    throw refuse(
      `${what} has ${one(heard.speechSeconds)} s of speech; at least ${limits.speechSeconds} s are needed. Record more, or choose another piece by start and seconds.`,
    );
  if (heard.speechLevel < limits.level)
    throw refuse(
      `${what} is too quiet: its speech has ${one(heard.speechLevel)} dBFS, at least ${limits.level} dBFS are needed. Record closer to the microphone.`,
    );
  if (heard.clipped > limits.clipped.refuse)
    throw refuse(
      `${what} is clipped: ${percent(heard.clipped)} of it is cut off flat, at most ${percent(limits.clipped.refuse)} may be. Record again with the microphone turned down.`,
    );
  return [
    ...(heard.snr < limits.snr.warn
      ? [`Some noise: the voice is ${one(heard.snr)} dB above it; ${limits.snr.warn} dB and more clone better.`]
      : []),
    ...(heard.clipped > limits.clipped.warn ? [`Recorded too loud: ${percent(heard.clipped)} of it is clipped; the clone may rasp.`] : []),
    ...(heard.held >= limits.held ? ["It sounds sung: the clone will sing more than speak."] : []),
  ];
}

const clock = (seconds: number): string => `${Math.floor(seconds / 60)}:${String(Math.floor(seconds % 60)).padStart(2, "0")}`;

/** @returns what a person should know. */
export function judgeSpeakers({ two, semitones, gain, other }: Speakers, what: string, offset = 0): string[] {
  if (two === "no" || !other) return [];
  const where = `${clock(offset + other.start)} to ${clock(offset + other.end)}`;
  const figures = `voices ${one(semitones)} semitones apart, difference ${gain.toFixed(2)} a frame`;
  if (two === "sure")
    throw refuse(
      `${what} has two people in it: another voice is heard from about ${where} (${figures}; 7 semitones are too many for one). A voice is cloned from one person alone. Give start and seconds of a piece in which only they speak, or another recording.`,
    );
  return [
    `There may be a second voice from about ${where} (${figures}). If it is another person, give start and seconds of a piece without them.`,
  ];
}
