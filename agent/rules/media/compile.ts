/** The tables of sentences as regular expressions, each with the grammar of its language. */
import { type Compiled, languages } from "../compile.ts";
import { germanMedia } from "./de.ts";
import { englishMedia } from "./en.ts";
import { spanishMedia } from "./es.ts";
import type { MediaDoes, MediaGrammar } from "./grammar.ts";

export interface CompiledMedia {
  grammar: MediaGrammar;
  language: Compiled;
  frames: { does: MediaDoes; fits: RegExp }[];
  /** At the end, behind a comma or a blank. */
  options: RegExp[];
  slow: RegExp;
  mine: RegExp;
  much: RegExp;
  stages: [name: keyof MediaGrammar["stages"], fits: RegExp][];
}

function compile(grammar: MediaGrammar): CompiledMedia {
  const language = languages.find((one) => one.grammar.language === grammar.language);
  if (!language) throw new Error(`no grammar for ${grammar.language}`);
  const stage = Object.values(grammar.stages).join("|");
  const whole = (is: string) => language.phrase(`^(?:${is.replaceAll("{stage}", `(?:${stage})`)})$`);
  return {
    grammar,
    language,
    frames: grammar.frames.map(({ does, is }) => ({ does, fits: whole(is) })),
    options: grammar.options.map((is) => language.phrase(`(?:\\s*[,;]\\s*|\\s+|^)(?:and |und |y )?(?:${is})$`)),
    slow: whole(grammar.slow),
    mine: whole(grammar.mine),
    much: whole(grammar.much),
    stages: Object.entries(grammar.stages).map(([name, is]) => [name as keyof MediaGrammar["stages"], whole(is)]),
  };
}

export const mediaLanguages: readonly CompiledMedia[] = [englishMedia, germanMedia, spanishMedia].map(compile);
