/** A dataset of faces: photos without one are left out only where that was asked. */
import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { expect, it } from "vitest";
import { photo } from "./testing/photos.ts";
import { make } from "./testing/requests.ts";

const people = join(dirname(createRequire(import.meta.url).resolve("@vladmandic/face-api/package.json")), "demo");
const person = (number: number) => readFile(join(people, `sample${number}.jpg`));

it("leaves out what shows no face, by name", async () => {
  const files = await Promise.all([1, 2, 3, 4, 5, 6].map(async (number) => ({ name: `person${number}.jpg`, bytes: await person(number) })));
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
