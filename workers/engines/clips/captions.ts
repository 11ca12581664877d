/** What is said becomes captions: pieces that can be read at a glance, each shown while it is spoken. */
import { cutText, sentencesOf } from "../../sound/index.ts";

export interface Caption {
  /** One or two lines. */
  lines: string[];
  /** Seconds. */
  start: number;
  end: number;
}

/** Letters of a line, as subtitles have them; a character of East Asia is as wide as two. */
const lineLetters = 42;
/** Seconds of a pause behind a sentence, in letters that are spoken in that time. */
const pause = 5;

const wide = (text: string): number =>
  (text.match(/[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}]/gu) ?? []).length;
const width = (text: string): number => text.length + wide(text);

/** Two lines of about the same length. */
function lines(text: string): string[] {
  if (width(text) <= lineLetters) return [text];
  const [first, ...rest] = cutText(text, Math.max(8, Math.ceil((text.length / width(text)) * (width(text) / 2 + 6))));
  return first === undefined ? [] : [first, rest.join(" ")].filter(Boolean);
}

/** How long it takes to say, in letters. A character of East Asia is a syllable: about three letters. */
const weight = (text: string): number =>
  (text.match(/[\p{L}\p{N}]/gu) ?? []).length + 2 * wide(text) + (/[.!?…。！？]["'”’»)」』]*$/u.test(text) ? pause : 0);

/** @param seconds of the speech; the captions share them by their length. */
export function captionsOf(text: string, seconds: number): Caption[] {
  const most = Math.floor(lineLetters * 2 * (text.length / Math.max(1, width(text))));
  const pieces = sentencesOf(text).flatMap((sentence) => cutText(sentence, most));
  const said = pieces.filter((piece) => /[\p{L}\p{N}]/u.test(piece));
  const all = said.reduce((sum, piece) => sum + weight(piece), 0);
  let at = 0;
  return said.map((piece) => {
    const start = at;
    at += (weight(piece) / all) * seconds;
    return { lines: lines(piece), start, end: at };
  });
}

const stamp = (seconds: number): string => {
  const all = Math.round(seconds * 1000);
  const two = (value: number): string => String(value).padStart(2, "0");
  return `${two(Math.floor(all / 3_600_000))}:${two(Math.floor(all / 60_000) % 60)}:${two(Math.floor(all / 1000) % 60)}.${String(all % 1000).padStart(3, "0")}`;
};

/** Means something to ffmpeg's own form of captions, which it passes through on the way to MP4: likes of them that mean nothing. */
const alike: Record<string, string> = { "{": "(", "}": ")", "\\": "\uff3c" };

/** WebVTT, in which every letter is text. */
export function webVtt(captions: readonly Caption[]): string {
  const plain = (line: string): string =>
    line
      .replace(/&/g, "&amp;")
      .replace(/</g, "&lt;")
      .replace(/>/g, "&gt;")
      .replace(/[{}\\]/g, (mark) => alike[mark] ?? mark);
  const cues = captions.map(({ lines: own, start, end }) => `${stamp(start)} --> ${stamp(end)}\n${own.map(plain).join("\n")}\n`);
  return ["WEBVTT\n", ...cues].join("\n");
}

/** ISO 639-2, which MP4 wants; `und` for those that are not listed. */
export function trackLanguage(code: string): string {
  return threeLetters[code] ?? "und";
}

const threeLetters: Record<string, string> = {
  ...{ ar: "ara", bg: "bul", ca: "cat", cs: "ces", da: "dan", de: "deu", el: "ell", en: "eng", es: "spa", et: "est", fa: "fas", fi: "fin" },
  ...{ fr: "fra", he: "heb", hi: "hin", hr: "hrv", hu: "hun", id: "ind", is: "isl", it: "ita", ja: "jpn", ko: "kor", lt: "lit", lv: "lav" },
  ...{ nb: "nob", nl: "nld", no: "nor", pl: "pol", pt: "por", ro: "ron", ru: "rus", sk: "slk", sl: "slv", sr: "srp", sv: "swe", ta: "tam" },
  ...{ th: "tha", tr: "tur", uk: "ukr", vi: "vie", zh: "zho" },
};
