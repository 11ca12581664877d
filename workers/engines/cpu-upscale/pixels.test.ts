/** Any kind of picture file becomes sRGB bytes, upright, and comes back with its transparency. */
import sharp from "sharp";
import { describe, expect, it } from "vitest";
import { decode, encode } from "./pixels.ts";
import { largestDifference, meanDifference, testPicture, testPixels } from "./testing/pictures.ts";

const [width, height] = [40, 30];
const picture = () => testPicture(width, height);

describe("decode", () => {
  it("gives the pixels of a PNG as they are", async () => {
    const { rgb, alpha, ...size } = await decode(await picture().png().toBuffer());
    expect(size).toEqual({ width, height });
    expect(alpha).toBeUndefined();
    expect(largestDifference(rgb, testPixels(width, height))).toBe(0);
  });

  it.each<[string, () => Promise<Buffer>, number]>([
    ["16 bits", () => picture().toColourspace("rgb16").png().toBuffer(), 1],
    ["a palette", () => picture().png({ palette: true, quality: 100, effort: 1 }).toBuffer(), 5],
    ["CMYK", () => picture().toColourspace("cmyk").jpeg({ quality: 100, chromaSubsampling: "4:4:4" }).toBuffer(), 20],
    ["WebP", () => picture().webp({ lossless: true }).toBuffer(), 0],
    ["an opaque alpha channel", () => picture().ensureAlpha().png().toBuffer(), 0],
    ["a wide colour profile", () => picture().withIccProfile("p3").png().toBuffer(), 1],
  ])("takes %s", async (_what, file, most) => {
    const { rgb, alpha } = await decode(await file());
    expect(alpha).toBeUndefined();
    expect(meanDifference(rgb, testPixels(width, height))).toBeLessThanOrEqual(most);
  });

  it.each(["b-w", "grey16"])("makes three equal channels of gray (%s)", async (space) => {
    const { rgb } = await decode(await picture().toColourspace(space).png().toBuffer());
    expect(rgb).toHaveLength(width * height * 3);
    for (let at = 0; at < rgb.length; at += 3) expect([rgb[at + 1], rgb[at + 2]]).toEqual([rgb[at], rgb[at]]);
  });

  it("turns a photo as its camera was held", async () => {
    const turned = await decode(await picture().withMetadata({ orientation: 6 }).png().toBuffer());
    expect([turned.width, turned.height]).toEqual([height, width]);
    const upright = await picture().rotate(90).raw().toBuffer();
    expect(largestDifference(turned.rgb, upright)).toBe(0);
  });

  it("spreads visible colours under what is transparent", async () => {
    const red = await sharp({ create: { width: 4, height: 8, channels: 4, background: "#ff0000" } })
      .png()
      .toBuffer();
    const file = await sharp({ create: { width: 12, height: 12, channels: 4, background: "#00000000" } })
      .composite([{ input: red, left: 4, top: 2 }])
      .png()
      .toBuffer();
    const { rgb, alpha } = await decode(file);
    expect(alpha?.filter((value) => value === 255)).toHaveLength(32);
    for (let at = 0; at < rgb.length; at += 3) expect([...rgb.subarray(at, at + 3)]).toEqual([255, 0, 0]);
  });
});

describe("encode", () => {
  it("resamples transparency with the picture", async () => {
    const rgb = new Uint8Array(8 * 8 * 3).fill(200);
    const alpha = new Uint8Array(4 * 4).map((_, at) => (at % 4 < 2 ? 0 : 255));
    const file = await encode(rgb, { width: 4, height: 4, rgb: new Uint8Array(48), alpha }, 2, false);
    const { data, info } = await sharp(file).raw().toBuffer({ resolveWithObject: true });
    expect(info).toMatchObject({ width: 8, height: 8, channels: 4 });
    expect([data[3], data[7 * 4 + 3]]).toEqual([0, 255]);
    expect([...data.subarray(0, 3)]).toEqual([200, 200, 200]);
  });

  it.each([true, false])("leaves gray gray (transparent: %s)", async (transparent) => {
    const alpha = transparent ? { alpha: new Uint8Array(16).fill(9) } : {};
    const file = await encode(testPixels(8, 8), { width: 4, height: 4, rgb: new Uint8Array(48), ...alpha }, 2, true);
    expect(await sharp(file).metadata()).toMatchObject({ space: "b-w", channels: transparent ? 2 : 1 });
  });
});
