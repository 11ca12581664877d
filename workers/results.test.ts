/** What is stored of an attempt: looked into, stamped, and nothing left behind where it is not what it says. */
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { Readable } from "node:stream";
import sharp from "sharp";
import { describe, expect, it } from "vitest";
import { Failure } from "../core/failure.ts";
import { createMedia, readRecipe } from "../platform/media/media.ts";
import { createResults } from "./results.ts";
import { memoryFiles, plainMedia } from "./testing/memory.ts";

const recipe = { tool: "t", input: {}, engine: { id: "e", version: "1" }, preview: false, generated: true };
const media = createMedia();
const signal = new AbortController().signal;
const sample = (name: string) => readFileSync(join(import.meta.dirname, "../platform/media/testing/samples", name));
const jpeg = () =>
  sharp({ create: { width: 32, height: 24, channels: 3, background: "#888" } })
    .jpeg()
    .toBuffer();

describe("a picture", () => {
  it("that is of another type than it says is stored, stamped and named as what it is", async () => {
    const files = memoryFiles();
    const stamped: string[] = [];
    const other = {
      ...plainMedia,
      inspect: async () => ({ mediaType: "image/webp", width: 4, height: 2 }) as const,
      async stamp(bytes: Uint8Array, type: string) {
        if (type !== "image/webp") throw new Failure("unsupported_media", "This is no PNG.");
        stamped.push(type);
        return Buffer.concat([bytes, Buffer.from("+recipe")]);
      },
    };
    const results = createResults({ files, media: other }, "job_a", 1);
    await results.save({ name: "x.png", mediaType: "image/png", body: Readable.from([Buffer.from("webp")]), recipe }, signal);
    expect(results.drafts).toMatchObject([{ mediaType: "image/webp", width: 4, height: 2, bytes: 11 }]);
    expect([...files.stored.values()].map(String)).toEqual(["webp+recipe"]);
    expect(stamped).toEqual(["image/webp"]);
  });
});

describe("sound and video", () => {
  it.each([
    ["clip.mp4", "video/mp4", { mediaType: "video/mp4", seconds: 0.6, width: 32, height: 32, sound: true }],
    ["clip.webm", "video/mp4", { mediaType: "video/webm", seconds: 0.608, width: 32, height: 32, sound: true }],
    ["voice.mp3", "audio/mpeg", { mediaType: "audio/mpeg", seconds: 0.624 }],
    ["voice.opus", "audio/ogg", { mediaType: "audio/ogg", seconds: 0.6 }],
    ["voice.wav", "audio/wav", { mediaType: "audio/wav", seconds: 0.25 }],
  ])("%s is stored with its recipe, its length and its size, under the digest of what is stored", async (name, mediaType, facts) => {
    const files = memoryFiles();
    const results = createResults({ files, media }, "job_a", 1);
    await results.save({ name, mediaType, body: Readable.from([sample(name)]), recipe }, signal);
    const [stored] = [...files.stored.values()] as [Buffer];
    const sha256 = createHash("sha256").update(stored).digest("hex");
    expect(results.drafts).toMatchObject([{ ...facts, name, ordinal: 0, bytes: stored.length, sha256, recipe }]);
    expect(readRecipe(stored)).toEqual(recipe);
  });

  it("a poster follows its video as a part, and the video names it; others that are saved meanwhile keep their places", async () => {
    const files = memoryFiles();
    const results = createResults({ files, media }, "job_a", 1);
    const video = { mediaType: "video/mp4", body: sample("clip.mp4"), recipe, poster: await jpeg() };
    await Promise.all([results.save({ ...video, name: "x.mp4" }, signal), results.save({ ...video, name: "x.mp4" }, signal)]);
    const drafts = [...results.drafts].sort((a, b) => a.ordinal - b.ordinal);
    expect(drafts.map(({ name }) => name)).toEqual(["x.mp4", "x-poster.jpg", "x-2.mp4", "x-2-poster.jpg"]);
    for (const [index, draft] of results.drafts.entries()) {
      if (index % 2 === 0) expect(draft.poster).toBe(results.drafts[index + 1]?.id);
      else expect(draft).toMatchObject({ mediaType: "image/jpeg", width: 32, height: 24, recipe: { ...recipe, part: true } });
    }
    expect(readRecipe(files.stored.get("jobs/job_a/1/1.jpg") as Buffer)).toEqual({ ...recipe, part: true });
    expect(results.of("x.mp4").poster).toBe(results.of("x-poster.jpg").id);
  });
});

describe("what is not what it says", () => {
  const page = Buffer.from("<!DOCTYPE html><title>502</title>");
  it.each([
    ["a page where a picture was due", "x.png", "image/png", page, "as a picture (image/png), but it is a web page"],
    ["a page where a video was due", "x.mp4", "video/mp4", page, "as a video (video/mp4), but it is a web page"],
    ["a message", "x.wav", "audio/wav", Buffer.from('{"detail":"error"}'), "as audio (audio/wav), but it is a message in JSON"],
    ["nothing", "x.mp3", "audio/mpeg", Buffer.alloc(0), "but it is an empty file"],
    ["half a video", "x.mp4", "video/mp4", sample("clip.mp4").subarray(0, 4000), "but it is broken or of another kind"],
    ["sound without a picture", "x.mp4", "video/mp4", sample("voice.m4a"), "but it is broken or of another kind"],
    ["a video where a picture was due", "x.png", "image/png", sample("clip.mp4"), "but it is broken or of another kind"],
  ])("%s fails the attempt with plain words, and `discard` leaves nothing", async (_what, name, mediaType, body, words) => {
    const files = memoryFiles();
    const results = createResults({ files, media }, "job_a", 1);
    await expect(results.save({ name, mediaType, body, recipe }, signal)).rejects.toMatchObject({
      code: "engine_failed",
      message: expect.stringContaining(words),
      cause: { code: "unsupported_media" },
    });
    await results.discard();
    expect([files.stored.size, results.drafts.length]).toEqual([0, 0]);
  });

  it("a poster that is none fails it too", async () => {
    const results = createResults({ files: memoryFiles(), media }, "job_a", 1);
    const file = { name: "x.mp4", mediaType: "video/mp4", body: sample("clip.mp4"), recipe, poster: page };
    await expect(results.save(file, signal)).rejects.toMatchObject({
      code: "engine_failed",
      message: expect.stringContaining("x-poster.jpg"),
    });
    expect(results.drafts).toEqual([]);
  });
});
