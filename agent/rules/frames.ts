/** One clause → what it means: the first frame of a language that fits all of its words. */
import type { Clause } from "./clauses.ts";
import type { Compiled } from "./compile.ts";
import type { Frame } from "./grammar.ts";

export interface Placed {
  frame: Frame;
  /** Groups by name; `ref2` counts as `ref`. */
  groups: Record<string, string | undefined>;
}

function groupsOf(found: RegExpExecArray): Record<string, string | undefined> {
  const groups: Record<string, string | undefined> = {};
  for (const [name, text] of Object.entries(found.groups ?? {})) {
    const plain = name.replace(/\d+$/, "");
    if (text !== undefined) groups[plain === "timeout" || plain === "timeout_s" ? "timeout_s" : plain] ??= text;
  }
  return groups;
}

/** "Could you pause?" is "pause": what these frames do is asked for either way. */
const asked = new Set<Frame["does"]>([
  ...(["call", "again", "same", "adjust", "upscale", "transform", "render"] as const),
  ...(["train", "dataset", "order", "stop", "rename", "delete", "caption", "leave_out"] as const),
]);
/** A training always asks back before it begins, so that a question mark takes nothing from it. */
const learning = new Set<Frame["does"]>(["train", "dataset"]);
/** What makes something new: talked about as a case, or for another time, it is not asked for. */
const making = new Set<Frame["does"]>(["render", "transform", "upscale", "train", "dataset"]);

/** A command without "could you", where the language has such a form. */
function* unasked({ text }: Clause, language: Compiled): Generator<Placed> {
  const command = language.asking && text.replace(language.asking, "");
  if (!command || command === text || language.past.test(command)) return;
  for (const placed of direct({ text: command, question: false }, language))
    if (asked.has(placed.frame.does) && !placed.frame.bare) yield { ...placed, frame: { ...placed.frame, polite: true } };
}

/** Every frame that fits, best first: a frame may turn out to mean nothing here ("stop the music"), and the next is tried. */
export function* place(clause: Clause, language: Compiled): Generator<Placed> {
  yield* direct(clause, language);
  yield* unasked(clause, language);
}

function* direct({ text, question }: Clause, language: Compiled): Generator<Placed> {
  for (const { frame, fits } of language.frames) {
    const found = fits.exec(text);
    if (!found) continue;
    const makes = making.has(frame.does);
    // "would you draw a fox if I asked you to?" asks about a case, "could you draw before that?" about the past
    if (makes && (language.condition.test(text) || (frame.polite && language.past.test(text)))) continue;
    if (makes && language.later.test(text)) continue;
    if (frame.bare && language.finite.test(text)) continue;
    // "paint dries slowly, right?", "again?"
    if (((makes && !learning.has(frame.does)) || frame.does === "again") && question && !frame.polite) continue;
    yield { frame, groups: groupsOf(found) };
  }
}
