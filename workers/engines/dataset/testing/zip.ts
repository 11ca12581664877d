/** Makes zip archives, whole ones and hostile ones. */
import { crc32, deflateRawSync } from "node:zlib";

export interface Packed {
  name: string;
  bytes?: Uint8Array;
  /** Kept as it is instead of deflated. */
  stored?: boolean;
  /** Says that it is locked with a password. */
  locked?: boolean;
  /** A symbolic link. */
  link?: boolean;
  /** What the list says of its length, where that is a lie. */
  says?: number;
  /** Has no data of its own but that of the file before it. */
  overlaps?: boolean;
}

function sizes(at: Buffer, place: number, crc: number, packed: number, plain: number): void {
  at.writeUInt32LE(crc, place);
  at.writeUInt32LE(packed, place + 4);
  at.writeUInt32LE(Math.min(plain, 0xffffffff), place + 8);
}

/** The length of a file above 4 GB. */
function large(plain: number): Buffer {
  if (plain < 0xffffffff) return Buffer.alloc(0);
  const out = Buffer.alloc(12);
  out.writeUInt16LE(1, 0);
  out.writeUInt16LE(8, 2);
  out.writeBigUInt64LE(BigInt(plain), 4);
  return out;
}

export function zipOf(files: readonly Packed[]): Buffer {
  const [body, list]: [Buffer[], Buffer[]] = [[], []];
  let [end, place, data, plain] = [0, 0, Buffer.alloc(0), Buffer.alloc(0)];
  for (const { name, bytes = new Uint8Array(), stored, locked, link, says, overlaps } of files) {
    const [text, method] = [Buffer.from(name), stored ? 0 : 8];
    if (!overlaps) {
      plain = Buffer.from(bytes);
      data = stored ? plain : deflateRawSync(plain);
      const head = Buffer.alloc(30);
      head.writeUInt32LE(0x04034b50);
      head.writeUInt16LE(method, 8);
      sizes(head, 14, crc32(plain), data.length, plain.length);
      head.writeUInt16LE(text.length, 26);
      place = end;
      body.push(head, text, data);
      end += 30 + text.length + data.length;
    }
    const extra = large(says ?? 0);
    const entry = Buffer.alloc(46);
    entry.writeUInt32LE(0x02014b50);
    entry.writeUInt16LE(3 << 8, 4);
    entry.writeUInt16LE((locked ? 1 : 0) | 0x800, 8);
    entry.writeUInt16LE(method, 10);
    sizes(entry, 16, crc32(plain), data.length, says ?? plain.length);
    entry.writeUInt16LE(text.length, 28);
    entry.writeUInt16LE(extra.length, 30);
    entry.writeUInt32LE(((link ? 0o120777 : 0o100644) << 16) >>> 0, 38);
    entry.writeUInt32LE(place, 42);
    list.push(entry, text, extra);
  }
  const central = Buffer.concat(list);
  const tail = Buffer.alloc(22);
  tail.writeUInt32LE(0x06054b50);
  tail.writeUInt16LE(files.length, 8);
  tail.writeUInt16LE(files.length, 10);
  tail.writeUInt32LE(central.length, 12);
  tail.writeUInt32LE(end, 16);
  return Buffer.concat([...body, central, tail]);
}
