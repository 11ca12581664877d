/** A grammar as regular expressions, made once a language. */
import type { Frame, Grammar, OptionRule } from "./grammar.ts";
import { german } from "./languages/de.ts";
import { english } from "./languages/en.ts";
import { spanish } from "./languages/es.ts";

export interface Compiled {
  grammar: Grammar;
  lead: RegExp;
  tail: RegExp;
  /** A clause of politeness alone. */
  polite: RegExp;
  frames: { frame: Frame; fits: RegExp }[];
  options: { rule: OptionRule; whole: RegExp; atEnd: RegExp }[];
  references: Record<keyof Grammar["references"], RegExp>;
  training: {
    options: RegExp[];
    /** The same, where words that are none of them may follow. */
    loose: RegExp[];
    gap: RegExp;
    withIt: RegExp;
    drawn: RegExp;
    verb: RegExp;
    thing: RegExp;
    never: RegExp;
  };
  picture: RegExp;
  empty: RegExp;
  idiom: RegExp;
  condition: RegExp;
  past: RegExp;
  finite: RegExp;
  asking: RegExp | undefined;
  remark: RegExp;
  purpose: RegExp;
  loaded: RegExp;
  other: RegExp;
  denial: RegExp;
  /** The word before the first "of", where a picture may be misspelled. */
  beforeOf: RegExp;
  later: RegExp;
  /** "make it wide" after a comma: a clause of its own where all of it is options. */
  adjust: RegExp;
  change: RegExp;
  article: RegExp;
  /** A clause that begins so is a command of its own. */
  command: RegExp;
  /** A pattern with `{words}` of this language. */
  phrase(pattern: string): RegExp;
  /** Every word of the lists: what is a word is no typo. */
  known: ReadonlySet<string>;
}

const literal = (word: string) => word.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
const alternatives = (words: string[]) =>
  [...words]
    .sort((a, b) => b.length - a.length)
    .map(literal)
    .join("|");

function compile(grammar: Grammar): Compiled {
  const words: Record<string, string> = {
    ...grammar.words,
    n: `\\d+|${alternatives(Object.keys(grammar.numbers))}`,
    ordinal: alternatives(Object.keys(grammar.ordinals)),
    aspect: alternatives(Object.keys(grammar.aspects)),
  };
  const expand = (text: string): string =>
    text.replace(/\{([a-z]+)\}/gi, (whole, name: string) => (words[name] ? `(?:${expand(words[name])})` : whole));
  const clause = (text: string) => new RegExp(`^(?:${expand(text)})$`, "iu");
  const { references } = grammar;
  return {
    grammar,
    lead: new RegExp(`^(?:${expand("{lead}")})(?:[,!.:]+ ?| )`, "iu"),
    tail: new RegExp(`[, ]+(?:${expand("{tail}")})$`, "iu"),
    polite: clause("{lead}|{tail}"),
    frames: grammar.frames.map((frame) => ({ frame, fits: clause(frame.is) })),
    options: grammar.options.map((rule) => ({
      rule,
      whole: clause(rule.is),
      atEnd: new RegExp(
        `${rule.comma ? "\\s*[,;(–-]\\s*(?:and |und |y )?" : "(?:\\s*[,;(]\\s*|\\s+)(?:and |und |y )?"}(?:${expand(rule.is)})\\)?$`,
        "iu",
      ),
    })),
    references: {
      that: clause(references.that),
      all: clause(references.all),
      last: clause(references.last),
      number: clause(references.number),
      words: clause(references.words),
      training: clause(references.training),
    },
    training: trainingOf(grammar),
    picture: clause(
      `(?:(?:(?<count>{n})|{a}) |(?=(?:{style} )?\\S+ {of} (?:${grammar.article}) ))(?:(?:{filler}) )*(?:(?<aspect>{aspect}|\\d{1,2}:\\d{1,2})(?:[- ]{format})? )?(?:(?:{filler}) )*(?:(?<style>{style}) )?(?:(?<picture>{picture})|(?<medium>{medium}))(?: (?<aspect2>{aspect}))?(?: (?<style2>{style}))?(?: {me})?(?:(?<list>:)|,? {of}) (?<object>.+)`,
    ),
    empty: clause(`(?:${grammar.empty})(?: (?:${grammar.empty}))*`),
    idiom: new RegExp(`^(?:${grammar.idioms})(?:$|[ ,])`, "iu"),
    condition: new RegExp(`(?:^|[ ,])(?:${grammar.condition})`, "iu"),
    finite: new RegExp(`[ ,](?:${grammar.finite})(?:$|[ ,])`, "iu"),
    asking: grammar.asking === undefined ? undefined : new RegExp(`^(?:${expand(grammar.asking)}) `, "iu"),
    remark: new RegExp(`^(?:${expand(grammar.remark)})`, "iu"),
    purpose: new RegExp(`^(?:${expand(grammar.purpose)})`, "iu"),
    loaded: new RegExp(`(?:^|[^\\p{L}])(?:${expand(grammar.loaded)})(?:$|[^\\p{L}])`, "iu"),
    other: new RegExp(`(?:^|[^\\p{L}])(?:${expand("{other}")})(?:$|[^\\p{L}])`, "iu"),
    denial: new RegExp(`^(?:${grammar.denial})(?:$|[ ,])`, "iu"),
    beforeOf: new RegExp(`(?<![\\p{L}])[\\p{L}]+(?= ${expand("{of}")} )`, "iu"),
    later: new RegExp(`[ ,](?:${grammar.later})$`, "iu"),
    adjust: new RegExp(`^(?:${grammar.adjust}) (?<option>.+)$`, "iu"),
    past: new RegExp(`(?:^|[ ,])(?:${grammar.past})`, "iu"),
    change: new RegExp(`^(?:${grammar.change}) `, "iu"),
    article: new RegExp(`^(?:${grammar.article}) `, "iu"),
    command: new RegExp(`^(?:${expand("(?:(?:{draw}|{upscale}|{cancel}):? .|{enlarge}|{training})")}|${negated(grammar)})`, "iu"),
    phrase: (pattern) => new RegExp(expand(pattern), "iu"),
    known: new Set(
      Object.values(words)
        .join("|")
        .toLowerCase()
        .match(/[\p{L}]+/gu) ?? [],
    ),
  };

  function trainingOf({ training }: Grammar): Compiled["training"] {
    // languages that put the verb last have these forms of it
    const last = ["drawn", "made"].filter((name) => words[name]).map((name) => `{${name}}`);
    const verbs = ["{draw}", "{make}", ...last].join("|");
    const end = last.length > 0 ? `(?: (?:${last.join("|")}))?` : "";
    const gap = "(?:\\s*[,;:.(–-]\\s*|\\s+)(?:(?:and|und|y|but|aber|pero|then|dann) )*";
    const starts = training.options.map(({ begins }) => expand(begins)).join("|");
    const next = `\\)?${gap}(?:${starts})|[\\s,;:.!)]*$`;
    const word = (pattern: string) => new RegExp(`(?:^|[^\\p{L}])(?:${expand(pattern)})(?:$|[^\\p{L}])`, "iu");
    return {
      options: training.options.map(({ is }) => new RegExp(`^(?:${expand(is)})(?=${next})`, "iu")),
      loose: training.options
        .filter(({ begins }) => begins !== "(?!)")
        .map(
          ({ is }) =>
            new RegExp(`^(?:${expand(is)})(?=${next}|[,;.!?]|\\s+(?:${expand("{tail}")}|and|und|y|so|that)(?:[\\s,;.!?]|$))`, "iu"),
        ),
      gap: new RegExp(`^(?:${gap}|\\))`, "iu"),
      withIt: new RegExp(`(?:^|[ ,]+)(?:${expand(training.withIt)})(?=$|[ ,])`, "iu"),
      drawn: clause(
        `(?:{draw}|{make}|{want}|{modal} (?:you )?(?:${verbs}))(?: {me})*(?: (?:${training.self}))*(?: (?:{a}|(?<count>{n})) (?:(?:{filler}) )*{picture}(?: {of} (?:${training.self}))?)?(?:,? (?<rest>.+?))??${end}`,
      ),
      verb: word(training.verb),
      thing: word(training.thing),
      never: word(training.never),
    };
  }

  function negated({ frames }: Grammar): string {
    const first = frames.find((frame) => frame.does === "nothing");
    return expand(first?.is ?? "(?!)").replace(/ \.\*$/, " ");
  }
}

export const languages: readonly Compiled[] = [english, german, spanish].map(compile);

/** Tools that the rules have sentences of their own for. */
export const knownTools: ReadonlySet<string> = new Set([
  "render_image",
  "upscale_image",
  "reroll_job",
  ...["speak", "clone_voice", "edit_voice", "render_video", "upscale_video", "lip_sync", "make_clip"],
  ...["make_dataset", "edit_dataset", "train_lora", "steer_training", "rename_asset", "delete_asset"],
  ...languages.flatMap(({ frames }) => frames.flatMap(({ frame }) => frame.tool ?? [])),
]);

/** `three`, `3`, `3x`, `twice` → 3. */
export function toNumber(text: string, { grammar }: Compiled): number | undefined {
  const digits = /\d+/.exec(text);
  if (digits) return Number(digits[0]);
  const lower = text.toLowerCase();
  const whole = grammar.numbers[lower];
  if (whole !== undefined) return whole;
  const word = lower.split(/[^\p{L}]+/u).find((part) => grammar.numbers[part] !== undefined);
  return word === undefined ? undefined : grammar.numbers[word];
}
