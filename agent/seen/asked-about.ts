/** "What is wrong with the second picture?": which pictures of the conversation a question is about. */
import { isTerminal } from "../../core/job.ts";
import type { Memory } from "../memory/memory.ts";
import { newestIs } from "../memory/newest.ts";
import { filesOf, picturesOf, type Reference } from "../memory/refer.ts";
import { readReference } from "../rules/reference.ts";

const looks =
  /\?|\b(?:describe|look at|what|which|who|how|compare|tell me|do you (?:see|like|think)|explain|caption|beschreib\w*|schau|was|welche[sr]?|wer|wie|vergleich\w*|gefällt|describe|mira|qué|cuál|quién|cómo|compara|gusta)\b/iu;
const picture = /\b(?:pictures?|images?|photos?|drawings?|bild(?:er|ern)?|fotos?|zeichnung|im[aá]gen(?:es)?|dibujos?)\b/iu;
/** Words of the longest reference that is looked for: "the third picture of them". */
const longest = 4;

/** The most particular reference in a text: a number says more than "that". */
function referenceIn(text: string): Reference | undefined {
  const words = text.split(/[^\p{L}\p{N}#_]+/u).filter(Boolean);
  let plain: Reference | undefined;
  for (let length = longest; length > 0; length--)
    for (let at = 0; at + length <= words.length; at++) {
      const piece = words.slice(at, at + length).join(" ");
      const found = /^\d+$/.test(piece) ? undefined : readReference(piece);
      if (!found || found.kind === "words" || found.kind === "training") continue;
      if (found.kind !== "that") return found;
      plain ??= found;
    }
  return plain;
}

/** Ids of finished pictures; none where the message asks nothing about one. */
export function askedAbout(text: string, memory: Memory): string[] {
  if (!looks.test(text)) return [];
  const reference: Reference | undefined = referenceIn(text) ?? (picture.test(text) ? { kind: "that" } : undefined);
  if (!reference) return [];
  const moves =
    reference.kind === "that" && (reference.of === "video" || (!reference.of && !picture.test(text) && newestIs(memory, "video")));
  const result = moves ? filesOf(reference, memory, ["video"]) : picturesOf(reference, memory);
  if ("found" in result) return result.found.filter((id) => id.startsWith("art_"));
  if (reference.kind !== "that" || reference.of) return [];
  // "which of them is best?": all of the newest
  const newest = memory.jobs.findLast((job) => job.artifacts.length > 0 || !isTerminal(job.state));
  return newest?.artifacts.map(({ id }) => id) ?? [];
}
