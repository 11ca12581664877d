/** ID3 tags: read in the versions that are about (2.3 and 2.4), written as 2.4. */
import { countParts } from "../kinds.ts";
import { bufferOf } from "./container.ts";

export interface Frame {
  id: string;
  data: Buffer;
}

const header = 10;
const bits = { unsynchronised: 0x80, extended: 0x40, footer: 0x10 };

const sevens = (bytes: Buffer, at: number) => bytes.subarray(at, at + 4).reduce((sum, byte) => sum * 128 + (byte & 0x7f), 0);
const inSevens = (value: number) => Buffer.from([value >>> 21, value >>> 14, value >>> 7, value].map((part) => part & 0x7f));

/** A zero byte stands behind each 0xff that could be taken for sound. */
function synchronised(bytes: Buffer): Buffer {
  return Buffer.from(bytes.filter((byte, at) => byte !== 0 || bytes[at - 1] !== 0xff));
}

/** Bytes of the tag that stands here; 0 where none does. */
export function tagBytes(view: Buffer, at: number): number {
  if (view.toString("latin1", at, at + 3) !== "ID3" || at + header > view.length) return 0;
  const footer = (view[at + 5] as number) & bits.footer ? header : 0;
  return Math.min(header + sevens(view, at + 6) + footer, view.length - at);
}

/** What can be read of a tag; packed and encrypted frames cannot, and older tags than 2.3 have other names. */
export function readTag(bytes: Uint8Array): Frame[] {
  const tag = bufferOf(bytes);
  const [version, flags] = [tag[3], tag[5] ?? 0];
  if (tag.length < header || (version !== 3 && version !== 4)) return [];
  const whole = flags & bits.unsynchronised && version === 3 ? synchronised(tag.subarray(header)) : tag.subarray(header);
  let at = 0;
  if (flags & bits.extended && whole.length >= 4) at = version === 4 ? sevens(whole, 0) : whole.readUInt32BE(0) + 4;
  const frames: Frame[] = [];
  const count = countParts();
  while (at + header <= whole.length && /^[A-Z0-9]{4}$/.test(whole.toString("latin1", at, at + 4))) {
    const size = version === 4 ? sevens(whole, at + 4) : whole.readUInt32BE(at + 4);
    const kind = whole[at + 9] as number;
    const data = whole.subarray(at + header, at + header + size);
    if (data.length < size) break;
    count();
    const apart = version === 4 && kind === 0x02;
    if (kind === 0 || apart) frames.push({ id: whole.toString("latin1", at, at + 4), data: apart ? synchronised(data) : data });
    at += header + size;
  }
  return frames;
}

export function writeTag(frames: readonly Frame[]): Buffer {
  const body = frames.flatMap(({ id, data }) => [Buffer.from(id, "latin1"), inSevens(data.length), Buffer.alloc(2), data]);
  const size = body.reduce((sum, piece) => sum + piece.length, 0);
  return Buffer.concat([Buffer.from("ID3\x04\0\0", "latin1"), inSevens(size), ...body]);
}

/** What a tag's number for its length can say. */
export const mostBytes = 2 ** 28 - 1;
