/** Which voice of espeak-ng reads a line: one of the preview's own, or, for a person's, a man's or a woman's by the pitch of the recording. */
import { Failure } from "../../../core/failure.ts";
import { framesOf } from "../../sound/frames.ts";
import { readWav, type SpeechLine } from "../../sound/index.ts";

/** Languages that have a woman's voice beside the usual one: the list stays short where people choose from it. */
const both = ["en", "de", "es", "fr", "it", "pt"];
const womans = "f3";

/** Between a man's usual 85 to 155 Hz and a woman's 165 to 255 Hz. */
const betweenHertz = 160;

export interface Reader {
  variant?: string;
}

/** @param languages that espeak-ng reads; the first voice of a language is its usual one. */
export function previewVoices(languages: readonly string[]): { name: string; language: string }[] {
  return languages.flatMap((language) => [
    { name: `preview-${language}`, language },
    ...(both.includes(language) ? [{ name: `preview-${language}-woman`, language }] : []),
  ]);
}

/** Median over the frames in which a voice hums; 0 where none does. */
export async function pitchOf(wav: Uint8Array, signal?: AbortSignal): Promise<number> {
  const { pitch } = await framesOf(readWav(wav), signal);
  const heard = pitch.filter((hertz) => hertz > 0).sort();
  return heard[Math.floor(heard.length / 2)] ?? 0;
}

export async function readerOf({ voice }: SpeechLine, signal?: AbortSignal): Promise<Reader> {
  if (voice.kind === "own") return (await pitchOf(voice.reference, signal)) > betweenHertz ? { variant: womans } : {};
  if (/^preview-[a-z]{2}$/.test(voice.name)) return {};
  if (/^preview-[a-z]{2}-woman$/.test(voice.name)) return { variant: womans };
  throw new Failure(
    "unknown_asset",
    `There is no voice "${voice.name.slice(0, 60)}" among the preview voices. list_models shows them; leave voice out for the usual one.`,
  );
}
