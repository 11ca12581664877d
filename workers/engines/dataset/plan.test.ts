/** What is refused before a job is accepted: by numbers alone, and with the numbers that are allowed. */
import { describe, expect, it } from "vitest";
import { createDataset } from "./dataset.ts";
import { archives } from "./limits.ts";
import { artifactOf, request } from "./testing/requests.ts";

const { dataset } = createDataset();
const bytes = new Uint8Array(10);
const photos = (count: number) => Array.from({ length: count }, (_, index) => artifactOf({ name: `${index}.jpg`, bytes }, index));
const zips = (count: number) =>
  Array.from({ length: count }, (_, index) => artifactOf({ name: `${index}.zip`, bytes, mediaType: "application/zip" }, index));

describe("a plan", () => {
  it.each([10, 12, 500])("of %i photos needs no card", async (count) => {
    expect(await dataset.plan(request(), photos(count))).toEqual({ family: "dataset", vramGb: 0, pictures: count });
  });

  it("with an archive counts on the fewest that a dataset has, until it is opened", async () => {
    expect(await dataset.plan(request(), [...zips(1), ...photos(3)])).toMatchObject({ pictures: 10 });
    expect(await dataset.plan(request(), [...zips(1), ...photos(30)])).toMatchObject({ pictures: 30 });
    expect(await dataset.plan(request({ captions: ["a dog"] }), zips(1))).toMatchObject({ pictures: 10 });
  });
});

describe("refused, with the numbers that are allowed:", () => {
  it.each([
    ["no photos", 0, "10 to 500"],
    ["1 photo", 1, "at least 9 more"],
    ["4 photos", 4, "at least 6 more"],
    ["2000 photos", 2000, "2000 photos are too many: a dataset has 10 to 500"],
  ])("%s", async (_what, count, words) => {
    await expect(dataset.plan(request(), photos(count))).rejects.toMatchObject({
      code: "invalid_input",
      message: expect.stringContaining(words),
    });
  });

  it("captions for some of them", async () => {
    await expect(dataset.plan(request({ captions: ["a dog", "a dog in a car"] }), photos(12))).rejects.toMatchObject({
      code: "invalid_input",
      message: expect.stringContaining("2 captions for 12 pictures"),
    });
  });

  it.each([
    ["an empty line", " "],
    ["two lines", "a dog\nin a car"],
    ["1001 characters", "x".repeat(1001)],
    ["a control character", "a \u0007 dog"],
    ["a line separator", "a dog\u2028in a car"],
  ])("a caption that is %s", async (_what, caption) => {
    const captions = [...Array.from({ length: 11 }, () => "a dog"), caption];
    await expect(dataset.plan(request({ captions }), photos(12))).rejects.toMatchObject({
      code: "invalid_input",
      message: expect.stringContaining("Caption 12"),
      fields: [{ path: "captions.11", message: expect.stringContaining("1000") }],
    });
  });

  it("too many archives, and one that is too large", async () => {
    await expect(dataset.plan(request(), zips(21))).rejects.toMatchObject({ message: expect.stringContaining("at most 20") });
    const large = zips(1).map((zip) => ({ ...zip, bytes: archives.maxBytes + 1 }));
    await expect(dataset.plan(request(), large)).rejects.toMatchObject({ message: expect.stringContaining("1000 MB") });
  });

  it("a video", async () => {
    const video = artifactOf({ name: "clip\u202e.mp4", bytes, mediaType: "video/mp4" }, 3);
    await expect(dataset.plan(request(), [...photos(12), video])).rejects.toMatchObject({
      code: "unsupported_media",
      message: expect.stringMatching(/^clip\.mp4 is video\/mp4\. Photos are taken as PNG, JPEG or WebP/),
    });
  });
});

describe("the engine", () => {
  it("is always there, beside the card", async () => {
    const engine = createDataset();
    expect([engine.id, engine.title, engine.gpu, engine.families]).toEqual(["dataset", "Photos", false, ["dataset"]]);
    expect(await engine.status()).toMatchObject({ id: "dataset", state: "ready" });
  });
});
