/** What will be said, in which voice and language, before it is accepted. */
import { Failure } from "../../core/failure.ts";
import type { SpeakPlan, SpeakWish } from "../../core/ports/sound.ts";
import { languageByScript, languageCode, languageName } from "./languages.ts";
import { secondsOf, spokenCharacters } from "./script.ts";
import type { SpeechParts } from "./speech.ts";

/** Half an hour of speech. */
const mostCharacters = 20_000;

type Voices = Pick<SpeechParts, "voices" | "languages" | "engine" | "reference">;

export function checkText(text: string): void {
  if (text.trim() === "")
    throw new Failure("invalid_input", "The text is empty: there is nothing to say. Give text with at least one letter or digit.");
  if (text.length > mostCharacters)
    throw new Failure(
      "invalid_input",
      `The text has ${text.length} characters; at most ${mostCharacters} are said at once (about half an hour). Say it in parts.`,
    );
  if (spokenCharacters(text) === 0)
    throw new Failure(
      "invalid_input",
      `"${text.trim().slice(0, 40)}" has nothing that can be said: only marks. Give text with at least one letter or digit.`,
    );
}

/** ISO 639-1. Failure `invalid_input` for one that the engine lacks. */
export function checkLanguage(language: string, { languages, engine }: Pick<Voices, "languages" | "engine">): string {
  const code = languageCode(language);
  if (code && languages.includes(code)) return code;
  throw new Failure(
    "invalid_input",
    `${engine.title} does not speak the language "${language.slice(0, 30)}". It speaks ${languages.map((known) => `${known} (${languageName(known)})`).join(", ")}.`,
  );
}

function unknownVoice(ref: string, { voices, engine, reference }: Voices): Failure {
  const has =
    voices.length > 0
      ? `${engine.title} has: ${voices
          .slice(0, 40)
          .map(({ name }) => name)
          .join(", ")}.`
      : `${engine.title} has no voices of its own.`;
  const own = reference ? " clone_voice makes one of a recording; list_assets shows yours." : "";
  return new Failure("unknown_asset", `There is no voice "${ref.slice(0, 60)}" of yours. ${has}${own}`);
}

/** Undefined for none of its own. */
export function builtinVoice(ref: string, voices: SpeechParts["voices"]): SpeechParts["voices"][number] | undefined {
  const wanted = ref.trim().toLowerCase();
  return voices.find(({ name }) => name.toLowerCase() === wanted);
}

/** The voice, and the language that it would speak by itself. */
function voiceOf(wish: SpeakWish, asked: string | undefined, parts: Voices): { name: string; language: string } {
  if (wish.own) return { name: wish.voice ?? wish.own.title, language: wish.own.language };
  if (wish.voice !== undefined) {
    const found = builtinVoice(wish.voice, parts.voices);
    if (!found) throw unknownVoice(wish.voice, parts);
    return found;
  }
  const usual = (asked && parts.voices.find(({ language }) => language === asked)) || parts.voices[0];
  if (usual) return usual;
  const remedy = parts.reference ? "Name one of yours (list_assets shows them), or make one with clone_voice." : "Ask for another engine.";
  throw new Failure("unknown_asset", `${parts.engine.title} has no voices of its own, and none was named. ${remedy}`);
}

/** What a person should know of a voice that reads another language than its own. */
function mismatch(language: string, voice: { name: string; language: string }, text: string): string[] {
  const script = languageByScript(text);
  return [
    ...(language !== voice.language
      ? [`${languageName(language)}, read by a voice that is ${languageName(voice.language)}: expect an accent.`]
      : []),
    ...(script && script !== language && !(script === "zh" && language === "ja") && !(script === "ru" && cyrillic.has(language))
      ? [`The text looks ${languageName(script)}, and is read as ${languageName(language)}. Give language if that is not meant.`]
      : []),
  ];
}
const cyrillic = new Set(["uk", "be", "bg", "sr", "mk", "kk", "ky", "mn", "tg", "tt", "ba"]);

/** Failures: `unknown_asset` for a voice that it lacks, `invalid_input` for a language or a text. */
export function planSpeech(wish: SpeakWish, parts: SpeechParts): SpeakPlan {
  checkText(wish.text);
  const asked = wish.language === undefined ? undefined : checkLanguage(wish.language, parts);
  const voice = voiceOf(wish, asked, parts);
  // a voice of a language that this engine lacks can still be heard: in one that it has, if that is said
  const language = asked ?? checkLanguage(voice.language, parts);
  const { text, speed, seed, takes, format } = wish;
  return {
    request: { text, voice: voice.name, language, speed, seed, takes, format },
    ...{ family: parts.family, vramGb: parts.vramGb, seconds: Math.max(1, Math.round(secondsOf(text, speed) * 10) / 10) },
    notes: [...parts.notes, ...mismatch(language, voice, text)],
  };
}
