/** The shape of one language's grammar: word lists and sentence frames as data. A frame fits a whole clause or not at all. */
import type { JsonObject } from "../../core/json.ts";

/** What a frame means. `nothing`: understood, and nothing is to be done. `focus`: what "it" means from here on. */
export type Does =
  | "nothing"
  | "focus"
  | "greeting"
  | "help"
  | "render"
  | "transform"
  | "upscale"
  | "same"
  | "again"
  | "adjust"
  | "call"
  | TrainingDoes;

/** `train`, `dataset`: group `rest` holds options in any order. `order`: to a training that runs. `stop`: end it, without saying what becomes of it. */
export type TrainingDoes = "train" | "dataset" | "order" | "stop" | "rename" | "delete" | "caption" | "leave_out";

export interface Frame {
  does: Does;
  /** Regular expression for the whole clause; `{word}` stands for a list of `words`. Groups: object, ref, mod, count, scale, and names of fields. */
  is: string;
  /** `call`: the tool, and fields that the frame itself decides. */
  tool?: string;
  fields?: JsonObject;
  /** `render`: the object must name a picture ("a picture of …"): verbs that make other things too. */
  picture?: boolean;
  /** … or, with verbs of making alone, give what only a picture has: pixels, an aspect, a checkpoint, LoRAs. */
  shaped?: boolean;
  /** No verb asks for it: "a picture of my wallet was stolen" is told, not asked. */
  bare?: boolean;
  /** Said as a question. Other drawing frames are no requests with a question mark. */
  polite?: boolean;
}

export interface OptionRule {
  /** Regular expression at the end of a clause; groups named as fields, or `size`, `lora`, `weight`. */
  is: string;
  /** Needs a comma (or nothing else) before it: the word may as well belong to the picture. */
  comma?: boolean;
  fields?: JsonObject;
}

/** How people speak of training. */
export interface TrainingWords {
  /** What follows "train a LoRA" or "make a dataset", in any order. `begins`: by what one is known; `is`: all of it, with the fields as groups. */
  options: { begins: string; is: string }[];
  /** "with it": the LoRA that was just talked about. */
  withIt: string;
  /** Who stands before the camera: "me", "it". */
  self: string;
  /** In looser words: a verb of learning, and what it is about; any sign of a denial, a question or another time, and it is none. */
  verb: string;
  thing: string;
  never: string;
}

export interface Grammar {
  language: string;
  /** `other`: what verbs of making and showing make that no tool does. */
  words: Record<string, string>;
  /** Written numbers and multiples ("three", "twice"). */
  numbers: Record<string, number>;
  ordinals: Record<string, number>;
  /** Word → aspect of the catalogue. */
  aspects: Record<string, string>;
  frames: Frame[];
  options: OptionRule[];
  references: { that: string; all: string; last: string; number: string; words: string /** Group `name`. */; training: string };
  training: TrainingWords;
  /** First words that a typo may be corrected to. */
  commands: string[];
  /** Words for a picture that a typo may be corrected to, before "of". */
  nouns: string[];
  /** How chats spell the first words of a request ("u" for "you"). */
  spellings: Record<string, string>;
  /** Asks for what follows as if it were a command ("could you"). */
  asking?: string;
  /** Begins a statement that may stand beside a request and asks for nothing. */
  remark: string;
  /** The same after the request, where most statements would describe the picture. */
  purpose: string;
  /** Words with which a statement is more than a remark: denials, quotations, cases, and whatever the studio works with. */
  loaded: string;
  /** First words of a change that takes something back ("same, but not now"). */
  denial: string;
  /** What follows a drawing verb in idioms ("draw up a contract"), or is no object. */
  idioms: string;
  /** An object that says nothing ("it", "something"). */
  empty: string;
  /** A case is talked about, not asked for; `past` only in questions. */
  condition: string;
  past: string;
  /** Verbs that make a noun a statement. */
  finite: string;
  /** Ends of clauses that ask for another time. */
  later: string;
  /** "make it", before what is to be adjusted. */
  adjust: string;
  /** First words of what changes in "same, at night"; after "but" anything may. */
  change: string;
  /** "a photo" … of a counted medium ("3 photos of"). */
  mediums: Record<string, string>;
  /** "{verb} x" keeps the verb's medium: `sketch` → "a sketch of ". */
  verbMediums: Record<string, string>;
  article: string;
}

/** `"one: 1, two: 2"` → entries: word lists stay one line. */
export function table(text: string): Record<string, string> {
  return Object.fromEntries(
    text.split(", ").flatMap((entry) => {
      const cut = entry.indexOf(": ");
      return cut > 0 ? [[entry.slice(0, cut), entry.slice(cut + 2)] as const] : [];
    }),
  );
}

export function countTable(text: string): Record<string, number> {
  return Object.fromEntries(Object.entries(table(text)).map(([word, value]) => [word, Number(value)]));
}
