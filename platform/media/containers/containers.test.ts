/** What a recipe does to sound and video: every frame stays, every player can read it, what an engine said is gone. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Recipe } from "../../../core/artifact.ts";
import { createMedia, readRecipe } from "../media.ts";
import { contains, digitalSourceType, recipe } from "../testing/pictures.ts";
import { frames, inputOf, make, packets, playable, sample } from "../testing/playable.ts";

const media = createMedia();
const vorbis = make("x.ogg", ["-map", "1:a", "-t", "1", "-c:a", "libvorbis"]);
const files: [string, string, Buffer][] = [...playable.map(([name, type]): [string, string, Buffer] => [name, type, sample(name)])];
files.push(["vorbis.ogg", "audio/ogg", vorbis]);

describe("stamp", () => {
  it.each(files)("keeps every frame and packet and gives the recipe back: %s", async (_name, type, bytes) => {
    const stamped = await media.stamp(bytes, type, recipe);
    expect(readRecipe(stamped)).toEqual(recipe);
    expect(contains(stamped, digitalSourceType)).toBe(true);
    expect(frames(stamped)).toBe(frames(bytes));
    expect(await packets(stamped)).toEqual(await packets(bytes));
    const told = media.tell(stamped.subarray(0, 512), "x");
    if (told !== "picture") told.feed(stamped);
    expect(told !== "picture" && told.end().mediaType).toBe(type);
    const again = await media.stamp(stamped, type, { ...recipe, tool: "again" });
    expect([readRecipe(again)?.tool, contains(again, "render_image")]).toEqual(["again", false]);
  });

  it.each(files)(
    "says trainedAlgorithmicMedia only of what a model generated, and keeps that it is a preview and a part: %s",
    async (_name, type, bytes) => {
      const preview: Recipe = { ...recipe, generated: false, preview: true, part: true };
      const stamped = await media.stamp(bytes, type, preview);
      expect(contains(stamped, "trainedAlgorithmicMedia")).toBe(false);
      expect(readRecipe(stamped)).toEqual(preview);
    },
  );

  it.each(files)("holds a recipe of any length, and the file still plays: %s", async (_name, type, bytes) => {
    const long = { ...recipe, input: { prompt: "狐&".repeat(40_000) } };
    const stamped = await media.stamp(bytes, type, long);
    expect(readRecipe(stamped)).toEqual(long);
    expect(frames(stamped)).toBe(frames(bytes));
  });

  it.each(files)("gives back any words that a person may write: %s", async (_name, type, bytes) => {
    const units = fc.array(fc.integer({ min: 0, max: 0xffff }), { maxLength: 40 }).map((codes) => String.fromCharCode(...codes));
    const text = fc.oneof(units, fc.string({ unit: "grapheme" }), fc.constantFrom("<&]]>", "a\0b", "=", "</myspinbot:Recipe>", "\\ud800"));
    await fc.assert(
      fc.asyncProperty(text, text, fc.dictionary(text, text, { maxKeys: 3 }), async (prompt, version, details) => {
        const odd = { ...recipe, input: { prompt }, engine: { id: "e", version }, details: JSON.parse(JSON.stringify(details)) };
        expect(readRecipe(await media.stamp(bytes, type, odd))).toEqual(odd);
      }),
      { numRuns: 40 },
    );
  });
});

describe("strip", () => {
  it.each(files)("takes all out but the mark, again and again: %s", async (_name, type, bytes) => {
    const stripped = await media.strip(await media.stamp(bytes, type, recipe), type);
    expect(readRecipe(stripped)).toBeUndefined();
    for (const text of ["myspinbot", "MySpinBot", "MYSPINBOT", "render_image", "狐狸", "comfyui", "sdxl"])
      expect(contains(stripped, text), text).toBe(false);
    expect(contains(stripped, digitalSourceType)).toBe(true);
    expect(frames(stripped)).toBe(frames(bytes));
    expect(Buffer.from(await media.strip(stripped, type)).equals(stripped)).toBe(true);
  });

  it.each(files)("leaves no trace in what no model generated, whatever its recipe says: %s", async (_name, type, bytes) => {
    const words = { prompt: "http://cv.iptc.org/newscodes/digitalsourcetype/trainedAlgorithmicMedia" };
    const stripped = await media.strip(await media.stamp(bytes, type, { ...recipe, generated: false, input: words }), type);
    expect(contains(stripped, "trainedAlgorithmicMedia")).toBe(false);
    expect(Buffer.from(stripped).equals(await media.strip(bytes, type))).toBe(true);
  });

  it("refuses what it cannot make clean, and says what it is", async () => {
    await expect(media.strip(sample("photos.zip"), "application/zip")).rejects.toMatchObject({
      code: "unsupported_media",
      message: expect.stringContaining("this is a ZIP archive"),
    });
  });
});

const said = ["-metadata", "title=SECRET", "-metadata", "prompt=GRAPH", "-metadata", "comment=GRAPH", "-metadata:s", "title=SECRET"];
const written: [string, string[]][] = [
  ["x.mp4", ["-t", "1", "-pix_fmt", "yuv420p", "-movflags", "+faststart+use_metadata_tags"]],
  ["x.mov", ["-t", "1", "-pix_fmt", "yuv420p"]],
  ["x.m4a", ["-map", "1:a", "-t", "1"]],
  ["x.webm", ["-t", "1", "-c:v", "libvpx", "-c:a", "libopus"]],
  ["x.mp3", ["-map", "1:a", "-t", "1", "-write_id3v1", "1"]],
  ["x.opus", ["-map", "1:a", "-t", "1", "-c:a", "libopus"]],
  ["x.flac", ["-map", "1:a", "-t", "1"]],
  ["x.wav", ["-map", "1:a", "-t", "1"]],
];

describe("what an engine or a phone wrote", () => {
  it.each(written)("is gone after strip, and of its graph nothing is left by stamp: %s", async (name, args) => {
    const bytes = make(name, [...args, ...said]);
    expect(contains(bytes, "GRAPH") && contains(bytes, "SECRET")).toBe(true);
    const stripped = await media.strip(bytes, "x");
    expect([contains(stripped, "GRAPH"), contains(stripped, "SECRET"), contains(stripped, "Lavf")]).toEqual([false, false, false]);
    const stamped = await media.stamp(bytes, "x", recipe);
    expect([contains(stamped, "GRAPH"), readRecipe(stamped)]).toEqual([false, recipe]);
    expect([frames(stripped), frames(stamped)]).toEqual([frames(bytes), frames(bytes)]);
  });

  it("an MP4 keeps its index first, so that it plays before it is loaded", async () => {
    const stamped = Buffer.from(
      await media.stamp(make("x.mp4", ["-t", "1", "-pix_fmt", "yuv420p", "-movflags", "+faststart"]), "video/mp4", recipe),
    );
    expect(stamped.indexOf("moov")).toBeGreaterThan(0);
    expect(stamped.indexOf("moov")).toBeLessThan(stamped.indexOf("mdat"));
    expect(stamped.indexOf("mdat")).toBeLessThan(stamped.indexOf("uuid"));
  });

  it("a track that tells where a video was taken is emptied, and the others play", async () => {
    const bytes = make("x.mov", ["-t", "1", "-pix_fmt", "yuv420p", "-c:a", "pcm_s16le"]);
    const heard = bytes.indexOf("mhlrsoun");
    bytes.write("mhlrmeta", heard);
    const stripped = await media.strip(bytes, "video/quicktime");
    expect(stripped.length).toBe(bytes.length);
    const before = (await packets(bytes)).filter((line) => line.startsWith("1 "));
    expect(await packets(stripped)).toEqual(before);
    expect(await inputOf(stripped).getAudioTracks()).toEqual([]);
    // a tone has hardly a zero in it
    const zeros = (file: Uint8Array) => file.reduce((sum, byte) => sum + (byte === 0 ? 1 : 0), 0);
    expect(zeros(stripped) - zeros(bytes)).toBeGreaterThan(80_000);
  });

  it("the title and the cover of an MP3 stay where a recipe goes in", async () => {
    for (const version of ["3", "4"]) {
      const bytes = make("x.mp3", ["-map", "1:a", "-t", "1", "-id3v2_version", version, "-metadata", "title=Ümlaut song"]);
      const stamped = await media.stamp(bytes, "audio/mpeg", recipe);
      expect((await inputOf(stamped).getMetadataTags()).title).toBe("Ümlaut song");
      expect(readRecipe(stamped)).toEqual(recipe);
    }
  });

  it("what hides behind the end is dropped", async () => {
    const hidden = (bytes: Uint8Array) => contains(bytes, "HIDDEN");
    for (const name of ["clip.mp4", "clip.webm", "voice.wav"]) {
      const free = Buffer.from("\0\0\0\x10freeHIDDEN__", "latin1");
      const riff = Buffer.from("note\x08\0\0\0HIDDEN__", "latin1");
      const tail = { mp4: free, wav: riff }[name.slice(-3)] ?? Buffer.from("\xec\x88HIDDEN__", "latin1");
      expect(hidden(await media.strip(Buffer.concat([sample(name), tail]), "x")), name).toBe(false);
    }
  });

  it("a WAV whose recorder could not go back says its length afterwards", async () => {
    const bytes = Buffer.from(sample("voice.wav"));
    bytes.writeUInt32LE(0xffffffff, 4);
    bytes.writeUInt32LE(0xffffffff, bytes.indexOf("data") + 4);
    const stamped = Buffer.from(await media.stamp(bytes, "audio/wav", recipe));
    expect(stamped.readUInt32LE(4)).toBe(stamped.length - 8);
    expect(readRecipe(stamped)).toEqual(recipe);
  });
});

describe("a file of nothing but tiny parts", () => {
  const many = (part: Buffer) => Buffer.alloc(2_100_000 * part.length, part);
  const latin = (text: string) => Buffer.from(text, "latin1");
  it.each([
    ["boxes", () => Buffer.concat([sample("clip.mp4"), many(latin("\0\0\0\x08wide"))])],
    ["elements", () => Buffer.concat([sample("live.webm"), many(latin("\xec\x80"))])],
    ["chunks", () => Buffer.concat([sample("voice.wav"), many(latin("note\0\0\0\0"))])],
    ["blocks", () => Buffer.concat([latin("fLaC"), many(latin("\x01\0\0\0"))])],
  ])("is refused before it fills the memory: %s", async (_what, bytes) => {
    const refused = { code: "unsupported_media", message: expect.stringContaining("more than 2000000 parts") };
    await expect(media.strip(bytes(), "x")).rejects.toMatchObject(refused);
  });
});

describe("a damaged file", () => {
  it.each(files)(
    "is refused or written as far as it can be, and nothing else than a Failure comes of it: %s",
    async (_name, type, whole) => {
      let seed = 5;
      const random = () => {
        seed = (seed * 1_103_515_245 + 12_345) & 0x7fffffff;
        return seed >> 8;
      };
      for (let round = 0; round < 150; round++) {
        const bytes = Buffer.from(round % 3 === 0 ? whole.subarray(0, random() % whole.length) : whole);
        for (let hits = 0; hits < 6 && round % 3 !== 0; hits++)
          bytes[random() % Math.min(bytes.length, hits < 3 ? 1500 : bytes.length)] = random();
        for (const work of [() => media.strip(bytes, type), () => media.stamp(bytes, type, recipe)])
          await work().catch((error: unknown) => expect(error).toMatchObject({ name: "Failure", code: "unsupported_media" }));
      }
    },
  );
});
