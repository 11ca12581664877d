/** WebM: EBML elements; the tracks before the first cluster tell whether there is a picture. */
import { brokenFile, notTaken } from "../kinds.ts";
import type { Step, Walk } from "./walk.ts";

const id = { header: 0x1a45dfa3, docType: 0x4282, segment: 0x18538067, tracks: 0x1654ae6b, entry: 0xae, type: 0x83, cluster: 0x1f43b675 };

/** A number whose first bits tell its length. @param mark keep those bits, as ids do. Undefined: "not known" (all ones), or the end of the file. */
function* number(mark: boolean, orEnd = false): Generator<Step, number | undefined, Buffer> {
  const first = yield { take: 1, orEnd };
  const byte = first[0];
  if (byte === undefined) return undefined;
  const length = Math.clz32(byte) - 23;
  if (length > 8) throw brokenFile("what it says of its own parts does not fit together");
  let value = mark ? byte : byte & (0xff >> length);
  let ones = (byte & (0xff >> length)) === 0xff >> length;
  for (const next of yield { take: length - 1 }) {
    value = value * 256 + next;
    ones &&= next === 0xff;
  }
  return ones && !mark ? undefined : value;
}

interface Seen {
  docType: string;
  types: Set<number>;
  cluster: boolean;
}

/** @param depth of the elements around it: a track is three deep; nobody means a thousand. */
function* element(at: () => number, end: number, seen: Seen, depth: number): Generator<Step, boolean, Buffer> {
  const outermost = end === Number.POSITIVE_INFINITY;
  const name = yield* number(true, outermost);
  if (name === undefined) return false;
  const size = yield* number(false);
  seen.cluster ||= name === id.cluster;
  const inside = name === id.header || name === id.segment || name === id.tracks || name === id.entry;
  if (size === undefined && name !== id.segment) {
    // written as it was recorded: how long the rest is, nobody knows
    yield { tail: 0 };
    return false;
  }
  const last = size === undefined ? Number.POSITIVE_INFINITY : at() + size;
  if (last > end || depth > 8) throw brokenFile("what it says of its own parts does not fit together");
  if (inside) {
    while (at() < last) if (!(yield* element(at, last, seen, depth + 1))) return false;
  } else if (name === id.type && size !== undefined && size <= 8) seen.types.add((yield { take: size }).at(-1) ?? 0);
  else if (name === id.docType && size !== undefined && size <= 32) {
    seen.docType = (yield { take: size }).toString("latin1").replace(/\0+$/, "");
    if (seen.docType !== "webm") throw notTaken("a Matroska video (.mkv)", "");
  } else yield { skip: last - at() };
  return true;
}

export const webmWalk: Walk = function* (at) {
  const seen: Seen = { docType: "", types: new Set(), cluster: false };
  while (yield* element(at, Number.POSITIVE_INFINITY, seen, 0));
  if (seen.docType !== "webm" || !seen.cluster) throw brokenFile("it ends too early: its content is missing");
  if (seen.types.has(1)) return { mediaType: "video/webm", ending: "webm" };
  if (!seen.types.has(2)) throw brokenFile("there is neither picture nor sound in it");
  return { mediaType: "audio/webm", ending: "webm" };
};
