/** A list of pictures: ids, "number 3", or "these" for every photo and archive that was brought. */
import { Failure } from "../../core/failure.ts";
import type { Json } from "../../core/json.ts";
import { readReference } from "../rules/reference.ts";
import { filesMeant, photosOf } from "../training/files.ts";
import { type Memory, namedFiles } from "./memory.ts";
import { picturesOf } from "./refer.ts";

const everything =
  /^(?:all|these|those|them|this|that|it|attached|attachments?|uploads?|photos?|pictures?|images?|files?|(?:all |all of )?(?:the|these|those|my|the attached|attached) \S+(?: \S+)?)$/iu;

/** Who was told of the first files alone and names them all means all. */
function namesAll(ids: readonly string[], memory: Memory): boolean {
  const { attachments } = memory;
  if (attachments.length <= namedFiles || ids.length < namedFiles) return false;
  const named = new Set(ids);
  return attachments.slice(0, namedFiles).every((id) => named.has(id));
}

function listed(entry: string, memory: Memory): string[] {
  if (/^art_/.test(entry)) return [entry];
  const reference = everything.test(entry) ? undefined : readReference(entry);
  // a name of a file, which only those that were brought have
  if (!reference || reference.kind === "words" || reference.kind === "that" || reference.kind === "all") return filesMeant(memory);
  const result = picturesOf(reference, memory);
  if ("problem" in result) throw new Failure("invalid_input", result.problem);
  return result.found;
}

/** Undefined where nothing was said and nothing is needed. */
export function fillList(value: Json | undefined, needed: boolean, memory: Memory): string[] | undefined {
  const entries = (Array.isArray(value) ? value : [value]).filter((entry): entry is string => typeof entry === "string" && entry !== "");
  if (entries.length === 0) {
    const files = needed ? filesMeant(memory) : [];
    return files.length > 0 ? files : undefined;
  }
  const ids = [...new Set(entries.flatMap((entry) => listed(entry.trim(), memory)))];
  if (namesAll(ids, memory)) return [...photosOf(memory)];
  return ids.length > 0 ? ids : entries;
}
