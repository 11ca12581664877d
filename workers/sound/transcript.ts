/** What is said in a reference: given by the person or written down by a model, and checked against the sound. */
import { Failure } from "../../core/failure.ts";
import type { CloneWish } from "../../core/ports/sound.ts";
import { languageByScript, languageCode } from "./languages.ts";
import { round } from "./piece.ts";
import type { Chosen } from "./recording.ts";
import { isSyllabic, rateOf, spokenCharacters, wordErrorRate } from "./script.ts";
import type { Transcriber } from "./transcriber.ts";
import { writeWav } from "./wav.ts";

export interface Transcript {
  transcript: string;
  transcriptBy: "person" | "model";
  /** ISO 639-1. */
  language: string;
  notes: string[];
}

/** Share of the words that may differ from what a model hears. */
const mostErrors = 0.6;

const tidy = (text: string): string => text.replace(/\s+/g, " ").trim();
const quote = (text: string): string => `"${text.length > 200 ? `${text.slice(0, 200)}…` : text}"`;

function checkRate(text: string, { heard, piece }: Chosen): void {
  const count = spokenCharacters(text);
  const rate = count / Math.max(0.1, heard.speechSeconds);
  const { least, most } = rateOf(text);
  if (rate >= least && rate <= most) return;
  throw new Failure(
    "invalid_input",
    `The transcript does not fit the sound: ${count} characters in ${heard.speechSeconds.toFixed(1)} s of speech are ${rate.toFixed(1)} a second; people speak ${least} to ${most}${isSyllabic(text) ? " in this script" : ""}. Give the words from ${piece.start} s to ${round(piece.start + piece.seconds)} s alone (start ${piece.start}, seconds ${piece.seconds}), all of them.`,
  );
}

function languageOf(wish: CloneWish, text: string, heard?: string): { language: string; notes: string[] } {
  const said = wish.language === undefined ? undefined : languageCode(wish.language);
  if (wish.language !== undefined && !said)
    throw new Failure(
      "invalid_input",
      `"${wish.language.slice(0, 30)}" is no language that is known here. Use its code, such as en or de.`,
    );
  const found = said ?? heard ?? languageByScript(text);
  return found
    ? { language: found, notes: [] }
    : { language: "en", notes: ["The language was not given and is taken for English (en); give language if it is another."] };
}

function none({ piece }: Chosen): Failure {
  const end = round(piece.start + piece.seconds);
  return new Failure(
    "invalid_input",
    `The words of the recording are needed, and nothing here can write them down. Give \`transcript\`, the words from ${piece.start} s to ${end} s, word by word (with start ${piece.start} and seconds ${piece.seconds}), or set MYSPINBOT_TRANSCRIBE_URL to a speech-to-text server.`,
  );
}

/** Failure `invalid_input` where there is none, or one that does not fit. */
export async function transcriptOf(
  wish: CloneWish,
  chosen: Chosen,
  transcriber: Transcriber | undefined,
  signal: AbortSignal,
): Promise<Transcript> {
  const given = wish.transcript === undefined ? "" : tidy(wish.transcript);
  if (given !== "" && spokenCharacters(given) === 0)
    throw new Failure("invalid_input", `The transcript ${quote(given)} has no words in it. Give what is said, word by word.`);
  if (given !== "") checkRate(given, chosen);
  if (!transcriber) {
    if (given === "") throw none(chosen);
    return { transcript: given, transcriptBy: "person", ...languageOf(wish, given) };
  }
  const hear = transcriber.transcribe(writeWav(chosen.sound), wish.language && languageCode(wish.language), signal);
  if (given === "") {
    const heard = await hear;
    if (spokenCharacters(heard.text) === 0)
      throw new Failure(
        "invalid_input",
        "The transcriber made out no words in the recording. Record again in a quiet room, or give `transcript`, what is said, word by word.",
      );
    checkRate(heard.text, chosen);
    return { transcript: tidy(heard.text), transcriptBy: "model", ...languageOf(wish, heard.text, heard.language) };
  }
  // a check that cannot be made is no reason to refuse the person's own words
  const heard = await hear.catch((error: unknown) => {
    signal.throwIfAborted();
    return error instanceof Failure ? error : Promise.reject(error);
  });
  const { language, notes } = languageOf(wish, given, heard instanceof Failure ? undefined : heard.language);
  const own = { transcript: given, transcriptBy: "person" as const, language };
  if (heard instanceof Failure) return { ...own, notes: [...notes, `The transcript was not checked: ${heard.message}`] };
  const errors = wordErrorRate(heard.text, given);
  if (errors > mostErrors)
    throw new Failure(
      "invalid_input",
      `The transcript is not what is said: ${Math.round(errors * 100)} % of the words differ, at most ${mostErrors * 100} % may. Heard from ${chosen.piece.start} s to ${round(chosen.piece.start + chosen.piece.seconds)} s: ${quote(heard.text)}. Given: ${quote(given)}. Correct it, or leave it out.`,
    );
  return { ...own, notes };
}
