/** Blur is measured, near-duplicates are found, whatever was done to the file in between. */
import sharp, { type Sharp } from "sharp";
import { describe, expect, it } from "vitest";
import { hashOf, nearDuplicates } from "./near.ts";
import { small } from "./pixels.ts";
import { blurredBelow, sharpness } from "./sharpness.ts";
import { photo } from "./testing/photos.ts";

const measured = async (picture: Sharp) => sharpness(await small(await picture.png().toBuffer(), 512));
const hashed = async (picture: Sharp) => {
  const pixels = await small(await picture.png().toBuffer(), 512);
  return { ...pixels, hash: await hashOf(pixels) };
};

describe("sharpness", () => {
  it("falls with blur, and not with size", async () => {
    const sharpOne = await measured(await photo(1, 1600, 1200, 120));
    const blurred = await measured((await photo(1, 1600, 1200, 120)).blur(8));
    expect(sharpOne).toBeGreaterThan(blurredBelow);
    expect(blurred).toBeLessThan(blurredBelow);
    expect(await measured(sharp({ create: { width: 300, height: 300, channels: 3, background: "#777" } }))).toBe(0);
  });

  it("of a picture of two pixels is none", () => {
    expect(sharpness({ width: 2, height: 1, rgb: Buffer.alloc(6) })).toBe(0);
  });
});

describe("near-duplicates", () => {
  it.each<[string, (picture: Sharp) => Sharp | Promise<Sharp>]>([
    ["saved again as a poor JPEG", async (picture) => sharp(await picture.jpeg({ quality: 30 }).toBuffer())],
    ["at half the size", (picture) => picture.resize(320, 240)],
    ["a little brighter", (picture) => picture.modulate({ brightness: 1.1 })],
    ["in grey", (picture) => picture.greyscale()],
  ])("are found: %s", async (_what, change) => {
    const first = await hashed(await photo(3));
    const second = await hashed(await change(await photo(3)));
    expect([...nearDuplicates([first, second]).values()]).toHaveLength(1);
  });

  it("are not seen in other photos", async () => {
    const all = await Promise.all(Array.from({ length: 40 }, async (_, seed) => hashed(await photo(seed + 1, 320, 240))));
    expect(nearDuplicates(all).size).toBe(0);
  });

  it("leave the one with the most pixels, of equals the first", () => {
    const hash = [1, 2] as const;
    const [little, large, equal] = [
      { width: 10, height: 10, hash },
      { width: 20, height: 20, hash },
      { width: 20, height: 20, hash: [1, 3] as const },
    ];
    const same = nearDuplicates([little, large, equal]);
    expect(same.get(little)).toBe(large);
    expect(same.get(equal)).toBe(large);
    expect(same.has(large)).toBe(false);
  });
});
