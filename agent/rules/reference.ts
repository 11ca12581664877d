/** Words that mean something already made: "that", "number 2", "all of them", "the fox". */
import type { Reference } from "../memory/refer.ts";
import { type Compiled, languages, toNumber } from "./compile.ts";

function inLanguage(text: string, language: Compiled): Reference | undefined {
  const { references, grammar } = language;
  if (references.last.test(text)) return { kind: "last" };
  if (references.that.test(text)) return { kind: "that" };
  if (references.all.test(text)) return { kind: "all" };
  const groups = references.number.exec(text)?.groups;
  if (groups) {
    const { number, hash, ordinal } = groups;
    const value = ordinal ? grammar.ordinals[ordinal.toLowerCase()] : toNumber(number ?? hash ?? "", language);
    if (value !== undefined) return { kind: "number", number: value };
  }
  const training = references.training.exec(text)?.groups;
  if (training) {
    const name = training["name"] ?? training["name2"];
    return { kind: "training", ...(name === undefined ? {} : { name }) };
  }
  const words = references.words.exec(text)?.groups?.["words"];
  return words ? { kind: "words", words } : undefined;
}

/** Undefined where the words are no reference in any language (or in the given one). */
export function readReference(text: string, among: readonly Compiled[] = languages): Reference | undefined {
  const plain = text.trim().replace(/[.!?]+$/, "");
  if (/^(art|job)_[0-9a-z]+$/.test(plain)) return { kind: "id", id: plain };
  if (/^\d{1,3}$/.test(plain)) return { kind: "number", number: Number(plain) };
  for (const language of among) {
    const found = inLanguage(plain, language);
    if (found) return found;
  }
  return undefined;
}

/** "number 1 and number 3": several references, or undefined where a part is none. */
export function readReferences(text: string, language: Compiled): Reference[] | undefined {
  const id = /\b(?:art|job)_[0-9a-z]+\b/.exec(text)?.[0];
  if (id && readReference(text, [language])?.kind !== "id" && !text.includes(",")) return [{ kind: "id", id }];
  const parts = text.split(/\s*,\s*(?:and |und |y )?|\s+(?:and|und|y)\s+/iu).filter(Boolean);
  const numbered = parts.map((part) => readReference(part, [language]));
  if (parts.length > 1 && numbered.every((reference) => reference && reference.kind !== "words")) return numbered as Reference[];
  const whole = readReference(text, [language]);
  return whole ? [whole] : undefined;
}
