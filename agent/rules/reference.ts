/** Words that mean something already made: "that", "number 2", "all of them", "the fox". */
import type { FileKind } from "../memory/kinds.ts";
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

/** Articles of our languages, and "the last", "the attached". */
const articles =
  "(?:(?:that|this|the|my|das|dieses|mein|den|diesen|die|diese|meine|el|la|ese|esa|este|esta|mi)(?: (?:last|latest|newest|attached|letzte[ns]?|neueste[ns]?|angehängte[ns]?))? )?";
const files: readonly (readonly [FileKind, RegExp])[] = [
  ["video", new RegExp(`^${articles}(?:video|clip|movie|film|vídeo|película)(?: (?:file|adjunto|adjunta))?$`, "iu")],
  [
    "sound",
    new RegExp(
      `^${articles}(?:recording|audio|sound|voice (?:message|memo|note)|aufnahme|tonaufnahme|sprachnachricht|tondatei|grabación|sonido|nota de voz)(?: (?:file|clip|adjunto|adjunta))?$`,
      "iu",
    ),
  ],
];

/** "That video", "the recording". */
function fileCalled(text: string): Reference | undefined {
  const kind = files.find(([, fits]) => fits.test(text))?.[0];
  return kind && { kind: "that", of: kind };
}

/** Undefined where the words are no reference in any language (or in the given one). */
export function readReference(text: string, among: readonly Compiled[] = languages): Reference | undefined {
  const plain = text.trim().replace(/[.!?]+$/, "");
  if (/^(art|job)_[0-9a-z]+$/.test(plain)) return { kind: "id", id: plain };
  if (/^\d{1,3}$/.test(plain)) return { kind: "number", number: Number(plain) };
  const file = fileCalled(plain);
  if (file) return file;
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
