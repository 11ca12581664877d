/** The picture or video that the words of a sentence mean. */
import type { FileKind } from "../../memory/kinds.ts";
import type { Memory } from "../../memory/memory.ts";
import { newestFile } from "../../memory/newest.ts";
import { filesOf } from "../../memory/refer.ts";
import { readStage } from "../../memory/stages.ts";
import { readReference } from "../reference.ts";

/** "This drawing": no more than "this". */
const anyone =
  /^(?:(?:last|latest|attached|first) )?(?:picture|image|photo|drawing|video|clip|one|bild|foto|zeichnung|imagen|dibujo|vídeo)$/iu;

/** A problem in words where there is none. */
export function shownFile(words: string | undefined, memory: Memory, kinds: readonly FileKind[]): { found: string } | { problem: string } {
  const reference = words === undefined ? undefined : (readStage(words) ?? readReference(words));
  const plain = !reference || (reference.kind === "that" && !reference.of) || (reference.kind === "words" && anyone.test(reference.words));
  if (!plain) {
    const result = filesOf(reference, memory, kinds);
    return "problem" in result ? result : { found: result.found[0] ?? "" };
  }
  const found = newestFile(memory, kinds);
  return found === undefined ? { problem: "There is no picture here yet. Attach one, or ask for one first." } : { found };
}
