/** A whole message that asks for a voice, a video or a clip. Every word of it has its place, or it is read otherwise. */
import type { Memory } from "../../memory/memory.ts";
import { bare, type Masked } from "../clauses.ts";
import type { Reading } from "../reading.ts";
import { type CompiledMedia, mediaLanguages } from "./compile.ts";
import type { MediaDoes } from "./grammar.ts";
import { makes } from "./makes.ts";
import { groupsOf } from "./options.ts";
import { redoes } from "./redo.ts";

export type Said = Record<string, string | undefined>;

/** Undefined: the frame does not mean this here. */
export type MediaMeaning = Pick<Reading, "calls"> | { problem: string } | undefined;

function meaningOf(does: MediaDoes, said: Said, memory: Memory, media: CompiledMedia): MediaMeaning {
  return does === "redo" ? redoes(said, memory, media) : makes(does, said, memory, media);
}

/** Characters of a request without its quotations; longer texts are spoken between quotation marks. */
const longest = 1000;

/** Undefined where it is none of this. */
export function readMedia(masked: Masked, memory: Memory): Reading | undefined {
  // a sentence that is spoken may hold others, but it stands between quotation marks then
  if (masked.text.length > longest) return undefined;
  if (/[.!?…]\s+\S/u.test(masked.text) || masked.text.includes("\n")) return undefined;
  for (const media of mediaLanguages) {
    // as it stands too: "instead" at its end is politeness elsewhere, and says here that something is changed
    const texts = [...new Set([masked.text.trim().replace(/[\s.!]+$/u, ""), bare(masked.text, media.language)])];
    for (const { does, fits } of media.frames) {
      const found = texts.map((text) => fits.exec(text)).find((one) => one !== null);
      if (!found) continue;
      const groups = groupsOf(found);
      const said = Object.fromEntries(
        Object.entries(groups).map(([name, words]) => [name, words === undefined ? words : masked.unmask(words)]),
      );
      const meant = meaningOf(does, said, memory, media);
      if (!meant) continue;
      return "problem" in meant ? { calls: [], say: [meant.problem] } : { calls: meant.calls, say: [] };
    }
  }
  return undefined;
}
