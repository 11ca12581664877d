/** What comes of a picture's pixels: upright, on white, in sRGB, without a trace of where it was taken. */
import { deflateSync } from "node:zlib";
import sharp, { type Sharp } from "sharp";
import { describe, expect, it } from "vitest";
import { pngChunks } from "../../../platform/media/png.ts";
import { pngChunk } from "../../../platform/media/testing/pictures.ts";
import { cropped, sizeOf, small } from "./pixels.ts";
import { fromPhone, jpeg, photo } from "./testing/photos.ts";

const refused = async (bytes: Uint8Array) => sizeOf(bytes).catch(({ reason, detail }) => ({ reason, detail }));

/** A PNG whose header promises this many pixels, of one bit each. */
function promising(width: number, height: number): Buffer {
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width);
  header.writeUInt32BE(height, 4);
  header.set([1, 0, 0, 0, 0], 8);
  const rows = deflateSync(Buffer.alloc(1000));
  const signature = Buffer.from("\x89PNG\r\n\x1a\n", "latin1");
  return Buffer.concat([signature, pngChunk("IHDR", header), pngChunk("IDAT", rows), pngChunk("IEND", Buffer.alloc(0))]);
}

describe("by its header alone", () => {
  it("a picture has the size that is seen", async () => {
    expect(await sizeOf(await fromPhone(1, 6))).toEqual({ width: 480, height: 640 });
    expect(await sizeOf(await fromPhone(1, 1))).toEqual({ width: 640, height: 480 });
  });

  it("one of more than 100 megapixels is refused before it is decoded, however small its file", async () => {
    const bytes = promising(12_000, 9_000);
    expect(bytes.length).toBeLessThan(2000);
    expect(await refused(bytes)).toEqual({ reason: "pixels", detail: "12000x9000" });
    expect(await refused(promising(10_000, 10_000))).toEqual({ width: 10_000, height: 10_000 });
  });

  it.each([
    ["text", Buffer.from("no picture")],
    ["nothing", Buffer.alloc(0)],
    ["an SVG", Buffer.from('<svg xmlns="http://www.w3.org/2000/svg" width="900" height="900"/>')],
    ["a header without a picture", Buffer.from("\x89PNG\r\n\x1a\n", "latin1")],
  ])("%s is no picture", async (_what, bytes) => {
    expect(await refused(bytes)).toMatchObject({ reason: "broken" });
  });

  it("a GIF is none that is taken, an animation neither", async () => {
    const frames = await Promise.all([1, 2].map(async (seed) => (await photo(seed, 64, 64)).png().toBuffer()));
    expect(await refused(await (await photo(1, 64, 64)).gif().toBuffer())).toMatchObject({ reason: "broken" });
    expect(
      await refused(
        await sharp(frames, { join: { animated: true } })
          .webp()
          .toBuffer(),
      ),
    ).toMatchObject({ reason: "animated" });
  });
});

describe("half a picture", () => {
  it.each(["jpeg", "png", "webp"] as const)("is left out: %s", async (format) => {
    const bytes = await (await photo(1, 300, 300)).toFormat(format).toBuffer();
    await expect(small(bytes.subarray(0, bytes.length / 2), 512)).rejects.toMatchObject({ reason: "broken" });
    expect(await small(bytes, 512)).toMatchObject({ width: 300, height: 300 });
  });
});

describe("what is stored of a picture", () => {
  const size = { width: 384, height: 640 };

  it("is upright", async () => {
    const flat = await sharp(await fromPhone(3, 1))
      .rotate(90)
      .resize({ ...size, fit: "cover" })
      .raw()
      .toBuffer();
    const turned = await cropped(await fromPhone(3, 6), size)
      .raw()
      .toBuffer();
    const apart = turned.reduce((sum, value, at) => sum + Math.abs(value - (flat[at] ?? 0)), 0) / turned.length;
    expect(apart).toBeLessThan(4);
  });

  it("has no place, no maker and no other words in it", async () => {
    const photo = await fromPhone(3);
    expect(photo.includes("PhoneMaker")).toBe(true);
    expect((await sharp(photo).metadata()).exif).toBeDefined();
    const bytes = await cropped(photo, size).png().toBuffer();
    const { exif, xmp, iptc, icc, orientation, comments } = await sharp(bytes).metadata();
    expect({ exif, xmp, iptc, icc, orientation, comments }).toEqual({});
    expect(new Set(pngChunks(bytes).map(({ type }) => type))).toEqual(new Set(["IHDR", "pHYs", "IDAT", "IEND"]));
  });

  it.each<[string, (picture: Sharp) => Sharp]>([
    ["grey", (picture) => picture.toColourspace("b-w").png()],
    ["of 16 bit", (picture) => picture.toColourspace("rgb16").png()],
    ["a palette", (picture) => picture.png({ palette: true })],
    ["in CMYK", (picture) => picture.toColourspace("cmyk").jpeg()],
    ["in another colour space", (picture) => picture.withIccProfile("p3").jpeg()],
    ["transparent", (picture) => picture.ensureAlpha(0.5).png()],
  ])("is plain sRGB of 8 bit, also where it was %s", async (_what, change) => {
    const bytes = await change(await photo(5, 300, 300)).toBuffer();
    expect(await sharp(await cropped(bytes, size).png().toBuffer()).metadata()).toMatchObject({
      ...size,
      format: "png",
      space: "srgb",
      depth: "uchar",
      channels: 3,
      hasAlpha: false,
    });
  });

  it("is on white where nothing was", async () => {
    const clear = await (await photo(5)).ensureAlpha(0).png().toBuffer();
    const { dominant } = await sharp(await cropped(clear, size).png().toBuffer()).stats();
    expect(Math.min(dominant.r, dominant.g, dominant.b)).toBeGreaterThan(240);
  });

  it("shows the middle", async () => {
    const wide = await jpeg(7, 1200, 300);
    const middle = await sharp(wide).extract({ left: 450, top: 0, width: 300, height: 300 }).raw().toBuffer();
    const square = await cropped(wide, { width: 300, height: 300 }).raw().toBuffer();
    expect(Buffer.compare(square, middle)).toBe(0);
  });
});
