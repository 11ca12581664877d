/** Files that are no pictures: told by their content whatever they are called, refused where they are cut, and looked through in little memory. Samples: a second or less, by real encoders. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it, vi } from "vitest";
import { createMedia } from "./media.ts";

const media = createMedia();
const sample = (name: string) => readFileSync(join(import.meta.dirname, "testing", "samples", name));

function look(bytes: Buffer, name = "x", piece = 4096) {
  const told = media.tell(bytes.subarray(0, 512), name);
  if (told === "picture") return told;
  for (let at = 0; at < bytes.length; at += piece) told.feed(bytes.subarray(at, at + piece));
  return told.end();
}

const refusal = (bytes: Buffer, name?: string) => {
  try {
    return `taken as ${JSON.stringify(look(bytes, name))}`;
  } catch (error) {
    expect(error).toMatchObject({ name: "Failure", code: "unsupported_media" });
    return (error as Error).message;
  }
};

const taken = [
  ["clip.mp4", "video/mp4", "mp4"],
  ["streamed.mp4", "video/mp4", "mp4"],
  ["clip.mov", "video/quicktime", "mov"],
  ["clip.webm", "video/webm", "webm"],
  ["live.webm", "video/webm", "webm"],
  ["voice.webm", "audio/webm", "webm"],
  ["voice.m4a", "audio/mp4", "m4a"],
  ["voice.mp3", "audio/mpeg", "mp3"],
  ["voice.opus", "audio/ogg", "ogg"],
  ["flac.ogg", "audio/ogg", "ogg"],
  ["voice.flac", "audio/flac", "flac"],
  ["voice.wav", "audio/wav", "wav"],
  ["photos.zip", "application/zip", "zip"],
  ["style.safetensors", "application/x-safetensors", "safetensors"],
] as const;

describe("a file that is no picture", () => {
  it.each(taken)("%s is %s, in whatever pieces it comes", (name, mediaType, ending) => {
    for (const piece of [1, 7, 4096, 1e9]) expect(look(sample(name), "holiday.png", piece)).toEqual({ mediaType, ending });
  });

  it.each(taken)("%s is refused where it was cut", (name) => {
    const bytes = sample(name);
    for (const part of [0.05, 0.3, 0.6, 0.85])
      expect(refusal(bytes.subarray(0, bytes.length * part))).toMatch(/^The file is (broken|text)/);
    expect(refusal(bytes.subarray(0, bytes.length * 0.85))).toMatch(/ends too early|missing/);
  });

  it.each([
    ["an empty file", "clip.wav", Buffer.alloc(0), /^The file is empty: it has 0 bytes\. .* Choose the file anew/],
    ["a text", "notes.png", Buffer.from("only words, ümlaut"), /^The file is text, whatever its ending \.png says\. Taken are pictures/],
    ["a text without ending", "notes", Buffer.from("only words"), /^The file is text\. /],
    ["a web page", "clip.mp4", Buffer.from("<!DOCTYPE html><script>1</script>"), /^The file is a web page, whatever/],
    ["an SVG", "clip.mp4", Buffer.from("<svg xmlns='x'/>"), /^The file is an SVG/],
    ["a program", "clip.wav", Buffer.from("\x7fELF\x02\x01"), /^The file is a program/],
    ["Matroska", "clip.mkv", sample("clip.mkv"), /Matroska/],
    ["an AVI", "clip.avi", sample("clip.avi"), /an AVI video/],
    ["an empty archive", "photos.zip", sample("empty.zip"), /an empty ZIP archive/],
    ["HEIC", "me.jpg", Buffer.from("\0\0\0\x18ftypheic\0\0\0\0mif1heic"), /a HEIC or AVIF picture/],
  ])("%s is refused by what it is", (_what, name, bytes, words) => expect(refusal(bytes, name)).toMatch(words));

  it("raw AAC, random bytes and damaged files are refused, and nothing else than a Failure comes of them", () => {
    expect(refusal(sample("sound.aac"))).toMatch(/not known here/);
    let seed = 11;
    const random = () => {
      seed = (seed * 1_103_515_245 + 12_345) & 0x7fffffff;
      return seed >> 8;
    };
    for (const [name] of taken)
      for (let round = 0; round < 60; round++) {
        const bytes = Buffer.from(sample(name));
        for (let hits = 0; hits < 8; hits++) bytes[random() % Math.min(bytes.length, 400)] = random();
        refusal(bytes);
      }
  });

  it("sizes that overlap, run backwards or promise terabytes are refused", () => {
    const mp4 = sample("clip.mp4");
    for (const size of [1, 4, 7]) {
      const bytes = Buffer.from(mp4);
      bytes.writeUInt32BE(size, 32);
      expect(refusal(bytes)).toMatch(/^The file is broken/);
    }
    const weights = Buffer.concat([Buffer.alloc(8), Buffer.from("{")]);
    weights.writeUInt32LE(0xfffffff0);
    expect(refusal(weights)).toMatch(/larger than any model/);
  });

  it("parts within parts without end are refused", () => {
    const deep = Buffer.alloc(80_000);
    for (let at = 0; at < deep.length; at += 8) {
      deep.writeUInt32BE(deep.length - at, at);
      deep.write("moov", at + 4);
    }
    expect(refusal(deep)).toMatch(/^The file is broken/);
    const webm = Buffer.concat([sample("clip.webm").subarray(0, 40), Buffer.alloc(80_000, Buffer.from("18538067ff", "hex"))]);
    expect(refusal(webm)).toMatch(/^The file is broken/);
  });

  it("weights with a byte too many or too few are refused", () => {
    const bytes = sample("style.safetensors");
    expect(refusal(bytes.subarray(0, -1))).toMatch(/ends too early/);
    expect(refusal(Buffer.concat([bytes, Buffer.alloc(1)]))).toMatch(/more in it/);
  });

  it("costs no more in very small pieces: a sender chooses them", () => {
    const copied = Buffer.prototype.copy;
    let bytes = 0;
    const concat = vi.spyOn(Buffer, "concat").mockImplementation(() => {
      throw new Error("joined anew for a piece");
    });
    const copy = vi.spyOn(Buffer.prototype, "copy").mockImplementation(function (this: Buffer, ...given: Parameters<typeof copied>) {
      bytes += this.length;
      return copied.apply(this, given);
    });
    try {
      const flac = sample("voice.flac");
      const told = media.tell(flac.subarray(0, 512), "x");
      if (told === "picture") throw new Error("it is no picture");
      told.feed(flac);
      for (let sent = 0; sent < 2e6; sent += 16) told.feed(Buffer.alloc(16));
      expect(bytes).toBeLessThan(20e6);
    } finally {
      concat.mockRestore();
      copy.mockRestore();
    }
  });

  it("is looked through without being kept", () => {
    const head = Buffer.from(JSON.stringify({ w: { dtype: "F32", shape: [1], data_offsets: [0, 4e9] } }));
    const length = Buffer.alloc(8);
    length.writeUInt32LE(head.length);
    const first = Buffer.concat([length, head]);
    const told = media.tell(first, "x");
    if (told === "picture") throw new Error("it is no picture");
    told.feed(first);
    const before = process.memoryUsage().arrayBuffers;
    const piece = Buffer.alloc(1e6);
    for (let sent = 0; sent < 4e9; sent += piece.length) told.feed(piece);
    expect(told.end().ending).toBe("safetensors");
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(50e6);
  });
});
