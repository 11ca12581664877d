/** After a strip nothing is left but the picture, and that a model generated it. */
import sharp from "sharp";
import { describe, expect, it } from "vitest";
import { createMedia, readRecipe } from "./media.ts";
import { contains, digitalSourceType, formats, fromPhone, noise, pixels, recipe, types } from "./testing/pictures.ts";

const media = createMedia();

describe("strip", () => {
  const plain = (type: (typeof types)[number]) =>
    noise(64, 48)
      .toFormat(formats[types.indexOf(type)] ?? "png")
      .toBuffer();

  it.each(types)("takes the recipe out, leaves the mark of what a model generated, and keeps every pixel: %s", async (type) => {
    const bytes = await plain(type);
    const stripped = await media.strip(await media.stamp(bytes, type, recipe), type);
    expect(readRecipe(stripped)).toBeUndefined();
    for (const text of ["myspinbot", "MySpinBot", "render_image", "狐狸", "comfyui", "sdxl", "Steps"])
      expect(contains(stripped, text), text).toBe(false);
    expect((await sharp(stripped).metadata()).xmp?.toString()).toContain(digitalSourceType);
    expect(await pixels(stripped)).toEqual(await pixels(bytes));
    expect(Buffer.from(await media.strip(stripped, type)).equals(stripped)).toBe(true);
  });

  it.each(types)("leaves no trace in what no model generated, whatever its recipe says: %s", async (type) => {
    const bytes = await plain(type);
    const stamped = await media.stamp(bytes, type, { ...recipe, generated: false, input: { prompt: digitalSourceType } });
    const stripped = await media.strip(stamped, type);
    for (const text of ["trainedAlgorithmicMedia", "xmp", "Iptc"]) expect(contains(stripped, text), text).toBe(false);
    expect(Buffer.from(stripped).equals(await media.strip(bytes, type))).toBe(true);
  });

  it.each(formats)("keeps the mark that another program wrote, also where the picture is turned: %s", async (format) => {
    for (const orientation of [1, 6]) {
      const bytes = await noise(64, 48)
        .withXmp(
          `<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:Description DigitalSourceType="${digitalSourceType}" who="Somebody"/></x:xmpmeta>`,
        )
        .withMetadata({ orientation })
        .toFormat(format)
        .toBuffer();
      const stripped = await media.strip(bytes, `image/${format}`);
      expect([contains(stripped, digitalSourceType), contains(stripped, "Somebody")]).toEqual([true, false]);
    }
  });

  it.each(formats)("takes the place and the maker out without a new encoding: %s", async (format) => {
    const bytes = await fromPhone(format, 1);
    const before = await sharp(bytes).metadata();
    expect(before.exif?.includes("PhoneMaker")).toBe(true);
    expect(before.xmp?.includes("Somebody")).toBe(true);
    const stripped = await media.strip(bytes, `image/${format}`);
    const { exif, xmp, iptc } = await sharp(stripped).metadata();
    expect([exif, xmp, iptc]).toEqual([undefined, undefined, undefined]);
    for (const text of ["PhoneMaker", "Somebody", "Exif", "EXIF"]) expect(contains(stripped, text)).toBe(false);
    expect(await pixels(stripped)).toEqual(await pixels(bytes));
  });

  it.each([
    ["png", {}],
    ["webp", { lossless: true, exact: true }],
    ["jpeg", { quality: 100, chromaSubsampling: "4:4:4" }],
  ] as const)("applies the orientation: %s", async (format, options) => {
    for (const orientation of [2, 3, 6, 8]) {
      const bytes = await fromPhone(format, orientation, options);
      const stripped = await media.strip(bytes, `image/${format}`);
      const after = await sharp(stripped).metadata();
      expect([after.orientation, after.exif]).toEqual([undefined, undefined]);
      const expected = await sharp(bytes).autoOrient().raw().toBuffer();
      const { data, width } = await pixels(stripped);
      expect(width).toBe(orientation > 4 ? 48 : 64);
      if (format !== "jpeg") expect(data.equals(expected)).toBe(true);
      else {
        const error = data.reduce((sum, value, i) => sum + Math.abs(value - (expected[i] ?? 0)), 0) / data.length;
        expect(error).toBeLessThan(8);
      }
    }
  });

  it("drops what hides behind the end of a picture", async () => {
    for (const format of formats) {
      const bytes = await noise(16, 16).toFormat(format).toBuffer();
      const stripped = await media.strip(Buffer.concat([bytes, Buffer.from("HIDDEN VIDEO")]), `image/${format}`);
      expect(contains(stripped, "HIDDEN")).toBe(false);
      expect(await pixels(stripped)).toEqual(await pixels(bytes));
    }
  });
});
