import { readFile, truncate, writeFile } from "node:fs/promises";
import { join } from "node:path";
import sharp from "sharp";
import { describe, expect, it } from "vitest";
import { h264Args } from "./args.ts";
import { withFolder } from "./folder.ts";
import { posterOf } from "./poster.ts";
import { probe } from "./probe.ts";
import { makeVideo, testFfmpeg } from "./testing/media.ts";

const never = new AbortController().signal;

async function half(path: string): Promise<string> {
  await truncate(path, Math.floor((await readFile(path)).length / 2));
  return path;
}

describe("a media file", { timeout: 60_000 }, () => {
  it("is read with its size, rate, frames, sound and length", async () => {
    await withFolder(undefined, async (folder) => {
      const path = await makeVideo(folder, "a.mp4", { fps: "30000/1001", seconds: 2, sound: true });
      expect(await probe(path)).toMatchObject({
        video: { codec: "avc", width: 160, height: 120, fps: 29.97, frames: 60 },
        audio: { codec: "aac", sampleRate: 48000, channels: 1 },
      });
      expect((await probe(path)).seconds).toBeCloseTo(2, 1);
    });
  });

  it.each(["webm", "mov", "wav", "mp3", "ogg", "flac", "opus", "m4a"])("may be %s", async (ending) => {
    await withFolder(undefined, async (folder) => {
      const path = join(folder, `a.${ending}`);
      const video = ending === "webm" || ending === "mov";
      const args = video ? [] : ["-vn"];
      await makeVideo(folder, "a.mp4", { seconds: 2, sound: true });
      await testFfmpeg.run(["-i", "a.mp4", ...args, ...(ending === "webm" ? ["-c:v", "libvpx", "-c:a", "libopus"] : []), path], {
        cwd: folder,
        signal: never,
      });
      const found = await probe(path);
      expect(found.seconds).toBeGreaterThan(1.9);
      expect(found.seconds).toBeLessThan(2.2);
      expect(found.audio).toBeDefined();
      expect(found.video !== undefined).toBe(video);
    });
  });

  it.each([
    ["cut short behind its index", ["-movflags", "+faststart"], "cut short"],
    ["without the index that stood at its end", [], "index"],
  ])("is refused where it is %s", async (_, args, words) => {
    await withFolder(undefined, async (folder) => {
      const path = await half(await makeVideo(folder, "a.mp4", { seconds: 2, args }));
      await expect(probe(path)).rejects.toMatchObject({ code: "unsupported_media", message: expect.stringContaining(words) });
    });
  });

  it("is refused where it is a WebM that ends in the middle", async () => {
    await withFolder(undefined, async (folder) => {
      await makeVideo(folder, "a.mp4", { seconds: 10 });
      await testFfmpeg.run(["-i", "a.mp4", "-c:v", "libvpx", "-b:v", "200k", "a.webm"], { cwd: folder, signal: never });
      await expect(probe(await half(join(folder, "a.webm")))).rejects.toMatchObject({ message: expect.stringContaining("cut short") });
    });
  });

  it.each([
    ["nothing", ""],
    ["noise", "\u0001\u0002".repeat(4000)],
    ["a playlist", "#EXTM3U\n#EXTINF:9,\nother.ts\n"],
  ])("is refused where it is %s", async (_, content) => {
    await withFolder(undefined, async (folder) => {
      await writeFile(join(folder, "a.mp4"), content);
      await expect(probe(join(folder, "a.mp4"))).rejects.toMatchObject({ code: "unsupported_media" });
    });
  });

  it("becomes H.264 that browsers play whatever its size and pixels were", async () => {
    await withFolder(undefined, async (folder) => {
      await makeVideo(folder, "odd.mp4", { width: 161, height: 121, args: ["-pix_fmt", "yuv444p"] });
      await testFfmpeg.run(["-i", "odd.mp4", ...h264Args, "even.mp4"], { cwd: folder, signal: never });
      const bytes = await readFile(join(folder, "even.mp4"));
      expect((await probe(join(folder, "even.mp4"))).video).toMatchObject({ codec: "avc", width: 160, height: 120 });
      expect(bytes.indexOf("moov")).toBeLessThan(bytes.indexOf("mdat"));
    });
  });

  it("is stood for by a frame that is not black, at most 1280 pixels long", async () => {
    await withFolder(undefined, async (folder) => {
      const fades = await makeVideo(folder, "a.mp4", { width: 1600, height: 900, seconds: 2, args: ["-vf", "fade=in:0:25"] });
      const picture = await posterOf(testFfmpeg, fades, never);
      const { width, height, format } = await sharp(picture).metadata();
      expect([width, height, format]).toEqual([1280, 720, "jpeg"]);
      expect((await sharp(picture).greyscale().stats()).channels[0]?.mean).toBeGreaterThan(40);
      const black = await makeVideo(folder, "b.mp4", { source: "color=black" });
      expect((await sharp(await posterOf(testFfmpeg, black, never)).metadata()).format).toBe("jpeg");
    });
  });
});
