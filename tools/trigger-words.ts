/** Trigger words: what calls a LoRA up. A common word alone would change the model's own picture of it instead. */
import { Failure } from "../core/failure.ts";
import { isCommonWord } from "./common-words.ts";

const wordsOf = (phrase: string): string[] => phrase.split(/[\s_-]+/).filter(Boolean);

/** `bsct` of biscuit: short, and no word that a model has learnt. */
function inventedFrom(name: string): string {
  const consonants = name
    .normalize("NFD")
    .toLowerCase()
    .replace(/[^b-df-hj-np-tv-z]/g, "")
    .slice(0, 4);
  return consonants.length >= 3 && !isCommonWord(consonants) ? consonants : `${consonants}xq`.slice(0, 4);
}

/** As they are kept. Failure `invalid_input` for what would teach the model nothing new, with words that would do. */
export function triggerWordsOf(phrases: readonly string[], name: string): string[] {
  const kept: string[] = [];
  for (const said of phrases) {
    const phrase = said.normalize("NFC").replace(/\s+/g, " ");
    if (!/^[\p{L}\p{N}][\p{L}\p{M}\p{N} '_-]*$/u.test(phrase))
      throw new Failure(
        "invalid_input",
        `"${phrase}" is no trigger word: use letters, digits, spaces, dashes or apostrophes, a letter or digit first. Give several as several.`,
      );
    const words = wordsOf(phrase);
    if (words.every(isCommonWord))
      throw new Failure(
        "invalid_input",
        `The trigger word "${phrase}" has common words only: the base model has a picture of its own of ${words.length > 1 ? "them" : "it"} already. Put a word before it that means nothing yet, such as "${inventedFrom(name)} ${words.at(-1)}".`,
      );
    if (!kept.some((other) => other.toLowerCase() === phrase.toLowerCase())) kept.push(phrase);
  }
  return kept;
}
