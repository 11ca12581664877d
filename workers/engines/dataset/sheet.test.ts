/** The contact sheet: each picture in its place, under its number, in bounded memory. */
import sharp from "sharp";
import { describe, expect, it } from "vitest";
import { digitHeight, isStroke, numberWidth } from "./digits.ts";
import { createSheet } from "./sheet.ts";

const plain = (width: number, height: number, red: number): Promise<Buffer> =>
  sharp({ create: { width, height, channels: 3, background: { r: red, g: 0, b: 0 } } })
    .png()
    .toBuffer();

async function sheetOf(count: number, width = 64, height = 64) {
  const sheet = createSheet(count);
  for (let index = 0; index < count; index++) await sheet.add(await plain(width, height, 40 + (index % 8) * 25));
  const { data, info } = await sharp(await sheet.jpeg())
    .raw()
    .toBuffer({ resolveWithObject: true });
  const at = (x: number, y: number) => [...data.subarray((y * info.width + x) * 3, (y * info.width + x) * 3 + 3)];
  return { info, at };
}

/** Near enough for JPEG. */
const near = (pixel: number[], wanted: number[]) => pixel.every((value, index) => Math.abs(value - (wanted[index] ?? 0)) < 16);

describe("a contact sheet", () => {
  it.each([
    [3, { width: 3 * 248 + 8, height: 248 + 8 }],
    [12, { width: 5 * 248 + 8, height: 3 * 248 + 8 }],
    [60, { width: 5 * 248 + 8, height: 12 * 248 + 8 }],
    [61, { width: 10 * 128 + 8, height: 7 * 128 + 8 }],
    [500, { width: 10 * 128 + 8, height: 50 * 128 + 8 }],
  ])("of %i pictures is one picture of %j", async (count, size) => {
    expect(await sharp(await createSheet(count).jpeg()).metadata()).toMatchObject({ format: "jpeg", ...size });
  });

  it("has them in order, row by row, each whole", async () => {
    const { at } = await sheetOf(12, 64, 32);
    for (let index = 0; index < 12; index++) {
      const [left, top] = [8 + (index % 5) * 248, 8 + Math.floor(index / 5) * 248];
      expect(near(at(left + 120, top + 150), [40 + (index % 8) * 25, 0, 0])).toBe(true);
      // twice as wide as tall: paper above it
      expect(near(at(left + 120, top + 30), [255, 255, 255])).toBe(true);
    }
  });

  it.each([
    [12, 240, 3],
    [120, 120, 2],
  ])("of %i has each number in the corner of its picture", async (count, side, dot) => {
    const { at } = await sheetOf(count);
    const columns = side === 240 ? 5 : 10;
    for (const number of [1, 9, 10, count]) {
      const left = 8 + ((number - 1) % columns) * (side + 8) + 2 * dot;
      const top = 8 + Math.floor((number - 1) / columns) * (side + 8) + 2 * dot;
      for (let y = 0; y < digitHeight; y++)
        for (let x = 0; x < numberWidth(number); x++) {
          const [light = 0] = at(left + x * dot + Math.floor(dot / 2), top + y * dot + Math.floor(dot / 2));
          expect(light > 128).toBe(isStroke(number, x, y));
        }
    }
  });
});

it("no two digits look alike", () => {
  const dots = (digit: number) =>
    Array.from({ length: digitHeight }, (_, y) =>
      Array.from({ length: numberWidth(digit) }, (_dot, x) => (isStroke(digit, x, y) ? "#" : ".")).join(""),
    ).join("\n");
  expect(new Set(Array.from({ length: 10 }, (_, digit) => dots(digit)))).toHaveLength(10);
  expect(dots(7)).toBe("#####\n....#\n...#.\n..#..\n.#...\n.#...\n.#...");
});
