/** What somebody asks for who wants something learnt: read from the options behind "train a LoRA", in any order. */
import { type Compiled, toNumber } from "../compile.ts";

export interface TrainingWish {
  kind: "train" | "dataset";
  name?: string;
  trigger?: string;
  /** A dataset by name. */
  dataset?: string;
  /** "these photos", "that dataset", "all of them": said of what is there. */
  these?: string;
  subject?: string;
  model?: string;
  steps?: number;
  rank?: number;
  seed?: number;
  resolution?: number;
  faces?: boolean;
}

export type Options = Omit<TrainingWish, "kind">;

/** Longer is a story, not a request. */
const longest = 600;
const mostOptions = 16;

const numbers = ["steps", "rank", "seed", "resolution"] as const;
const words = ["name", "trigger", "dataset", "these", "subject", "model"] as const;

/** `1200`, `1,200`, `1.200`, `1.2k`. */
function whole(text: string, language: Compiled): number | undefined {
  const thousands = /^(\d+(?:[.,]\d+)?)k$/i.exec(text);
  if (thousands) return Math.round(Number((thousands[1] ?? "").replace(",", ".")) * 1000);
  const plain = text.replace(/[.,](?=\d{3}(?:\D|$))/g, "");
  return /^\d+$/.test(plain) ? Number(plain) : toNumber(text, language);
}

/** Undefined where a group says nothing that is a number. */
export function optionsOf(groups: Record<string, string | undefined>, language: Compiled): Options | undefined {
  const given = new Map<string, string>();
  for (const [name, text] of Object.entries(groups)) if (text !== undefined) given.set(name.replace(/\d+$/, ""), text.trim());
  const options: Options = {};
  for (const field of words) {
    // "call it biscuit please, trigger …"
    const text = given.get(field)?.replace(language.tail, "");
    if (text) options[field] = text;
  }
  for (const field of numbers) {
    const text = given.get(field);
    const number = text === undefined ? undefined : whole(text, language);
    if (text !== undefined && number === undefined) return undefined;
    if (number !== undefined) options[field] = number;
  }
  if (given.has("faces")) options.faces = true;
  return options;
}

/** Undefined where a word has no place. */
export function readOptions(text: string, language: Compiled): Options | undefined {
  const { options, gap } = language.training;
  if (text.length > longest) return undefined;
  let rest = text.trim();
  let read: Options = {};
  for (let turn = 0; turn < mostOptions; turn++) {
    rest = rest
      .replace(/^[\s,;:.)–-]+/u, "")
      .replace(gap, (all) => (/\p{L}/u.test(all) ? "" : all))
      .trim();
    if (rest === "") return read;
    const found = options.map((option) => option.exec(rest)).find(Boolean);
    const more = found && optionsOf(found.groups ?? {}, language);
    if (!found || !more) return undefined;
    read = { ...more, ...read };
    rest = rest.slice(found[0].length);
  }
  return undefined;
}

/** A name as it stands between quotes, or without the comma behind it. */
export function plainWords(text: string): string {
  return text
    .trim()
    .replace(/[\s,;:.!?]+$/u, "")
    .replace(/^["“”„«](.*)["“”»]$/su, "$1")
    .trim();
}

/** `bsct dog`, or several with commas between. */
export const triggersOf = (text: string): string[] =>
  text
    .split(/\s*[,;]\s*(?:(?:and|und|y) )?|\s+(?:and|und|y)\s+(?=\S+$)/u)
    .map(plainWords)
    .filter(Boolean);
