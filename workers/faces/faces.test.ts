/** Faces: real photos of people have them, where they are; shapes have none. */
import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import sharp from "sharp";
import { afterAll, describe, expect, it } from "vitest";
import { createFaceFinder } from "./finder.ts";

const never = new AbortController().signal;
const finder = createFaceFinder();
afterAll(() => finder.close());
const people = join(dirname(createRequire(import.meta.url).resolve("@vladmandic/face-api/package.json")), "demo");
const person = (number: number) => readFile(join(people, `sample${number}.jpg`));
const find = (picture: Uint8Array) => finder.findFaces(picture, never);

/** Circles and a gradient, without anything like a face. */
function shapes(seed: number): Promise<Buffer> {
  const circles = [1, 2, 3].map(
    (n) => `<circle cx="${(seed * n * 97) % 600}" cy="${(seed * n * 61) % 400}" r="${40 + n * 20}" fill="hsl(${seed * 40},60%,50%)"/>`,
  );
  return sharp(
    Buffer.from(
      `<svg xmlns="http://www.w3.org/2000/svg" width="600" height="400"><rect width="600" height="400" fill="#345"/>${circles.join("")}</svg>`,
    ),
  )
    .png()
    .toBuffer();
}

describe("faces", () => {
  it("are counted, and told from left to right", async () => {
    const counts: number[] = [];
    for (const number of [1, 3, 5, 6]) {
      const faces = await find(await person(number));
      counts.push(faces.length);
      expect(faces.map(({ x }) => x)).toEqual(faces.map(({ x }) => x).sort((one, other) => one - other));
    }
    // three women, three, five, and four side by side
    expect(counts).toEqual([3, 3, 5, 4]);
  });

  it("are found as well where they fill most of the picture", async () => {
    for (const [number, left, top, width, height] of [
      [1, 1300, 60, 620, 560],
      [3, 950, 150, 450, 500],
      [5, 1300, 350, 420, 420],
    ] as const) {
      const portrait = await sharp(await person(number))
        .extract({ left, top, width, height })
        .png()
        .toBuffer();
      const faces = await find(portrait);
      expect(faces).toHaveLength(1);
      expect(faces[0]?.width).toBeGreaterThan(width / 3);
    }
  });

  it("are told in pixels of the picture, whatever its size, and as it is seen", async () => {
    const [, middle] = await find(await person(1));
    const half = await sharp(await person(1))
      .resize(960)
      .png()
      .toBuffer();
    const [, small] = await find(half);
    expect(Math.abs((middle?.x ?? 0) / 2 - (small?.x ?? 0))).toBeLessThan(10);
    // the woman in the middle, whose face is there in the photo
    expect(middle).toMatchObject({ x: expect.closeTo(783, -2), y: expect.closeTo(447, -2) });
    const turned = await sharp(await person(1))
      .rotate(90)
      .withMetadata({ orientation: 8 })
      .jpeg()
      .toBuffer();
    expect(await find(turned)).toHaveLength(3);
  });

  it("are not found in shapes, or on a blank sheet", async () => {
    for (let seed = 1; seed <= 5; seed++) expect(await find(await shapes(seed))).toEqual([]);
    expect(await finder.findFaces({ width: 300, height: 400, rgb: Buffer.alloc(300 * 400 * 3, 255) }, never)).toEqual([]);
  });

  it("are looked for in several pictures at once, each answered with its own", async () => {
    const answers = await Promise.all([find(await person(2)), find(await shapes(1)), find(await person(5))]);
    expect(answers.map((faces) => faces.length)).toEqual([1, 0, 5]);
  });

  it("an aborted look does not answer the next one", async () => {
    const stop = new AbortController();
    const first = finder.findFaces(await person(5), stop.signal);
    stop.abort(new Error("stopped"));
    await expect(first).rejects.toThrow("stopped");
    expect(await find(await shapes(2))).toEqual([]);
  });

  it("cannot be looked for in what is no picture", async () => {
    await expect(find(Buffer.from("no picture"))).rejects.toMatchObject({ code: "unsupported_media" });
  });

  it("can be looked for after the thread was ended", async () => {
    await finder.close();
    expect(await find(await person(2))).toHaveLength(1);
  });
});
