/** Faces: real photos of people have one, shapes have none, and photos without one are left out only where that was asked. */
import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { small } from "../pixels.ts";
import { photo } from "../testing/photos.ts";
import { make } from "../testing/requests.ts";
import { createFaceFinder } from "./finder.ts";

const never = new AbortController().signal;
const finder = createFaceFinder();
afterAll(() => finder.close());
const people = join(dirname(createRequire(import.meta.url).resolve("@vladmandic/face-api/package.json")), "demo");
const person = (number: number) => readFile(join(people, `sample${number}.jpg`));

describe("a face", () => {
  it.each([1, 2, 3, 4, 5, 6])("is found in the photo of people %i", async (number) => {
    expect(await finder.hasFace(await small(await person(number), 512), never)).toBe(true);
  });

  it("is not found in shapes, or on a blank sheet", async () => {
    for (let seed = 1; seed <= 10; seed++)
      expect(await finder.hasFace(await small(await (await photo(seed)).png().toBuffer(), 512), never)).toBe(false);
    expect(await finder.hasFace({ width: 300, height: 400, rgb: Buffer.alloc(300 * 400 * 3, 255) }, never)).toBe(false);
  });
});

describe("a dataset of faces", () => {
  it("leaves out what shows none, by name", async () => {
    const files = await Promise.all(
      [1, 2, 3, 4, 5, 6].map(async (number) => ({ name: `person${number}.jpg`, bytes: await person(number) })),
    );
    const shapes = await Promise.all(
      [1, 2, 3, 4].map(async (seed) => ({ name: `shape${seed}.jpg`, bytes: await (await photo(seed)).jpeg().toBuffer() })),
    );
    await expect(make([...files, ...shapes], { faces: true }).work).rejects.toMatchObject({
      code: "invalid_input",
      message: expect.stringContaining("Of 10 photos 6 can be used"),
    });
    const made = await make([...files, ...shapes]).work;
    expect(made.pictures).toHaveLength(10);
  });
});
