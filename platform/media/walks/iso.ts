/** MP4, MOV and M4A: boxes, each with its size; the index (`moov`) tells whether there is a picture track. */
import { brokenFile } from "../kinds.ts";
import type { Step, Walk } from "./walk.ts";

const containers = new Set(["moov", "trak", "mdia"]);

interface Seen {
  handlers: Set<string>;
  index: boolean;
  data: boolean;
}

/** @param depth of the boxes around it: a track is four deep; nobody means a thousand. */
function* box(at: () => number, end: number, seen: Seen, depth: number): Generator<Step, boolean, Buffer> {
  const outermost = end === Number.POSITIVE_INFINITY;
  const start = at();
  const head = yield { take: 8, ...(outermost ? { orEnd: true } : {}) };
  if (head.length === 0) return false;
  let size = head.readUInt32BE(0);
  const type = head.toString("latin1", 4, 8);
  if (size === 1) size = Number((yield { take: 8 }).readBigUInt64BE());
  if (type === "mdat") seen.data = true;
  if (size === 0 && outermost && type === "mdat") {
    yield { tail: 0 };
    return false;
  }
  const last = start + size;
  if (last < at() || last > end || depth > 8) throw brokenFile("what it says of its own parts does not fit together");
  if (containers.has(type)) {
    seen.index ||= type === "moov";
    while (at() < last) yield* box(at, last, seen, depth + 1);
  } else if (type === "hdlr" && last - at() >= 12) {
    seen.handlers.add((yield { take: 12 }).toString("latin1", 8, 12));
    yield { skip: last - at() };
  } else yield { skip: last - at() };
  return true;
}

/** @param brand of the first box; undefined for a MOV of the old kind, which has none. */
export function isoWalk(brand: string | undefined): Walk {
  return function* (at) {
    const seen: Seen = { handlers: new Set(), index: false, data: false };
    while (yield* box(at, Number.POSITIVE_INFINITY, seen, 0));
    if (!seen.index || !seen.data) throw brokenFile("it ends too early: its index or its content is missing");
    const sound = seen.handlers.has("soun");
    if (!seen.handlers.has("vide") && !sound) throw brokenFile("there is neither picture nor sound in it");
    // the picture track of an M4A is its cover
    if (!seen.handlers.has("vide") || (sound && /^M4[AB] /.test(brand ?? ""))) return { mediaType: "audio/mp4", ending: "m4a" };
    return brand === undefined || brand === "qt  "
      ? { mediaType: "video/quicktime", ending: "mov" }
      : { mediaType: "video/mp4", ending: "mp4" };
  };
}
