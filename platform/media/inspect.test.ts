/** What is taken as a picture and what is not, told by the bytes and to the last of them. */
import { deflateSync } from "node:zlib";
import sharp from "sharp";
import { describe, expect, it } from "vitest";
import { createMedia } from "./media.ts";
import { formats, fromPhone, intoPng, noise, pngChunk, recipe } from "./testing/pictures.ts";

const media = createMedia();

describe("inspect", () => {
  it.each(formats)("tells a %s by its bytes", async (format) => {
    expect(await media.inspect(await noise(40, 30).toFormat(format).toBuffer())).toEqual({
      mediaType: `image/${format}`,
      width: 40,
      height: 30,
    });
  });

  it("takes 16 bit, grey, palette, interlaced and progressive ones", async () => {
    for (const bytes of [
      await noise(40, 30).toColourspace("rgb16").png().toBuffer(),
      await noise(40, 30).greyscale().png().toBuffer(),
      await noise(40, 30).png({ palette: true }).toBuffer(),
      await noise(40, 30, 4).png({ progressive: true }).toBuffer(),
      await noise(40, 30).jpeg({ progressive: true }).toBuffer(),
      await noise(40, 30).greyscale().jpeg().toBuffer(),
      await noise(40, 30, 4).webp({ lossless: true }).toBuffer(),
    ])
      expect(await media.inspect(bytes)).toMatchObject({ width: 40, height: 30 });
  });

  it("gives the size as it is seen, where the file says that it lies on its side", async () => {
    expect(await media.inspect(await fromPhone("jpeg"))).toEqual({ mediaType: "image/jpeg", width: 48, height: 64 });
  });

  it.each([
    ["nothing", "", "an empty file"],
    ["text called .png", "this says PNG and is not", "text"],
    ["an SVG", '<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg"><image href="file:///etc/passwd"/></svg>', "an SVG"],
    ["a PDF", "%PDF-1.7 ...", "a PDF"],
    ["a web page", "<!DOCTYPE html><script>1</script>", "a web page"],
    ["a GIF", "GIF89a...", "a GIF"],
    ["only a PNG's first bytes", "\x89PNG\r\n\x1a\n", "broken"],
    ["only a JPEG's first bytes", "\xff\xd8\xff", "broken"],
    ["only a WebP's first bytes", "RIFF\x10\0\0\0WEBP", "broken"],
  ])("refuses %s and says what is taken", async (_what, text, words) => {
    const failure = await media.inspect(Buffer.from(text, "latin1")).catch((error: unknown) => error);
    expect(failure).toMatchObject({ name: "Failure", code: "unsupported_media", message: expect.stringContaining(words) });
    expect(String(failure)).toContain("PNG, JPEG or WebP");
  });

  it("refuses a real GIF and TIFF, an animation, and a picture whose header alone is right", async () => {
    const refused = { code: "unsupported_media" };
    await expect(media.inspect(await noise(8, 8).gif().toBuffer())).rejects.toMatchObject(refused);
    await expect(media.inspect(await noise(8, 8).tiff().toBuffer())).rejects.toMatchObject(refused);
    const frames = await sharp([await noise(8, 8).png().toBuffer(), await noise(8, 8).negate().png().toBuffer()], {
      join: { animated: true },
    })
      .webp()
      .toBuffer();
    await expect(media.inspect(frames)).rejects.toMatchObject({ ...refused, message: expect.stringContaining("animation") });
    const png = await noise(64, 64).png().toBuffer();
    await expect(
      media.inspect(intoPng(png.subarray(0, 33), pngChunk("IDAT", deflateSync(Buffer.alloc(10))), pngChunk("IEND", Buffer.alloc(0)))),
    ).rejects.toMatchObject(refused);
  });

  it.each(formats)("refuses a %s that was cut anywhere, or damaged", async (format) => {
    const bytes = await noise(64, 48).toFormat(format).toBuffer();
    for (const part of [0.05, 0.3, 0.6, 0.9, 0.99]) {
      await expect(media.inspect(bytes.subarray(0, Math.floor(bytes.length * part)))).rejects.toMatchObject({ code: "unsupported_media" });
    }
    await expect(media.inspect(bytes.subarray(0, -1))).rejects.toMatchObject({ code: "unsupported_media" });
  });

  it("refuses a file that would blow up to more than 100 megapixels, before it does", async () => {
    const header = Buffer.alloc(13);
    header.writeUInt32BE(20_000);
    header.writeUInt32BE(20_000, 4);
    header.set([1, 0, 0, 0, 0], 8);
    const rows = deflateSync(Buffer.alloc((20_000 / 8 + 1) * 20_000), { level: 9 });
    const signature = (await noise(1, 1).png().toBuffer()).subarray(0, 8);
    const bomb = Buffer.concat([signature, pngChunk("IHDR", header), pngChunk("IDAT", rows), pngChunk("IEND", Buffer.alloc(0))]);
    expect(bomb.length).toBeLessThan(100_000);
    await expect(media.inspect(bomb)).rejects.toMatchObject({
      code: "unsupported_media",
      message: expect.stringContaining("100 megapixels"),
    });
    await expect(media.thumbnail(bomb, 64)).rejects.toMatchObject({ code: "unsupported_media" });
  });
});

describe("thumbnail", () => {
  it.each([
    [800, 600, 256, 256, 192],
    [600, 800, 256, 192, 256],
    [40, 30, 256, 40, 30],
    [2000, 2, 256, 256, 1],
  ])("%d × %d within %d", async (width, height, side, expectedWidth, expectedHeight) => {
    const small = await sharp(await media.thumbnail(await noise(width, height).png().toBuffer(), side)).metadata();
    expect([small.format, small.width, small.height]).toEqual(["webp", expectedWidth, expectedHeight]);
  });

  it("is a JPEG on white where that is asked for", async () => {
    const clear = await sharp({ create: { width: 400, height: 200, channels: 4, background: { r: 255, g: 0, b: 0, alpha: 0 } } })
      .png()
      .toBuffer();
    const small = await media.thumbnail(clear, 100, "jpeg");
    const { format, width, height } = await sharp(small).metadata();
    expect([format, width, height]).toEqual(["jpeg", 100, 50]);
    const { dominant } = await sharp(small).stats();
    expect(Math.min(dominant.r, dominant.g, dominant.b)).toBeGreaterThan(240);
  });

  it("is upright and carries no mark", async () => {
    const small = await media.thumbnail(await media.stamp(await fromPhone("jpeg"), "image/jpeg", recipe), 32);
    const { width, height, exif, xmp } = await sharp(small).metadata();
    expect([width, height, exif, xmp]).toEqual([24, 32, undefined, undefined]);
  });

  it("refuses what is no picture", async () => {
    await expect(media.thumbnail(Buffer.from("hello"), 64)).rejects.toMatchObject({ code: "unsupported_media" });
  });
});
