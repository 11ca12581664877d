/** WAV and Ogg: containers that tell how long their parts are. */
import { brokenFile, notTaken } from "../kinds.ts";
import type { Walk } from "./walk.ts";

/** What a recorder writes that cannot go back to fill in the length. */
const unknownLength = new Set([0, 0xffffffff]);

export const wavWalk: Walk = function* (_at) {
  yield { skip: 12 };
  for (let format = false; ; ) {
    const head = yield { take: 8 };
    const [name, size] = [head.toString("latin1", 0, 4), head.readUInt32LE(4)];
    if (name === "fmt " && size >= 16) {
      const about = yield { take: 16 };
      if (about.readUInt16LE(2) === 0 || about.readUInt32LE(4) === 0) throw brokenFile("it has no channel or no sampling rate");
      format = true;
      yield { skip: size - 16 + (size & 1) };
    } else if (name === "data") {
      if (!format) throw brokenFile("its sound comes before what tells how to read it");
      if (!unknownLength.has(size)) yield { skip: size };
      const rest = yield { tail: 1 };
      if (size === 0 && rest.length === 0) throw brokenFile("there is no sound in it");
      return { mediaType: "audio/wav", ending: "wav" };
    } else yield { skip: size + (size & 1) };
  }
};

const soundCodecs = ["OpusHead", "\x01vorbis", "\x7fFLAC", "Speex"];

export const oggWalk: Walk = function* (_at) {
  let pages = 0;
  for (; ; pages++) {
    const head = yield { take: 27, orEnd: true };
    if (head.length === 0) break;
    if (head.toString("latin1", 0, 4) !== "OggS") throw brokenFile("a page of it is damaged");
    let size = 0;
    for (const segment of yield { take: head[26] ?? 0 }) size += segment;
    if (pages === 0) {
      const codec = (yield { take: Math.min(8, size) }).toString("latin1");
      if (!soundCodecs.some((name) => codec.startsWith(name))) throw notTaken("an Ogg video, or Ogg of a kind that is not known here", "");
      size -= Math.min(8, size);
    }
    yield { skip: size };
  }
  if (pages < 3) throw brokenFile("it ends too early: there is no sound in it");
  return { mediaType: "audio/ogg", ending: "ogg" };
};
