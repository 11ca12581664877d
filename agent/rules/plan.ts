/** The rule planner: no model. It submits only what it placed word by word; one clause it does not know, and nothing is submitted. */
import { Failure } from "../../core/failure.ts";
import type { Memory } from "../memory/memory.ts";
import type { Plan } from "../plan.ts";
import { withOwnLoras } from "../training/loras.ts";
import { type Clause, clausesOf, type Masked, mask } from "./clauses.ts";
import { type Compiled, languages } from "./compile.ts";
import { place } from "./frames.ts";
import { type Meaning, meaningOf } from "./meaning.ts";
import { readMedia } from "./media/read.ts";
import { takeOptions } from "./options.ts";
import { type ReadCall, type Reading, unmasked } from "./reading.ts";
import { drawnWith } from "./training/drawn.ts";
import { joinedEdit } from "./training/edits.ts";
import { finished } from "./training/finish.ts";
import { readOptions } from "./training/wish.ts";

/** Characters that rules look at: plain requests are short, and patterns must not be fed with books. */
const longest = 5000;

const helpText = `I make pictures, videos, voices and clips. Say, for example:
- draw a red fox in fresh snow, wide
- three pictures of a harbour at dawn, seed 7
- upscale that 2x · number 2, bigger
- same but at night · another one
- what's in the queue? · cancel that · which models do you have?
- make a 5-second clip of a wizard saying welcome · animate that
- with a recording attached: clone this voice as june, it is June Carter · then: say good morning in june's voice
- with 10 or more photos attached: train a LoRA called biscuit, trigger bsct dog
/help lists all commands.`;
const greeting = 'Hello. Say what to draw, such as "draw a red fox in fresh snow, wide", or /help.';
const lost = `I did not understand all of that, so I submitted nothing. ${helpText}`;
const later = "Ask for the upscale when the picture is there: I can only enlarge what exists.";

/** What a clause that the rules cannot place word by word is recognisably meant as. */
export type Guess = (clause: Clause, memory: Memory, language: Compiled) => ReadCall | undefined;

function meaning(clause: Clause, memory: Memory, language: Compiled, unmask: Masked["unmask"]): Meaning | undefined {
  for (const placed of place(clause, language)) {
    const found = meaningOf(placed, { text: clause.text, unmask }, memory, language);
    if (found) return found;
  }
  return undefined;
}

/** "be a dear" + "draw a kitten": a clause without a place may be the beginning of the next. */
function joined(clauses: readonly Clause[], at: number, open: (clause: Clause) => ReadCall | undefined): ReadCall | undefined {
  const [first, next] = [clauses[at], clauses[at + 1]];
  return first && next && open({ text: `${first.text}, ${next.text}`, question: next.question });
}

/** "Call it biscuit, trigger bsct dog": more about the training or dataset before it; alone, what was asked for a training. */
function addsToWish(clause: Clause, calls: ReadCall[], language: Compiled): boolean {
  const at = calls.findLastIndex(({ wish }) => wish !== undefined);
  const before = calls[at];
  if (calls.length > 0 && !before?.wish) return false;
  const options = clause.question ? undefined : readOptions(clause.text, language);
  if (!options) return false;
  // the same object: a picture that is drawn with it knows it too
  if (before?.wish) Object.assign(before.wish, { ...options, ...before.wish });
  else if (options.name !== undefined && options.trigger !== undefined)
    calls.push({ tool: "train_lora", input: {}, wish: { kind: "train", ...options } });
  else return false;
  return true;
}

function add(calls: ReadCall[], more: readonly ReadCall[]): void {
  for (const call of more) {
    const last = calls.at(-1);
    const edit = last?.tool === "edit_dataset" && call.tool === "edit_dataset" ? joinedEdit(last.input, call.input) : undefined;
    if (last && edit) last.input = edit;
    else calls.push(call);
  }
}

/** All clauses in one language, or undefined where one has no place. */
function read({ text, unmask }: Masked, past: Memory, language: Compiled, guess?: Guess): (Reading & { problem?: string }) | undefined {
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
    const pictured = drawnWith(clause, reading.calls, memory, language, (plain) => {
      const meant = meaning(plain, memory, language, unmask);
      return meant && "calls" in meant ? meant.calls : undefined;
    });
    if (pictured) {
      reading.calls.push(...pictured);
      continue;
    }
    const found = meaning(clause, memory, language, unmask);
    if (!found && addsToWish(clause, reading.calls, language)) continue;
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
    add(reading.calls, found.calls);
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
  const media = readMedia(masked, memory);
  if (media) return { ...media, calls: withOwnLoras(media.calls, memory) };
  for (const language of languages) {
    const reading = read(masked, memory, language, guess);
    if (!reading) continue;
    if (reading.problem) return { calls: [], say: [masked.unmask(reading.problem)] };
    const whole = finished(unmasked(reading.calls, masked), memory);
    if ("problem" in whole) return { calls: [], say: [whole.problem] };
    // greetings are left out where something is to be done
    const say = reading.calls.length > 0 ? reading.say.filter((words) => words === later) : reading.say;
    if (reading.calls.length === 0 && say.length === 0) return { calls: [], say: ["Nothing was submitted."] };
    return { calls: withOwnLoras(whole.calls, memory), say: [...new Set(say)] };
  }
  return undefined;
}

/** Where the rules have no place for all of the words. */
export const askBack: Reading = { calls: [], say: [lost] };

export function planByRules(text: string, memory: Memory): Plan {
  const { calls, say } = readRequest(text, memory) ?? askBack;
  return { planner: "rules", calls, text: say.join("\n") };
}
