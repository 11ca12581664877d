/** What is really stored of a dataset, recipe inside: the hash that a trainer is handed is of those bytes, and no place of the photo is in them. */
import { createHash } from "node:crypto";
import sharp from "sharp";
import { expect, it } from "vitest";
import type { Run } from "../../../core/ports/engine.ts";
import { createMedia, readRecipe } from "../../../platform/media/media.ts";
import { pngChunks } from "../../../platform/media/png.ts";
import { createResults } from "../../results.ts";
import { memoryFiles } from "../../testing/memory.ts";
import { fromPhone } from "./testing/photos.ts";
import { make } from "./testing/requests.ts";

const dropped = /GPS|PhoneMaker|Somebody|exif/i;

it("a picture has its recipe and nothing else in it, under the hash of the stored bytes", async () => {
  const photos = await Promise.all(
    Array.from({ length: 10 }, async (_, index) => ({ name: `${index}.jpg`, bytes: await fromPhone(index + 1) })),
  );
  const files = memoryFiles();
  const results = createResults({ files, media: createMedia() }, "job_a", 1);
  const instead = ({ signal }: Run): Partial<Run> => ({
    save: (file) => results.save(file, signal),
    artifactIdOf: (name) => results.of(name).id,
    sha256Of: (name) => results.of(name).sha256,
  });
  const { pictures: made } = await make(photos, {}, { instead }).work;
  expect(made).toHaveLength(10);
  for (const [index, { artifact, sha256, width, height }] of made.entries()) {
    const draft = results.of(`${String(index + 1).padStart(2, "0")}.png`);
    const bytes = files.stored.get(draft.storageKey) ?? Buffer.alloc(0);
    expect({ artifact, sha256 }).toEqual({ artifact: draft.id, sha256: createHash("sha256").update(bytes).digest("hex") });
    expect(await sharp(bytes).metadata()).toMatchObject({ format: "png", width, height });
    expect(readRecipe(bytes)).toMatchObject({ tool: "make_dataset", details: { source: `art_${index}` } });
    const said = pngChunks(bytes).filter(({ type }) => !["IHDR", "pHYs", "IDAT", "IEND"].includes(type));
    expect(said.map(({ type }) => type)).toEqual(["tEXt", "iTXt"]);
    for (const { data } of said) expect(Buffer.from(data).toString()).not.toMatch(dropped);
  }
  const sheet = results.of("biscuit-sheet.jpg");
  const bytes = files.stored.get(sheet.storageKey) ?? Buffer.alloc(0);
  expect(sheet).toMatchObject({ mediaType: "image/jpeg", ordinal: 10, width: 1248, height: 504 });
  expect(readRecipe(bytes)).toMatchObject({ tool: "make_dataset", generated: false, details: { pictures: 10 } });
  expect(bytes.toString("latin1")).not.toMatch(dropped);
});
