/** FLAC: what it says of itself, then frames that are numbered, so that the last one tells whether the end is there. */
import { brokenFile, endsEarly } from "../kinds.ts";
import type { Walk } from "./walk.ts";

/** More than the largest frame but of 32 bits and many channels. */
const tailBytes = 1 << 19;

function crc8(bytes: Buffer): number {
  let crc = 0;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = (crc & 0x80 ? (crc << 1) ^ 0x07 : crc << 1) & 0xff;
  }
  return crc;
}

/** Bytes of a number written as UTF-8 writes characters, by the first of them. */
function numberBytes(first: number): number {
  return first < 0x80 ? 1 : Math.clz32(~(first << 24));
}

/** The first sample behind a frame whose header stands here; undefined where none does. @param block samples of a frame where all have as many. */
function frameEnd(bytes: Buffer, at: number, block: number): number | undefined {
  const variable = bytes[at + 1] === 0xf9;
  if (bytes[at] !== 0xff || (bytes[at + 1] !== 0xf8 && !variable) || at + 16 > bytes.length) return undefined;
  const [sizes = 0, first = 0] = [bytes[at + 2], bytes[at + 4]];
  const length = numberBytes(first);
  const code = sizes >> 4;
  const more = (code === 6 ? 1 : code === 7 ? 2 : 0) + ([0, 1, 2, 2][Math.max(0, (sizes & 15) - 11)] ?? 0);
  const end = at + 4 + length + more;
  if (length > 7 || code === 0 || crc8(bytes.subarray(at, end)) !== bytes[end]) return undefined;
  let number = length === 1 ? first : first & (0x7f >> length);
  for (const next of bytes.subarray(at + 5, at + 4 + length)) number = number * 64 + (next & 0x3f);
  const given = at + 4 + length;
  const samples =
    code === 6
      ? (bytes[given] ?? 0) + 1
      : code === 7
        ? bytes.readUInt16BE(given) + 1
        : code === 1
          ? 192
          : code < 6
            ? 144 << code
            : 1 << code;
  return (variable ? number : number * block) + samples;
}

export const flacWalk: Walk = function* (_at) {
  yield { skip: 4 };
  let [block, total] = [0, 0];
  for (let last = false, first = true; !last; first = false) {
    const head = yield { take: 4 };
    const size = head.readUIntBE(1, 3);
    last = ((head[0] ?? 0) & 0x80) !== 0;
    if (!first) {
      yield { skip: size };
      continue;
    }
    if (((head[0] ?? 0) & 0x7f) !== 0 || size < 34) throw brokenFile("what tells how to read it is missing");
    const about = yield { take: size };
    block = about.readUInt16BE(2);
    total = ((about[13] ?? 0) & 15) * 2 ** 32 + about.readUInt32BE(14);
  }
  const tail = yield { tail: tailBytes };
  let end: number | undefined;
  for (let at = tail.length - 1; at >= 0 && end === undefined; at--) end = frameEnd(tail, at, block);
  if (end === undefined) throw brokenFile("there is no sound in it");
  if (end < total) throw endsEarly();
  return { mediaType: "audio/flac", ending: "flac" };
};
