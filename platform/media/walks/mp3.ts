/** MP3: frame after frame, behind tags. How much sound there should be, the first frame may tell (Xing, Info). */
import { brokenFile, endsEarly } from "../kinds.ts";
import type { Walk } from "./walk.ts";

const kilobits = [
  [32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320],
  [8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160],
] as const;
const rates = [44_100, 48_000, 32_000] as const;
/** So many in a row are no accident. */
const enough = 3;

interface Frame {
  bytes: number;
  /** Where its first frame may hold the number of bytes of all. */
  info: number;
}

export function mp3Frame(head: Buffer): Frame | undefined {
  const [a = 0, b = 0, c = 0, d = 0] = head;
  const version = (b >> 3) & 3;
  if (a !== 0xff || (b & 0xe0) !== 0xe0 || version === 1 || ((b >> 1) & 3) !== 1) return undefined;
  const one = version === 3;
  const rate = rates[(c >> 2) & 3];
  const bits = kilobits[one ? 0 : 1][(c >> 4) - 1];
  if (rate === undefined || bits === undefined) return undefined;
  const hertz = one ? rate : version === 2 ? rate / 2 : rate / 4;
  const mono = d >> 6 === 3;
  return { bytes: Math.floor(((one ? 144_000 : 72_000) * bits) / hertz) + ((c >> 1) & 1), info: one ? (mono ? 17 : 32) : mono ? 9 : 17 };
}

function promised(frame: Buffer, at: number): number {
  if (!/^(Xing|Info)/.test(frame.toString("latin1", at, at + 4)) || frame.length < at + 16) return 0;
  const flags = frame.readUInt32BE(at + 4);
  return flags & 2 ? frame.readUInt32BE(at + 8 + (flags & 1 ? 4 : 0)) : 0;
}

export const mp3Walk: Walk = function* (at) {
  let frames = 0;
  let start = 0;
  let whole = 0;
  for (;;) {
    const head = yield { take: 4, orEnd: frames >= enough };
    if (head.length === 0) break;
    const frame = mp3Frame(head);
    if (frame && frame.bytes > 4) {
      if (frames++ === 0) {
        start = at() - 4;
        whole = promised(yield { take: frame.bytes - 4 }, frame.info);
      } else if (frames > enough) break;
      else yield { skip: frame.bytes - 4 };
    } else if (frames === 0 && head.toString("latin1", 0, 3) === "ID3") {
      const size = (yield { take: 6 }).subarray(2).reduce((sum, byte) => sum * 128 + (byte & 0x7f), 0);
      yield { skip: size };
    } else throw brokenFile("its sound is damaged");
  }
  yield { tail: 0 };
  // tags may follow, so that more is no fault; a little less is how some writers count
  if (at() - start < whole * 0.98) throw endsEarly();
  return { mediaType: "audio/mpeg", ending: "mp3" };
};
