/** A recording as it is listened to: decoded, measured, judged, and a piece of it chosen. */
import { Failure } from "../../core/failure.ts";
import type { Ffmpeg } from "../ffmpeg/index.ts";
import { decodeSound } from "./decode.ts";
import { type Frames, framesOf } from "./frames.ts";
import { checkLength, judge, judgeSpeakers, recordingSeconds } from "./judge.ts";
import { type Heard, listen, sliceFrames } from "./listen.ts";
import type { Pcm } from "./pcm.ts";
import { choosePiece, type Piece, round } from "./piece.ts";
import { cutPcm } from "./polish.ts";
import { speakersOf } from "./speakers.ts";

/** Samples a second of a reference, and of what is listened to. */
const referenceRate = 24_000;

export interface Window {
  least: number;
  most: number;
}

export interface Chosen {
  piece: Piece;
  /** What is heard in the piece. */
  heard: Heard;
  sound: Pcm;
  /** What a person should know. */
  notes: string[];
}

/** Of a recording, or a video with sound. Failure `unsupported_media`, `invalid_input` for its length. */
export async function readRecording(
  ffmpeg: Ffmpeg,
  bytes: Uint8Array,
  window: Window,
  options: { signal: AbortSignal; scratch?: string },
): Promise<Pcm> {
  // a second more than is taken tells that it is longer
  const sound = await decodeSound(ffmpeg, bytes, { sampleRate: referenceRate, maxSeconds: recordingSeconds.most + 1, ...options });
  checkLength(sound.samples.length / sound.sampleRate, window.least);
  return sound;
}

function outside(start: number, seconds: number, length: number, { least, most }: Window): Failure {
  return new Failure(
    "invalid_input",
    `start ${start} and seconds ${seconds} do not fit: the piece has ${least} to ${most} s and lies within the recording, which is ${round(length)} s long.`,
  );
}

function pieceAt(sound: Pcm, frames: Frames, { start, seconds }: Piece, window: Window): Omit<Chosen, "notes"> {
  const length = sound.samples.length / sound.sampleRate;
  // hundredths were rounded
  if (!(start >= 0) || !(seconds >= window.least - 0.02) || seconds > window.most + 0.02 || start + seconds > length + 0.05)
    throw outside(start, seconds, length, window);
  const piece = cutPcm(sound, start, seconds);
  const own = sliceFrames(frames, Math.round(start / frames.hop), Math.round((start + seconds) / frames.hop));
  return { piece: { start, seconds }, heard: listen(piece, own), sound: piece };
}

/** The piece that the person named. What is elsewhere in the recording does not count. */
function named(sound: Pcm, frames: Frames, at: Piece, window: Window): Chosen {
  const chosen = pieceAt(sound, frames, at, window);
  const what = `The piece from ${round(at.start)} s to ${round(at.start + at.seconds)} s`;
  const own = sliceFrames(frames, Math.round(at.start / frames.hop), Math.round((at.start + at.seconds) / frames.hop));
  return { ...chosen, notes: [...judge(chosen.heard, what), ...judgeSpeakers(speakersOf(own, chosen.heard.speech), what, at.start)] };
}

/** Failure `invalid_input` with what is wrong and the numbers that are allowed. @param wish what the person left open is undefined. */
export async function chooseFrom(sound: Pcm, wish: Partial<Piece>, window: Window, signal?: AbortSignal): Promise<Chosen> {
  const length = sound.samples.length / sound.sampleRate;
  if (wish.start !== undefined && (wish.start < 0 || wish.start + (wish.seconds ?? window.least) > length + 0.05))
    throw outside(wish.start, wish.seconds ?? window.least, length, window);
  if (wish.seconds !== undefined && (wish.seconds < window.least || wish.seconds > window.most || wish.seconds > length + 0.05))
    throw outside(wish.start ?? 0, wish.seconds, length, window);
  const frames = await framesOf(sound, signal);
  if (wish.start !== undefined && wish.seconds !== undefined)
    return named(sound, frames, { start: wish.start, seconds: Math.min(wish.seconds, length - wish.start) }, window);
  const heard = listen(sound, frames);
  const notes: string[] = [];
  // from a start on is all that the person may have meant
  if (wish.start === undefined) {
    judge(heard, "The recording");
    notes.push(...judgeSpeakers(speakersOf(frames, heard.speech), "The recording"));
  }
  const within = wish.seconds === undefined ? window : { least: Math.max(window.least, wish.seconds * 0.8), most: wish.seconds };
  const piece = choosePiece(frames, heard, within, wish.start);
  if (!piece)
    throw new Failure(
      "invalid_input",
      `No piece of ${within.least} to ${within.most} s with enough speech was found in the recording (${round(length)} s, ${heard.speechSeconds.toFixed(1)} s of speech). Record one person who speaks for 10 s or more.`,
    );
  if (wish.start !== undefined) return named(sound, frames, piece, window);
  const chosen = pieceAt(sound, frames, piece, window);
  const found = judge(chosen.heard, `The best piece (${piece.start} s to ${round(piece.start + piece.seconds)} s)`);
  return { ...chosen, notes: [...notes, ...found] };
}
