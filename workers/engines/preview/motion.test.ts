import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import sharp from "sharp";
import { describe, expect, it } from "vitest";
import { silentLog } from "../../../core/log.ts";
import type { MotionWish } from "../../../core/ports/video.ts";
import { createFfmpeg, probe, withFolder } from "../../ffmpeg/index.ts";
import { testRun } from "../testing/run.ts";
import { createPreviewMotion } from "./motion.ts";
import { moveOf } from "./motion-camera.ts";

const ffmpeg = createFfmpeg({ log: silentLog });
const motion = createPreviewMotion({ ffmpeg });
const wish = (more: Partial<MotionWish> = {}): MotionWish => ({ prompt: "a red fox", negativePrompt: "", seed: 1, ...more });

const gradient = sharp({ create: { width: 320, height: 180, channels: 3, background: "#2060a0" } })
  .composite([{ input: Buffer.from('<svg width="320" height="180"><circle cx="80" cy="60" r="40" fill="#ffd000"/></svg>') }])
  .png()
  .toBuffer();

async function render(more: Partial<MotionWish>, onProgress?: NonNullable<Parameters<typeof testRun>[0]>["onProgress"]) {
  const run = testRun({
    tool: "render_video",
    files: { art_1: { bytes: await gradient, artifact: { name: "lake.png" } } },
    ...(onProgress ? { onProgress } : {}),
  });
  const { request } = await motion.plan(wish({ width: 256, height: 144, seconds: 1, ...more }));
  await motion.render(request, run);
  return run;
}

/** What mediabunny says of it, and its frames as raw RGB. */
const seen = (bytes: Buffer) =>
  withFolder(undefined, async (folder) => {
    await writeFile(join(folder, "film.mp4"), bytes);
    await ffmpeg.run(["-i", "film.mp4", "-pix_fmt", "rgb24", "-f", "rawvideo", "film.rgb"], {
      cwd: folder,
      signal: new AbortController().signal,
    });
    return { about: await probe(join(folder, "film.mp4")), rgb: await readFile(join(folder, "film.rgb")) };
  });

const part = (rgb: Buffer, frame: number, from: number, to: number) =>
  rgb.subarray((frame * 144 + from) * 256 * 3, (frame * 144 + to) * 256 * 3);
const difference = (a: Buffer, b: Buffer) => a.reduce((sum, value, index) => sum + Math.abs(value - (b[index] ?? 0)), 0) / a.length;

describe("a preview of a video", () => {
  it("is an MP4 of the length asked for that moves, while PREVIEW stands still in it", async () => {
    const run = await render({ image: "art_1", motion: 10, seed: 3 });
    const [saved] = run.saved;
    const { about, rgb } = await seen(saved?.bytes ?? Buffer.alloc(0));
    expect(about).toMatchObject({ video: { codec: "avc", width: 256, height: 144, fps: 16, frames: 16 } });
    const middle = difference(part(rgb, 0, 50, 90), part(rgb, 15, 50, 90));
    expect(middle).toBeGreaterThan(2);
    // white letters in the badge at the top, in each frame
    for (const frame of [0, 8, 15]) expect([...part(rgb, frame, 8, 28)].filter((value) => value > 225).length).toBeGreaterThan(300);
    expect(saved).toMatchObject({
      name: "a-red-fox-3.mp4",
      mediaType: "video/mp4",
      recipe: {
        tool: "render_video",
        engine: { id: "preview" },
        preview: true,
        generated: false,
        details: { source: "art_1", frames: 16, fps: 16 },
      },
    });
    expect((await sharp(saved?.poster).metadata()).format).toBe("jpeg");
  });

  it("draws its scene first where there are words alone", async () => {
    expect(await motion.fromWords()).toBe(true);
    const run = await render({ prompt: "a lake at dawn" });
    expect((await seen(run.saved[0]?.bytes ?? Buffer.alloc(0))).about.video?.frames).toBe(16);
    expect(run.saved[0]?.recipe.details).not.toHaveProperty("source");
  });

  it("is the same for the same seed, and its progress never falls", async () => {
    const [one, other] = [await render({ seed: 5 }), await render({ seed: 5 })];
    expect(one.saved[0]?.bytes.equals(other.saved[0]?.bytes ?? Buffer.alloc(0))).toBe(true);
    const fractions = one.reported.map(({ fraction }) => fraction);
    expect(fractions).toEqual([...fractions].sort((a, b) => a - b));
  });

  it("ends with the reason when it is canceled", async () => {
    await expect(render({ seconds: 10 }, ({ stage }, run) => stage === "sampling" && run.abort())).rejects.toMatchObject({
      code: "canceled",
    });
  });

  it("is refused what it is not: another model, no words and no picture, a file that is no picture", async () => {
    await expect(motion.plan(wish({ model: "svd" }))).rejects.toMatchObject({
      code: "unknown_model",
      message: expect.stringContaining("COMFYUI_URL"),
    });
    await expect(motion.plan(wish({ prompt: "" }))).rejects.toMatchObject({ code: "invalid_input" });
    await expect(motion.plan(wish({ width: 4000, height: 4000 }))).rejects.toMatchObject({
      code: "invalid_input",
      message: expect.stringContaining("1280x720"),
    });
    const run = testRun({ files: { art_1: { bytes: Buffer.from("no picture"), artifact: { name: "notes.png" } } } });
    const { request } = await motion.plan(wish({ image: "art_1" }));
    await expect(motion.render(request, run)).rejects.toMatchObject({
      code: "unsupported_media",
      message: expect.stringContaining("notes.png"),
    });
  });
});

describe("its plan", () => {
  it("keeps the picture's shape and says that it is a stand-in", async () => {
    const plan = await motion.plan(wish({ image: "art_1" }), { width: 768, height: 1344 });
    expect(plan).toMatchObject({
      family: "preview",
      vramGb: 0,
      seconds: 4,
      request: { width: 480, height: 832, frames: 64, fps: 16, model: "preview" },
    });
    expect(plan.notes.join()).toMatch(/stand-in.*PREVIEW/);
  });

  it("says when it was cut to ten seconds", async () => {
    const plan = await motion.plan(wish({ seconds: 30 }));
    expect([plan.seconds, plan.notes[0]]).toEqual([10, "Previews of videos have at most 10 s: it has that instead of 30 s."]);
  });
});

describe("the camera", () => {
  it("goes further with more motion, and every way there is by the seed", () => {
    expect([moveOf(0, 1).reach, moveOf(0, 10).reach]).toEqual([0.03, 0.3]);
    expect(new Set([0, 1, 2, 3, 4, 5].map((seed) => moveOf(seed, 5).name)).size).toBe(6);
  });
});
