import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Failure } from "../../../core/failure.ts";
import { silentLog } from "../../../core/log.ts";
import type { Source } from "../../../core/source.ts";
import { createFfmpeg, probe } from "../../ffmpeg/index.ts";
import { testRun } from "../testing/run.ts";
import { createCpuUpscale } from "./cpu-upscale.ts";
import { meanDifference } from "./testing/pictures.ts";

let scratch = "";
let made: string;
const signal = new AbortController().signal;
const ffmpeg = createFfmpeg({ log: silentLog });
const engineIn = (folder: string) => createCpuUpscale({ log: silentLog, tile: 64, ffmpeg, scratch: folder });
let engine: ReturnType<typeof engineIn>;

beforeAll(async () => {
  [scratch, made] = [await mkdtemp(join(tmpdir(), "msb-test-")), await mkdtemp(join(tmpdir(), "msb-test-"))];
  engine = engineIn(scratch);
  const inputs = [
    "-f",
    "lavfi",
    "-i",
    `color=c=gray:size=48x32:rate=10:duration=3,geq=lum='128+100*sin((X+Y)/6+N/3)':cb=128:cr=160`,
    "-f",
    "lavfi",
    "-i",
    "sine=frequency=300:duration=3",
  ];
  await ffmpeg.run([...inputs, "-c:v", "libx264", "-crf", "10", "-pix_fmt", "yuv420p", "-c:a", "aac", "film.mp4"], { cwd: made, signal });
});
afterAll(async () => {
  await engine.close();
  await Promise.all([scratch, made].map((folder) => rm(folder, { recursive: true, force: true })));
});

const films = async () => ({
  art_1: { bytes: await readFile(join(made, "film.mp4")), artifact: { name: "film.mp4", mediaType: "video/mp4" } },
});
const source = (more: Partial<Source>): Source => ({ id: "art_1", name: "film.mp4", mediaType: "video/mp4", preview: false, ...more });

/** Raw RGB of the frames, at this size. */
async function frames(file: string, size: string): Promise<Buffer> {
  await ffmpeg.run(["-i", file, "-vf", `scale=${size}`, "-pix_fmt", "rgb24", "-f", "rawvideo", `${file}.rgb`], { cwd: made, signal });
  return readFile(join(made, `${file}.rgb`));
}

describe("a video enlarged on the CPU", () => {
  it("shows the same, frame by frame, at twice the size, with its sound", async () => {
    const run = testRun({ tool: "upscale_video", input: { video: "art_1", scale: 2 }, files: await films() });
    await engine.videoUpscale.upscale({ video: "art_1", scale: 2 }, run);
    await writeFile(join(made, "large.mp4"), run.saved[0]?.bytes ?? "");
    expect(await probe(join(made, "large.mp4"))).toMatchObject({
      video: { codec: "avc", width: 96, height: 64, fps: 10, frames: 30 },
      audio: { codec: "aac" },
    });
    const [before, after] = [await frames("film.mp4", "48:32"), await frames("large.mp4", "48:32")];
    expect(meanDifference(before, after)).toBeLessThan(8);
    // a frame later or earlier is another picture
    const frame = 48 * 32 * 3;
    expect(meanDifference(before.subarray(0, frame * 29), after.subarray(frame))).toBeGreaterThan(15);
    expect(run.saved[0]).toMatchObject({
      name: "film-2x.mp4",
      recipe: { engine: { id: "cpu-upscale" }, preview: false, details: { model: "esrgan-slim-2x", frames: 30 } },
    });
    expect(run.saved[0]?.poster?.length).toBeGreaterThan(100);
    expect(run.reported.filter(({ stage }) => stage === "upscaling").map(({ step }) => step)).toEqual(
      Array.from({ length: 30 }, (_, index) => index + 1),
    );
    expect(await readdir(scratch)).toEqual([]);
  });

  it("goes on from its finished parts after a crash, and not after a cancel", async () => {
    const stopped = new Failure("engine_lost", "the server is stopping", { retryable: true });
    const files = await films();
    const first = testRun({ files, onProgress: ({ step }, self) => step === 26 && self.abort(stopped) });
    await expect(engine.videoUpscale.upscale({ video: "art_1", scale: 2 }, first)).rejects.toBe(stopped);
    const second = testRun({ files });
    await engine.videoUpscale.upscale({ video: "art_1", scale: 2 }, second);
    expect(second.reported.find(({ stage }) => stage === "upscaling")?.step).toBe(25);
    expect(second.saved).toHaveLength(1);
    const third = testRun({ files, onProgress: ({ step }, self) => step === 2 && self.abort() });
    await expect(engine.videoUpscale.upscale({ video: "art_1", scale: 4 }, third)).rejects.toMatchObject({ code: "canceled" });
    expect(await readdir(scratch)).toEqual([]);
  });

  it("is refused where it would take hours, with the numbers that are allowed", async () => {
    const plan = (more: Partial<Source>, scale: 2 | 4 = 2) => engine.videoUpscale.plan({ video: "art_1", scale }, source(more));
    await expect(plan({ width: 640, height: 360, seconds: 45 })).rejects.toMatchObject({
      code: "limit_exceeded",
      message: expect.stringMatching(/at most 30 s.*COMFYUI_URL/),
    });
    await expect(plan({ width: 1280, height: 720, seconds: 20 })).rejects.toMatchObject({
      message: expect.stringMatching(/at this size at most 10 s/),
    });
    await expect(plan({ width: 1920, height: 1080, seconds: 1 })).rejects.toMatchObject({
      message: expect.stringMatching(/921600 pixels a frame \(such as 1280x720\)/),
    });
    await expect(plan({ width: 1280, height: 720, seconds: 4 }, 4)).rejects.toMatchObject({
      message: expect.stringMatching(/2560x1440.*Use scale 2/),
    });
    expect(await plan({ width: 832, height: 480, seconds: 5 })).toMatchObject({
      family: "cpu-upscale",
      vramGb: 0,
      notes: [expect.stringMatching(/^On the CPU this takes about \d+ to \d+ minutes\.$/)],
    });
  });
});
