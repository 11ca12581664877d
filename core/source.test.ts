/** What something is made from, back to files that are there. */
import { expect, it } from "vitest";
import { referencesOf, type Source } from "./source.ts";

const source = (id: string, more: Partial<Source> = {}): Source => ({ id, name: id, mediaType: "image/png", preview: false, ...more });

it("files are named with their hashes, what is not made yet by its name and by what it is made from, each once", () => {
  const photo = { artifact: "art_1", sha256: "a1" };
  const moving = source("stage:motion", { from: [photo, { artifact: "art_2", sha256: "a2" }] });
  expect(referencesOf([moving, source("art_1", { sha256: "a1" })])).toEqual([
    { artifact: "stage:motion" },
    photo,
    { artifact: "art_2", sha256: "a2" },
  ]);
});
