import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { Failure } from "../../../core/failure.ts";
import type { Source } from "../../../core/source.ts";
import { candidates, createPromptIds } from "./ids.ts";
import { comfyRun, failureOf } from "./testing/run.ts";
import { closeAll } from "./testing/setup.ts";
import { boxes, ffmpeg, film, probed, videoPair } from "./testing/video.ts";
import { framesOfPiece } from "./video-upscale.ts";

let scratch = "";
beforeEach(async () => {
  scratch = await mkdtemp(join(tmpdir(), "msb-test-"));
});
afterEach(async () => {
  await closeAll();
  await rm(scratch, { recursive: true, force: true });
});

const source = (more: Partial<Source> = {}): Source => ({ id: "art_1", name: "film.mp4", mediaType: "video/mp4", preview: false, ...more });
const video = async (options: Parameters<typeof film>[0] = {}) => ({
  art_1: { bytes: await film(options), artifact: { name: "film.mp4", mediaType: "video/mp4" } },
});

describe.each(["new", "old"] as const)("an upscaled video, against the %s dialect", (dialect) => {
  it("has every frame at the size asked for, its sound as it was, and its recipe", async () => {
    const { comfyui, fake } = await videoPair({ dialect }, { ffmpeg, scratch });
    const run = comfyRun({ tool: "upscale_video", input: { video: "art_1", scale: 2 }, files: await video({ sound: true, seconds: 3 }) });
    await comfyui.videoUpscale.upscale({ video: "art_1", scale: 2 }, run);
    const [saved] = run.saved;
    expect(saved).toMatchObject({
      name: "film-2x.mp4",
      mediaType: "video/mp4",
      recipe: {
        engine: { id: "comfyui" },
        preview: false,
        generated: false,
        details: { model: "RealESRGAN_x4plus.pth", scale: 2, frames: 24, source: "art_1" },
      },
    });
    const found = await probed(saved?.bytes ?? Buffer.alloc(0));
    expect(found).toMatchObject({ video: { codec: "avc", width: 128, height: 96, fps: 8, frames: 24 }, audio: { codec: "aac" } });
    expect(found.seconds).toBeCloseTo(3, 0);
    expect(boxes(saved?.bytes ?? Buffer.alloc(0)).indexOf("moov")).toBeLessThan(boxes(saved?.bytes ?? Buffer.alloc(0)).indexOf("mdat"));
    // 24 frames, 16 at a time
    expect(fake.prompts()).toHaveLength(2);
    expect(await readdir(scratch)).toEqual([]);
    const fractions = run.reported.map((report) => report.fraction);
    expect(fractions).toEqual([...fractions].sort((a, b) => a - b));
    expect(run.reported.some(({ note }) => note === "part 2 of 2")).toBe(true);
  });

  it("goes on from the parts that are finished after a worker that died", async () => {
    const { comfyui, fake } = await videoPair({ dialect }, { ffmpeg, scratch });
    const files = await video({ seconds: 5 });
    const stopped = new Failure("engine_lost", "the server is stopping", { retryable: true });
    const first = comfyRun({
      job: "job_same",
      files,
      onProgress: ({ note, stage }, run) => note === "part 2 of 3" && stage === "upscaling" && run.abort(stopped),
    });
    expect(await failureOf(comfyui.videoUpscale.upscale({ video: "art_1", scale: 2 }, first))).toBe(stopped);
    expect(await readdir(scratch)).toHaveLength(1);
    const second = comfyRun({ job: "job_same", files, earlierRefs: first.refs.toReversed() });
    await comfyui.videoUpscale.upscale({ video: "art_1", scale: 2 }, second);
    expect(await probed(second.saved[0]?.bytes ?? Buffer.alloc(0))).toMatchObject({ video: { frames: 40, width: 128 } });
    // one, and two of which one was stopped
    expect(fake.taken).toBeLessThanOrEqual(4);
    expect(second.reported.some(({ note }) => note === "part 1 of 3")).toBe(false);
    expect(await readdir(scratch)).toEqual([]);
  });

  it("takes what ComfyUI has of it where the worker's own disk is another", async () => {
    const { comfyui, fake } = await videoPair({ dialect }, { ffmpeg, scratch });
    const files = await video({ seconds: 3 });
    const first = comfyRun({ job: "job_same", files });
    await comfyui.videoUpscale.upscale({ video: "art_1", scale: 2 }, first);
    const second = comfyRun({ job: "job_same", files, earlierRefs: first.refs.toReversed() });
    await comfyui.videoUpscale.upscale({ video: "art_1", scale: 2 }, second);
    expect(fake.taken).toBe(2);
    expect(second.saved).toHaveLength(1);
  });

  it("rule 3: goes on after a restart of ComfyUI in mid-part, with the parts that it has", async () => {
    const { comfyui, fake } = await videoPair({ dialect, stepMs: 5 }, { ffmpeg, scratch });
    let restarted: Promise<void> | undefined;
    const run = comfyRun({
      files: await video({ seconds: 5 }),
      onProgress: ({ note, stage }) => {
        if (note === "part 2 of 3" && stage === "upscaling") restarted ??= fake.restart({ downMs: 100 });
      },
    });
    await comfyui.videoUpscale.upscale({ video: "art_1", scale: 2 }, run);
    await restarted;
    expect(run.refs).toHaveLength(4);
    expect(await probed(run.saved[0]?.bytes ?? Buffer.alloc(0))).toMatchObject({ video: { frames: 40 } });
  });

  it("rule 4: leaves nothing behind when it is canceled", async () => {
    const { comfyui, fake } = await videoPair({ dialect, stepMs: 10 }, { ffmpeg, scratch });
    const run = comfyRun({ files: await video(), onProgress: ({ stage }, self) => stage === "upscaling" && self.abort() });
    expect((await failureOf(comfyui.videoUpscale.upscale({ video: "art_1", scale: 2 }, run))).code).toBe("canceled");
    expect(fake.prompts().filter(({ state }) => state === "running" || state === "pending")).toEqual([]);
    expect(await readdir(scratch)).toEqual([]);
  });
});

describe("what cannot be upscaled", () => {
  it("is refused in the plan, with the numbers that are allowed", async () => {
    const { comfyui } = await videoPair({}, { ffmpeg, scratch });
    const plan = (more: Partial<Source>, scale: 2 | 4 = 2) => failureOf(comfyui.videoUpscale.plan({ video: "art_1", scale }, source(more)));
    expect(await plan({ seconds: 90 })).toMatchObject({ code: "limit_exceeded", message: expect.stringMatching(/90 s; at most 60 s/) });
    expect(await plan({ width: 3840, height: 2160 })).toMatchObject({ message: expect.stringMatching(/2073600 pixels.*1920x1080/) });
    expect(await plan({ width: 1280, height: 720 }, 4)).toMatchObject({ message: expect.stringMatching(/3840x2160.*Use scale 2/) });
    expect(await plan({ mediaType: "image/png" })).toMatchObject({ code: "invalid_input" });
    expect(await comfyui.videoUpscale.plan({ video: "art_1", scale: 4 }, source({ width: 832, height: 480, seconds: 5 }))).toMatchObject({
      family: "comfy-upscale",
      model: "RealESRGAN_x4plus.pth",
    });
  });

  it("is refused when it comes: too long, no video, no picture in it", async () => {
    const { comfyui } = await videoPair({}, { ffmpeg, scratch });
    const upscale = async (bytes: Buffer, artifact: object) =>
      failureOf(comfyui.videoUpscale.upscale({ video: "art_1", scale: 2 }, comfyRun({ files: { art_1: { bytes, artifact } } })));
    expect(await upscale(await film({ seconds: 62, rate: "1" }), { name: "long.mp4", mediaType: "video/mp4" })).toMatchObject({
      code: "limit_exceeded",
    });
    expect(await upscale(Buffer.from("no"), { name: "x.mp4", mediaType: "video/mp4" })).toMatchObject({ code: "unsupported_media" });
    expect(await upscale(Buffer.from("no"), { name: "x.png" })).toMatchObject({
      code: "unsupported_media",
      message: expect.stringContaining("x.png"),
    });
    expect(await readdir(scratch)).toEqual([]);
  });

  it("names the model that is needed where there is none", async () => {
    const { comfyui } = await videoPair({ models: { upscale_models: [] } }, { ffmpeg, scratch });
    expect(await failureOf(comfyui.videoUpscale.plan({ video: "art_1", scale: 2 }, source()))).toMatchObject({
      message: expect.stringContaining("models/upscale_models"),
    });
  });
});

describe("a part", () => {
  it("has as many frames as 1.5 GB of enlarged ones allow, 16 at most", () => {
    expect(framesOfPiece(1920, 1080, "RealESRGAN_x4plus.pth")).toBe(3);
    expect(framesOfPiece(1920, 1080, "2x-small.pth")).toBe(15);
    expect(framesOfPiece(640, 360, "RealESRGAN_x4plus.pth")).toBe(16);
    expect(framesOfPiece(8000, 8000, "8x.pth")).toBe(1);
  });
});

describe("ids of a long series", () => {
  it("tell every part and post from the last one that was stored", () => {
    const ids = createPromptIds("0a1b2c3d", 3);
    const posted = [ids.next(0), ids.next(1), ids.next(1), ids.next(200)];
    expect(posted.every((id) => /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(id ?? ""))).toBe(true);
    const all = candidates(posted[3] ?? "", 3);
    for (const [id, picture] of [
      [posted[0], 0],
      [posted[1], 1],
      [posted[2], 1],
      [posted[3], 200],
    ] as const)
      expect(all).toContainEqual({ picture, id });
    expect(all[0]?.picture).toBe(200);
  });
});
