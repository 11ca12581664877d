/** A message as clauses: sentences, and further where a new command begins. Quoted words are one unit and command nothing. */
import type { Compiled } from "./compile.ts";
import { takeOptions } from "./options.ts";
import { corrected, correctStart } from "./typos.ts";

const quoted = /"[^"\n]*"|“[^“”\n]*”|„[^„“”\n]*[“”]|«[^«»\n]*»/gu;
/** Private-use characters: nothing that a person types is read as a mark. */
const mark = (at: number) => `\uE000${at}\uE001`;

export interface Masked {
  text: string;
  unmask(text: string): string;
}

/** Quotations replaced by marks. */
export function mask(text: string): Masked {
  const kept: string[] = [];
  const clean = text.normalize("NFC").replace(/[\uE000\uE001]/g, "");
  const marked = clean.replace(quoted, (words) => mark(kept.push(words) - 1));
  // patterns that look for blanks before something try every one of a long run
  const masked = marked.replace(/\s+/g, (run) => (run.includes("\n") ? "\n" : " "));
  return { text: masked, unmask: (part) => part.replace(/\uE000(\d+)\uE001/g, (_mark, at: string) => kept[Number(at)] ?? "") };
}

export interface Clause {
  text: string;
  /** Ended with a question mark. */
  question: boolean;
}

/** `:)` and the like, which say nothing; a picture sign may be what is to be drawn, but not before the words or after their end. */
const smiley =
  /(?<=^|\s)(?:[:;=]-?[)(DPp]|<3|xD|\^\^)(?=$|[\s,.!?])|^\s*\p{Extended_Pictographic}+|(?<=[.!?]\s*)(?:\p{Extended_Pictographic}|\uFE0F)+/gu;

function spelled(text: string, { grammar, known, beforeOf }: Compiled): string {
  const start = correctStart(text, grammar.commands, known, grammar.spellings);
  return start.replace(beforeOf, (word) => (known.has(word.toLowerCase()) ? word : (corrected(word, grammar.nouns) ?? word)));
}

/** Without greetings, politeness and closing punctuation. */
export function bare(clause: string, language: Compiled): string {
  let text = clause
    .replace(smiley, "")
    .replace(/\s+/g, " ")
    .replace(/^[\s¿¡,;:.–-]+|(?<![\s,;:.!?…–-])[\s,;:.!?…–-]+$/gu, "");
  text = spelled(text, language);
  for (let turn = 0; turn < 6 && !language.polite.test(text); turn++) {
    const shorter = text
      .replace(language.lead, "")
      .replace(language.tail, "")
      .replace(/^[\s¿¡,]+|(?<![\s,;:.!?])[\s,;:.!?]+$/gu, "");
    if (shorter === text || shorter === "") break;
    text = spelled(shorter, language);
  }
  return text;
}

const sentenceEnd = /(?<=[.!?…])\s+|\s*\n+\s*|\s*;\s+/u;
const joint = /,?\s+(?:and then|und dann|y luego|y después|then|dann|luego)\s+|,\s+(?:and |und |y )?|\s+(?:and|und|y)\s+/giu;

/** Characters behind a joint by which a command is known: the whole rest behind each of a thousand commas would be read a thousand times. */
const window = 240;

/** `", then paint a cello"` begins a command of its own; `" and a hare"` does not. */
function splitSentence(sentence: string, language: Compiled): string[] {
  const parts: string[] = [];
  let start = 0;
  for (const found of sentence.matchAll(joint)) {
    const from = found.index + found[0].length;
    const plain = bare(sentence.slice(from, from + window), language);
    const option = language.adjust.exec(plain)?.groups?.["option"];
    const adjusts = option !== undefined && takeOptions(option, language, true).rest === "";
    const object = plain.split(" ").slice(1).join(" ");
    // "dibújame con él": what stands behind the verb is no idiom, but who is to be seen
    const idiom = language.idiom.test(object) && !language.training.withIt.test(plain);
    if (!adjusts && (!language.command.test(plain) || idiom)) continue;
    parts.push(sentence.slice(start, found.index));
    start = from;
  }
  return [...parts, sentence.slice(start)];
}

export function clausesOf(text: string, language: Compiled): Clause[] {
  const clauses = text
    .split(sentenceEnd)
    .flatMap((sentence) => splitSentence(sentence, language))
    .map((clause) => ({ text: bare(clause, language), question: /\?["”)\s]*$/.test(clause) }))
    .filter((clause) => clause.text !== "" && !/^[^\p{L}\p{N}\uE000]+$/u.test(clause.text));
  const commands = clauses.filter((clause) => !language.polite.test(clause.text));
  return commands.length > 0 ? commands : clauses.slice(0, 1);
}
