/** What is stored of an attempt: looked into, stamped, and nothing left behind where it is no picture. */
import { Readable } from "node:stream";
import { expect, it } from "vitest";
import { Failure } from "../core/failure.ts";
import { createResults } from "./results.ts";
import { memoryFiles, plainMedia } from "./testing/memory.ts";

const recipe = { tool: "t", input: {}, engine: { id: "e", version: "1" }, preview: false, generated: true };
const signal = new AbortController().signal;

it("a picture that is of another type than it says is stored, stamped and named as what it is", async () => {
  const files = memoryFiles();
  const stamped: string[] = [];
  const media = {
    ...plainMedia,
    inspect: async () => ({ mediaType: "image/webp", width: 4, height: 2 }) as const,
    async stamp(bytes: Uint8Array, type: string) {
      if (type !== "image/webp") throw new Failure("unsupported_media", "This is no PNG.");
      stamped.push(type);
      return Buffer.concat([bytes, Buffer.from("+recipe")]);
    },
  };
  const results = createResults({ files, media }, "job_a", 1);
  await results.save({ name: "x.png", mediaType: "image/png", body: Readable.from([Buffer.from("webp")]), recipe }, signal);
  expect(results.drafts).toMatchObject([{ mediaType: "image/webp", width: 4, height: 2, bytes: 11 }]);
  expect([...files.stored.values()].map(String)).toEqual(["webp+recipe"]);
  expect(stamped).toEqual(["image/webp"]);
});

it("what is no picture fails the attempt, and `discard` leaves nothing of it", async () => {
  const files = memoryFiles();
  const media = { ...plainMedia, inspect: () => Promise.reject(new Failure("unsupported_media", "This is no picture.")) };
  const results = createResults({ files, media }, "job_a", 1);
  const save = results.save({ name: "x.png", mediaType: "image/png", body: Buffer.from("html"), recipe }, signal);
  await expect(save).rejects.toMatchObject({ code: "unsupported_media" });
  await results.discard();
  expect([files.stored.size, results.drafts.length]).toEqual([0, 0]);
});
