/** PNG chunks: what makes the picture is kept byte for byte, what is said about it is taken out or put in. */
import { crc32, inflateSync } from "node:zlib";
import { brokenPicture } from "./kinds.ts";
import { type Marks, recipeKey } from "./marks.ts";

/** Everything a decoder needs for the same look (colour, density, animation). All else, texts and EXIF first of all, is metadata. */
const kept = new Set("IHDR PLTE tRNS IDAT IEND gAMA cHRM sRGB iCCP cICP mDCV cLLI sBIT bKGD pHYs acTL fcTL fdAT".split(" "));

/** Key of an XMP packet among a PNG's texts. */
const xmpKey = "XML:com.adobe.xmp";

interface Chunk {
  type: string;
  /** Length, type, data and checksum, as in the file. */
  whole: Uint8Array;
  data: Uint8Array;
}

/** Up to and with IEND; what follows it is no part of the picture. Throws Failure `unsupported_media`. */
export function pngChunks(bytes: Uint8Array): Chunk[] {
  const view = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const chunks: Chunk[] = [];
  for (let at = 8; at + 12 <= view.length; ) {
    const end = at + 12 + view.readUInt32BE(at);
    if (end > view.length) break;
    const type = view.toString("latin1", at + 4, at + 8);
    if (crc32(view.subarray(at + 4, end - 4)) !== view.readUInt32BE(end - 4)) throw brokenPicture("a part of it was changed or damaged");
    chunks.push({ type, whole: view.subarray(at, end), data: view.subarray(at + 8, end - 4) });
    if (type === "IEND") return chunks;
    at = end;
  }
  throw brokenPicture("it ends too early");
}

function chunk(type: string, data: Buffer): Buffer {
  const out = Buffer.alloc(12 + data.length);
  out.writeUInt32BE(data.length);
  out.write(type, 4, "latin1");
  data.copy(out, 8);
  out.writeUInt32BE(crc32(out.subarray(4, 8 + data.length)), 8 + data.length);
  return out;
}

/** Plain ASCII as tEXt, which every reader knows; else iTXt, which is UTF-8. Never compressed. */
function text(key: string, value: string): Buffer {
  return /^[\x20-\x7e\n]*$/.test(value) && !key.startsWith("XML:")
    ? chunk("tEXt", Buffer.from(`${key}\0${value}`, "latin1"))
    : chunk("iTXt", Buffer.from(`${key}\0\0\0\0\0${value}`));
}

export function stripPng(bytes: Uint8Array): Uint8Array {
  return Buffer.concat([
    bytes.subarray(0, 8),
    ...pngChunks(bytes)
      .filter(({ type }) => kept.has(type))
      .map(({ whole }) => whole),
  ]);
}

/** Texts that were there before, such as an engine's own node graph, do not survive. */
export function stampPng(bytes: Uint8Array, marks: Marks): Uint8Array {
  const bare = stripPng(bytes);
  const texts = [
    ...(marks.parameters === undefined ? [] : [text("parameters", marks.parameters.replaceAll("\0", ""))]),
    ...(marks.json === undefined ? [] : [text(recipeKey, marks.json)]),
    text(xmpKey, marks.xmp(false)),
  ];
  // right after IHDR, where a reader finds them without reading the pixels
  return Buffer.concat([bare.subarray(0, 33), ...texts, bare.subarray(33)]);
}

/** The uncompressed texts of a PNG by key. */
export function pngTexts(bytes: Uint8Array): Map<string, string> {
  const texts = new Map<string, string>();
  for (const { type, data } of pngChunks(bytes)) {
    const cut = data.indexOf(0);
    if (cut < 1) continue;
    const key = Buffer.from(data.subarray(0, cut)).toString("latin1");
    if (type === "tEXt") texts.set(key, Buffer.from(data.subarray(cut + 1)).toString("latin1"));
    if (type !== "iTXt" || data[cut + 1] !== 0) continue;
    const language = data.indexOf(0, cut + 3);
    const start = data.indexOf(0, language + 1) + 1;
    if (language > 0 && start > 0) texts.set(key, Buffer.from(data.subarray(start)).toString());
  }
  return texts;
}

/** Where a text begins in its chunk's data, and whether it is packed. @param key bytes of the key and the zero behind it */
function textPlace(type: string, data: Uint8Array, key: number): { start: number; packed: boolean } {
  if (type === "tEXt") return { start: key, packed: false };
  if (type === "zTXt") return { start: key + 1, packed: true };
  return { start: data.indexOf(0, data.indexOf(0, key + 2) + 1) + 1, packed: data[key] === 1 };
}

/** The XMP packet of a PNG, in any of the ways in which programs write it. */
export function pngXmp(bytes: Uint8Array): string | undefined {
  const head = Buffer.from(`${xmpKey}\0`, "latin1");
  const found = pngChunks(bytes).find(({ type, data }) => /^[tzi]TXt$/i.test(type) && head.equals(data.subarray(0, head.length)));
  if (!found) return undefined;
  const { start, packed } = textPlace(found.type, found.data, head.length);
  const text = Buffer.from(found.data.subarray(start));
  try {
    return (packed ? inflateSync(text, { maxOutputLength: 4_000_000 }) : text).toString();
  } catch {
    return undefined;
  }
}
