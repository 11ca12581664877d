/** Ogg (Opus, Vorbis, FLAC, Speex): the packet of comments is written anew, and the pages behind it get new numbers and checksums. */
import { brokenFile, countParts } from "../kinds.ts";
import type { Marks } from "../marks.ts";
import { commentsOf, readComments, saidByComments, writeComments } from "./comments.ts";
import { bufferOf, type Container } from "./container.ts";
import { bit, type Page, packetPages, pagesOf, renumbered, writePage } from "./ogg-pages.ts";

interface Codec {
  /** With what the first packet begins. */
  begins: string;
  /** Bytes before and behind the comments in their packet. */
  before: Buffer;
  after: Buffer;
  /** Whether this is the last packet before the sound. @param index from 0, of those behind the first. */
  last(packet: Buffer, index: number): boolean;
}

const none = Buffer.alloc(0);
const codecs: Codec[] = [
  { begins: "OpusHead", before: Buffer.from("OpusTags"), after: none, last: () => true },
  { begins: "\x01vorbis", before: Buffer.from("\x03vorbis"), after: Buffer.from([1]), last: (_packet, index) => index === 1 },
  { begins: "Speex   ", before: none, after: none, last: () => true },
  // blocks as in a FLAC file, one a packet; four bytes of head
  { begins: "\x7fFLAC", before: Buffer.alloc(4), after: none, last: (packet) => ((packet[0] ?? 0x80) & 0x80) !== 0 },
];

interface Stream {
  codec: Codec;
  /** Pages of the first packet, the packets of words behind it, and the pages of sound. */
  first: Page;
  words: Buffer[];
  sound: Page[];
}

function streamOf(pages: readonly Page[]): Stream {
  const [first, ...rest] = pages as [Page, ...Page[]];
  const codec = codecs.find(({ begins }) => first.body.toString("latin1", 0, begins.length) === begins);
  if (!codec || rest.some(({ serial }) => serial !== first.serial)) throw brokenFile("it is no Ogg with one sound in it");
  const words: Buffer[] = [];
  let pieces: Buffer[] = [];
  const count = countParts();
  for (const [index, { lacing, body }] of rest.entries()) {
    let at = 0;
    for (const [place, size] of lacing.entries()) {
      count();
      pieces.push(body.subarray(at, at + size));
      at += size;
      if (size === 255) continue;
      const packet = Buffer.concat(pieces);
      pieces = [];
      words.push(packet);
      if (!codec.last(packet, words.length - 1)) continue;
      if (place !== lacing.length - 1) throw brokenFile("its sound begins in the middle of a page");
      return { codec, first, words, sound: rest.slice(index + 1) };
    }
  }
  throw brokenFile("it ends too early: there is no sound in it");
}

/** Streams that were put one behind the other. */
function streams(bytes: Uint8Array): Stream[] {
  const links: Page[][] = [];
  for (const page of pagesOf(bufferOf(bytes))) {
    if (page.flags & bit.first || links.length === 0) links.push([]);
    links.at(-1)?.push(page);
  }
  return links.map(streamOf);
}

function flacComments(comments: Buffer, others: readonly Buffer[]): Buffer[] {
  const kept = others.filter((packet) => ((packet[0] ?? 0) & 0x7f) === 3);
  const head = Buffer.from([4, 0, 0, 0]);
  head.writeUIntBE(comments.length, 1, 3);
  const all = [Buffer.concat([head, comments]), ...kept.map((packet) => Buffer.from(packet))];
  for (const [index, packet] of all.entries()) packet[0] = ((packet[0] as number) & 0x7f) | (index === all.length - 1 ? 0x80 : 0);
  return all;
}

function withComments({ codec, first, words, sound }: Stream, comments: readonly (readonly [string, string])[]): Buffer[] {
  const body = writeComments(comments);
  const isFlac = codec.begins === "\x7fFLAC";
  const packets = isFlac ? flacComments(body, words.slice(1)) : [Buffer.concat([codec.before, body, codec.after]), ...words.slice(1)];
  // how many packets of words follow the first: FLAC says it there
  const head = isFlac ? { ...first, body: Buffer.from(first.body) } : first;
  if (isFlac) head.body.writeUInt16BE(packets.length, 7);
  const pages = packetPages(packets, first.serial, first.number + 1);
  const shift = first.number + 1 + pages.length - (sound[0]?.number ?? 0);
  const start = isFlac ? writePage(head) : first.whole;
  return [start, ...pages, ...sound.map((page) => renumbered(page, page.number + shift))];
}

const rewritten = (bytes: Uint8Array, comments: (stream: Stream) => readonly (readonly [string, string])[]): Uint8Array =>
  Buffer.concat(streams(bytes).flatMap((stream) => withComments(stream, comments(stream))));

export const ogg: Container = {
  strip: (bytes) => rewritten(bytes, () => []),
  stamp: (bytes: Uint8Array, marks: Marks) => rewritten(bytes, () => commentsOf(marks)),
  said(bytes) {
    const [{ codec, words }] = streams(bytes) as [Stream];
    return saidByComments(readComments((words[0] as Buffer).subarray(codec.before.length)));
  },
};
