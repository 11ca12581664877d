/**
 * Languages of GPT-SoVITS by ISO 639-1. Its plain codes read the language with English words among it; `all_zh`, `all_ja`, `all_ko` take every word for that language,
 * which spoils names and products, and `auto` guesses again sentence by sentence. Cantonese (`yue`) has no code of two letters.
 */
const codes: Readonly<Record<string, string>> = { en: "en", zh: "zh", ja: "ja", ko: "ko" };

export const sovitsLanguages: readonly string[] = Object.keys(codes);

/** In lower case: it checks the language without regard to case and then fails on capitals. `en` for a reference in a language that it lacks: it only needs to tell the words apart. */
export function sovitsLanguage(iso: string): string {
  return codes[iso.toLowerCase()] ?? "en";
}
