/** WebP chunks: pixels are never encoded again; what is said about the picture is taken out or put in. */
import { brokenPicture } from "./kinds.ts";
import type { Marks } from "./marks.ts";

interface Chunk {
  type: string;
  data: Buffer;
}

const pictureChunks = new Set(["VP8X", "VP8 ", "VP8L", "ALPH", "ICCP", "ANIM", "ANMF"]);
const flag = { alpha: 0x10, exif: 0x08, xmp: 0x04, animation: 0x02 };

/** Throws Failure `unsupported_media`. */
function chunks(bytes: Uint8Array): Chunk[] {
  const view = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const end = view.length < 20 ? Number.POSITIVE_INFINITY : 8 + view.readUInt32LE(4);
  if (end > view.length) throw brokenPicture("it ends too early");
  const found: Chunk[] = [];
  for (let at = 12; at + 8 <= end; ) {
    const size = view.readUInt32LE(at + 4);
    if (at + 8 + size > end) throw brokenPicture("it ends too early");
    found.push({ type: view.toString("latin1", at, at + 4), data: view.subarray(at + 8, at + 8 + size) });
    at += 8 + size + (size & 1);
  }
  return found;
}

function assemble(parts: Chunk[]): Buffer {
  const pieces = parts.flatMap(({ type, data }) => {
    const head = Buffer.from(`${type}\0\0\0\0`, "latin1");
    head.writeUInt32LE(data.length, 4);
    return [head, data, Buffer.alloc(data.length & 1)];
  });
  const body = Buffer.concat(pieces);
  const head = Buffer.from("RIFF\0\0\0\0WEBP", "latin1");
  head.writeUInt32LE(4 + body.length, 4);
  return Buffer.concat([head, body]);
}

function withFlags(header: Buffer, set: number, clear: number): Buffer {
  const out = Buffer.from(header);
  out[0] = ((out[0] as number) & ~clear) | set;
  return out;
}

/** The extended header that a file with metadata must have, made from a simple one. */
function extendedHeader({ type, data }: Chunk): Buffer {
  const lossless = type === "VP8L";
  const bits = lossless ? data.readUInt32LE(1) : 0;
  const width = lossless ? (bits & 0x3fff) + 1 : data.readUInt16LE(6) & 0x3fff;
  const height = lossless ? ((bits >>> 14) & 0x3fff) + 1 : data.readUInt16LE(8) & 0x3fff;
  const out = Buffer.alloc(10);
  out[0] = lossless && (bits >>> 28) & 1 ? flag.alpha : 0;
  out.writeUIntLE(width - 1, 4, 3);
  out.writeUIntLE(height - 1, 7, 3);
  return out;
}

function bare(bytes: Uint8Array): Chunk[] {
  const parts = chunks(bytes).filter(({ type }) => pictureChunks.has(type));
  const pixels = parts.find(({ type }) => type === "VP8 " || type === "VP8L" || type === "ANMF");
  if (!pixels || pixels.data.length < 10) throw brokenPicture("it has no pixels");
  return parts.map(({ type, data }) => ({ type, data: type === "VP8X" ? withFlags(data, 0, flag.exif | flag.xmp) : data }));
}

export function isAnimated(bytes: Uint8Array): boolean {
  return chunks(bytes).some(({ type }) => type === "ANIM" || type === "ANMF");
}

export function isLossless(bytes: Uint8Array): boolean {
  return chunks(bytes).some(({ type }) => type === "VP8L");
}

export function stripWebp(bytes: Uint8Array): Uint8Array {
  const parts = bare(bytes);
  // an extended header that announces nothing is itself a trace of what was there
  const [header, pixels] = parts as [Chunk, Chunk];
  return assemble(parts.length === 2 && header.type === "VP8X" && pixels.type !== "ANMF" ? [pixels] : parts);
}

export function stampWebp(bytes: Uint8Array, marks: Marks): Uint8Array {
  const parts = bare(bytes);
  const [first, ...rest] = parts as [Chunk, ...Chunk[]];
  const [header, pixels] = first.type === "VP8X" ? [first.data, rest] : [extendedHeader(first), parts];
  return assemble([
    { type: "VP8X", data: withFlags(header, flag.xmp, 0) },
    ...pixels,
    { type: "XMP ", data: Buffer.from(marks.xmp(true)) },
  ]);
}

export function webpXmp(bytes: Uint8Array): string | undefined {
  return chunks(bytes)
    .find(({ type }) => type === "XMP ")
    ?.data.toString();
}
