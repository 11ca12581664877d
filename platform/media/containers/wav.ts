/** WAV chunks: words stand behind the sound, because simple readers expect it at byte 44. */
import { brokenFile, countParts, endsEarly } from "../kinds.ts";
import type { Marks } from "../marks.ts";
import { bufferOf, type Container, saidByXmp } from "./container.ts";

interface Chunk {
  name: string;
  data: Buffer;
}

/** What a player needs: the format, the sound, and where loops and marks lie in it. */
const kept = new Set(["fmt ", "fact", "data", "cue ", "smpl"]);
/** What a recorder writes that cannot go back to fill in the length. */
const unknownLength = new Set([0, 0xffffffff]);

function chunks(bytes: Uint8Array): Chunk[] {
  const view = bufferOf(bytes);
  const found: Chunk[] = [];
  const count = countParts();
  for (let at = 12; at + 8 <= view.length; ) {
    const [name, size] = [view.toString("latin1", at, at + 4), view.readUInt32LE(at + 4)];
    const toEnd = name === "data" && unknownLength.has(size);
    const end = toEnd ? view.length : at + 8 + size;
    if (end > view.length) throw endsEarly();
    count();
    found.push({ name, data: view.subarray(at + 8, end) });
    at = end + (size & 1);
  }
  if (!found.some(({ name }) => name === "data")) throw brokenFile("there is no sound in it");
  return found;
}

function chunk(name: string, data: Buffer): Buffer[] {
  const head = Buffer.from(`${name}\0\0\0\0`, "latin1");
  head.writeUInt32LE(data.length, 4);
  return [head, data, Buffer.alloc(data.length & 1)];
}

function assemble(parts: Chunk[]): Buffer {
  const pieces = parts.flatMap(({ name, data }) => chunk(name, data));
  const head = Buffer.from("RIFF\0\0\0\0WAVE", "latin1");
  head.writeUInt32LE(
    pieces.reduce((sum, piece) => sum + piece.length, 4),
    4,
  );
  return Buffer.concat([head, ...pieces]);
}

const bare = (bytes: Uint8Array) => chunks(bytes).filter(({ name }) => kept.has(name));

function words(marks: Marks): Chunk[] {
  const xmp = { name: "_PMX", data: Buffer.from(marks.xmp(true)) };
  if (marks.comment === undefined) return [xmp];
  const info = [Buffer.from("INFO"), ...chunk("ISFT", Buffer.from("MySpinBot\0")), ...chunk("ICMT", Buffer.from(`${marks.comment}\0`))];
  return [{ name: "LIST", data: Buffer.concat(info) }, xmp];
}

export const wav: Container = {
  strip: (bytes) => assemble(bare(bytes)),
  stamp: (bytes, marks) => assemble([...bare(bytes), ...words(marks)]),
  said: (bytes) => saidByXmp(chunks(bytes).find(({ name }) => name === "_PMX")?.data),
};
