/** Ogg pages: packets of a stream cut into pages, each with its number and a checksum. */
import { brokenFile, countParts, endsEarly } from "../kinds.ts";

export interface Page {
  /** Bits: 1 goes on with a packet, 2 first of its stream, 4 last of it. */
  flags: number;
  /** Where in time it ends, as in the file. */
  time: Buffer;
  serial: number;
  number: number;
  /** Lengths of its pieces: 255 = the packet goes on. */
  lacing: Buffer;
  body: Buffer;
  whole: Buffer;
}

export const bit = { goesOn: 1, first: 2, last: 4 };

const table = Uint32Array.from({ length: 256 }, (_none, index) => {
  let crc = index << 24;
  for (let round = 0; round < 8; round++) crc = (crc << 1) ^ (crc & 0x80000000 ? 0x04c11db7 : 0);
  return crc >>> 0;
});

function checksum(bytes: Buffer): number {
  let crc = 0;
  for (const byte of bytes) crc = ((crc << 8) ^ (table[((crc >>> 24) ^ byte) & 0xff] as number)) >>> 0;
  return crc;
}

/** @throws Failure `unsupported_media` */
export function pagesOf(view: Buffer): Page[] {
  const pages: Page[] = [];
  const count = countParts();
  for (let at = 0; at < view.length; ) {
    if (at + 27 > view.length) throw endsEarly();
    if (view.toString("latin1", at, at + 4) !== "OggS") throw brokenFile("a page of it is damaged");
    const start = at + 27 + (view[at + 26] as number);
    const lacing = view.subarray(at + 27, start);
    const end = lacing.reduce((sum, size) => sum + size, start);
    if (end > view.length) throw endsEarly();
    count();
    pages.push({
      flags: view[at + 5] as number,
      time: view.subarray(at + 6, at + 14),
      serial: view.readUInt32LE(at + 14),
      number: view.readUInt32LE(at + 18),
      lacing,
      body: view.subarray(start, end),
      whole: view.subarray(at, end),
    });
    at = end;
  }
  return pages;
}

export function writePage({ flags, time, serial, number, lacing, body }: Omit<Page, "whole">): Buffer {
  const head = Buffer.alloc(27);
  head.write("OggS", "latin1");
  head[5] = flags;
  time.copy(head, 6);
  head.writeUInt32LE(serial, 14);
  head.writeUInt32LE(number >>> 0, 18);
  head[26] = lacing.length;
  const page = Buffer.concat([head, lacing, body]);
  page.writeUInt32LE(checksum(page), 22);
  return page;
}

/** The same page under another number. */
export function renumbered(page: Page, number: number): Buffer {
  return page.number === number ? page.whole : writePage({ ...page, number });
}

/** Packets of words on pages of their own, the last page ending with the last packet. @param from number of the first page */
export function packetPages(packets: readonly Buffer[], serial: number, from: number): Buffer[] {
  const lacing = packets.flatMap((packet) => [...new Array<number>(Math.floor(packet.length / 255)).fill(255), packet.length % 255]);
  const body = Buffer.concat(packets);
  const pages: Buffer[] = [];
  for (let piece = 0, at = 0; piece < lacing.length; piece += 255) {
    const sizes = lacing.slice(piece, piece + 255);
    const end = sizes.reduce((sum, size) => sum + size, at);
    const ends = sizes.some((size) => size < 255);
    pages.push(
      writePage({
        flags: lacing[piece - 1] === 255 ? bit.goesOn : 0,
        // a page on which no packet ends has no place in time
        time: Buffer.alloc(8, ends ? 0 : 0xff),
        serial,
        number: from + pages.length,
        lacing: Buffer.from(sizes),
        body: body.subarray(at, end),
      }),
    );
    at = end;
  }
  return pages;
}
