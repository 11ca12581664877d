/** The photos that a dataset is made of: those attached now, or the newest ones that an earlier message of this branch brought. */
import { maxAttachments } from "../../core/limits.ts";
import type { Memory } from "../memory/memory.ts";

/** Pictures and archives; where nothing is either, all of it: the tool that needs pictures says so by name. */
export function photosOf({ attachments, others, archives }: Pick<Memory, "attachments" | "others" | "archives">): readonly string[] {
  const photos = attachments.filter((id) => !others?.has(id) || archives?.has(id));
  return photos.length > 0 ? photos : attachments;
}

/** @param all also those of every earlier message. */
export function filesMeant(memory: Memory, all = false): string[] {
  const own = photosOf(memory);
  const earlier = memory.earlier ?? [];
  const meant = all ? [...earlier.toReversed().flat(), ...own] : own.length > 0 ? own : (earlier[0] ?? []);
  return [...new Set(meant)].slice(0, maxAttachments);
}
