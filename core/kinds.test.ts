/** What a file is, for a tool that needs a picture. */
import { expect, it } from "vitest";
import type { Artifact } from "./artifact.ts";
import { pictureSize } from "./kinds.ts";

const file = (name: string, mediaType: string, size: { width?: number; height?: number }) => ({ name, mediaType, ...size }) as Artifact;

it("a picture is taken with its size", () => {
  expect(pictureSize(file("fox.png", "image/png", { width: 64, height: 48 }), "upscale_image")).toEqual({ width: 64, height: 48 });
});

it.each([
  ["fox.mp4", "video/mp4", { width: 64, height: 48 }, "fox.mp4 is a video; upscale_image needs a picture"],
  ["cover.m4a", "audio/mp4", { width: 64, height: 48 }, "cover.m4a is audio; upscale_image needs a picture"],
  ["photos.zip", "application/zip", {}, "photos.zip is a ZIP archive; upscale_image needs a picture"],
  ["old.bin", "application/octet-stream", {}, "old.bin is a file of another kind; upscale_image needs a picture"],
])("%s is refused by what it is, also where it has a size", (name, mediaType, size, words) => {
  expect(() => pictureSize(file(name, mediaType, size), "upscale_image")).toThrow(words);
});
