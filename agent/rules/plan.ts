/** The rule planner: no model. It submits only what it placed word by word; one clause it does not know, and nothing is submitted. */
import { Failure } from "../../core/failure.ts";
import type { JsonObject } from "../../core/json.ts";
import type { Memory } from "../memory/memory.ts";
import type { Plan, PlannedCall } from "../plan.ts";
import { type Clause, clausesOf, type Masked, mask } from "./clauses.ts";
import { type Compiled, languages } from "./compile.ts";
import { place } from "./frames.ts";
import { type Meaning, meaningOf } from "./meaning.ts";
import { takeOptions } from "./options.ts";

/** Characters that rules look at: plain requests are short, and patterns must not be fed with books. */
const longest = 5000;

const helpText = `I make pictures. Say, for example:
- draw a red fox in fresh snow, wide
- three pictures of a harbour at dawn, seed 7
- upscale that 2x · number 2, bigger
- same but at night · another one
- what's in the queue? · cancel that · which models do you have?
/help lists all commands.`;
const greeting = 'Hello. Say what to draw, such as "draw a red fox in fresh snow, wide", or /help.';
const lost = `I did not understand all of that, so I submitted nothing. ${helpText}`;
const later = "Ask for the upscale when the picture is there: I can only enlarge what exists.";

/** Words from which free text is still to be filled in: all of them, and those alone that may be used. */
export interface Open {
  request: string;
  usable: string;
}

export interface ReadCall extends PlannedCall {
  open?: Open;
}

/** What a clause that the rules cannot place word by word is recognisably meant as. */
export type Guess = (clause: Clause, memory: Memory, language: Compiled) => (ReadCall & { open: Open }) | undefined;

export interface Reading {
  calls: ReadCall[];
  /** What is said besides. */
  say: string[];
}

function unmasked({ open, ...call }: ReadCall, masked: Masked): ReadCall {
  const input = Object.fromEntries(
    Object.entries(call.input).map(([name, value]) => [name, typeof value === "string" ? masked.unmask(value) : value]),
  ) as JsonObject;
  return { ...call, input, ...(open ? { open: { request: masked.unmask(open.request), usable: masked.unmask(open.usable) } } : {}) };
}

function meaning(clause: Clause, memory: Memory, language: Compiled): Meaning | undefined {
  for (const placed of place(clause, language)) {
    const found = meaningOf(placed, memory, language);
    if (found) return found;
  }
  return undefined;
}

/** "be a dear" + "draw a kitten": a clause without a place may be the beginning of the next. */
function joined(clauses: readonly Clause[], at: number, open: (clause: Clause) => ReadCall | undefined): ReadCall | undefined {
  const [first, next] = [clauses[at], clauses[at + 1]];
  return first && next && open({ text: `${first.text}, ${next.text}`, question: next.question });
}

/** All clauses in one language, or undefined where one has no place. */
function read(text: string, past: Memory, language: Compiled, guess?: Guess): (Reading & { problem?: string }) | undefined {
  const reading: Reading = { calls: [], say: [] };
  let memory = past;
  let remarks = 0;
  const clauses = clausesOf(text, language);
  for (let at = 0; at < clauses.length; at++) {
    const clause = clauses[at] as Clause;
    const previous = reading.calls.at(-1);
    const options = takeOptions(adjusted(clause, language) ?? clause.text, language, true);
    if (previous?.tool === "render_image" && options.rest === "" && !options.newSeed) {
      previous.input = { ...previous.input, ...options.fields };
      continue;
    }
    // "draw a cat and then upscale it": what it would enlarge does not exist yet
    if (previous?.tool === "render_image" && refersToNew(clause, memory, language)) {
      reading.say.push(later);
      continue;
    }
    const found = meaning(clause, memory, language);
    if (!found && isRemark(clause, reading.calls.length > 0, language)) {
      remarks++;
      continue;
    }
    const open = (words: Clause) => (found ? undefined : guess?.(words, memory, language));
    const alone = open(clause);
    const call = alone ?? joined(clauses, at, open);
    if (call) {
      reading.calls.push(call);
      if (!alone) at++;
      continue;
    }
    if (!found) return undefined;
    if ("problem" in found) return { calls: [], say: [], problem: found.problem };
    if (found.focus) memory = { ...memory, attachments: found.focus };
    reading.calls.push(...found.calls);
    if (found.say) reading.say.push(found.say === "help" ? helpText : greeting);
  }
  return remarks > 0 && reading.calls.length === 0 ? undefined : reading;
}

/** "My daughter loves horses. Draw a white horse": a statement beside a request, with nothing in it that could bear on what is done. */
function isRemark({ text, question }: Clause, after: boolean, language: Compiled): boolean {
  const begins = after ? language.purpose : language.remark;
  return !question && begins.test(text) && !language.loaded.test(text) && text.split(" ").length <= 20;
}

/** "draw a cat. make it wide": what is adjusted is the call before. */
function adjusted(clause: Clause, language: Compiled): string | undefined {
  for (const { frame, groups } of place(clause, language)) if (frame.does === "adjust") return groups["option"];
  return undefined;
}

function refersToNew(clause: Clause, memory: Memory, language: Compiled): boolean {
  for (const { frame, groups } of place(clause, language)) {
    if (frame.does !== "upscale") continue;
    const ref = groups["ref"];
    return memory.attachments.length === 0 && (ref === undefined || language.references.that.test(ref));
  }
  return false;
}

/** Undefined where a clause has no place in any language. */
export function readRequest(text: string, memory: Memory, guess?: Guess): Reading | undefined {
  if (text.length > longest)
    throw new Failure(
      "limit_exceeded",
      `Without a chat model I read at most ${longest} characters; this has ${text.length}. Shorten it, or use /render.`,
    );
  const masked = mask(text);
  for (const language of languages) {
    const reading = read(masked.text, memory, language, guess);
    if (!reading) continue;
    if (reading.problem) return { calls: [], say: [reading.problem] };
    // greetings are left out where something is to be done
    const say = reading.calls.length > 0 ? reading.say.filter((words) => words === later) : reading.say;
    if (reading.calls.length === 0 && say.length === 0) return { calls: [], say: ["Nothing was submitted."] };
    return { calls: reading.calls.map((call) => unmasked(call, masked)), say: [...new Set(say)] };
  }
  return undefined;
}

/** Where the rules have no place for all of the words. */
export const askBack: Reading = { calls: [], say: [lost] };

export function planByRules(text: string, memory: Memory): Plan {
  const { calls, say } = readRequest(text, memory) ?? askBack;
  return { planner: "rules", calls, text: say.join("\n") };
}
