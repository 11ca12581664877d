/** A training asked for in looser words: its name, trigger words and numbers are found where they stand. No model is asked, and what it lacks is asked back. */
import type { Clause } from "../rules/clauses.ts";
import type { Compiled } from "../rules/compile.ts";
import type { ReadCall } from "../rules/reading.ts";
import { type Options, optionsOf } from "../rules/training/wish.ts";
import { readerOf } from "./signs.ts";

/** All options that stand anywhere in a text, and the text without them. */
function scattered(text: string, language: Compiled): { options: Options; rest: string } {
  let options: Options = {};
  let rest = "";
  for (let at = 0; at < text.length; ) {
    const found = language.training.loose.map((option) => option.exec(text.slice(at))).find(Boolean);
    const read = found && optionsOf(found.groups ?? {}, language);
    if (read) options = { ...read, ...options };
    const step = read ? found[0].length : (/^\S*\s*/u.exec(text.slice(at))?.[0].length ?? 1);
    rest += read ? " " : text.slice(at, at + Math.max(1, step));
    at += Math.max(1, step);
  }
  return { options, rest };
}

export function looseTraining({ text }: Clause, language: Compiled): ReadCall | undefined {
  const { verb, thing, never } = language.training;
  const reader = readerOf(language);
  const plain = reader ? text.replace(reader.harmless, " ").replace(/\s+/g, " ").trim() : text;
  if (!verb.test(plain) || !thing.test(plain) || never.test(plain) || language.later.test(` ${plain}`)) return undefined;
  const { options, rest } = scattered(plain, language);
  // a number that found no place was overlooked
  if (/\d/.test(rest)) return undefined;
  return options.trigger === undefined && options.name === undefined && !/lora/iu.test(plain)
    ? undefined
    : { tool: "train_lora", input: {}, wish: { kind: "train", ...options } };
}
