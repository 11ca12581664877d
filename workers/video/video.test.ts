import { mkdir, mkdtemp, readdir, rm, utimes, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { silentLog } from "../../core/log.ts";
import { createFfmpeg, probe } from "../ffmpeg/index.ts";
import { cutPieces } from "./enlarge.ts";
import { openPieces } from "./pieces.ts";
import { playable } from "./playable.ts";
import { rateText } from "./rate.ts";
import { makeSteady } from "./steady.ts";

const ffmpeg = createFfmpeg({ log: silentLog });
const signal = new AbortController().signal;
let folder = "";
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "msb-test-"));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const run = (...args: string[]) => ffmpeg.run(args, { cwd: folder, signal });

describe("pieces", () => {
  it("cover every frame once", () => {
    expect(cutPieces(40, 16)).toEqual([
      { index: 0, first: 0, frames: 16 },
      { index: 1, first: 16, frames: 16 },
      { index: 2, first: 32, frames: 8 },
    ]);
  });

  it("are found again by the same job with the same plan, and by no other", async () => {
    const open = (job: string, plan: object) => openPieces({ parent: folder, job, plan: { ...plan } });
    const first = await open("job_1", { model: "a" });
    await writeFile(join(first.folder, "work.mp4"), "x");
    await first.finish(3, "work.mp4");
    await writeFile(join(first.folder, "half.mp4"), "x");
    const again = await open("job_1", { model: "a" });
    expect([again.done(3), again.done(2)]).toEqual([true, false]);
    expect((await open("job_2", { model: "a" })).done(3)).toBe(false);
    expect((await open("job_1", { model: "b" })).done(3)).toBe(false);
  });

  it("that nobody came back for in two days are removed by the next who works, and nothing else", async () => {
    const old = await openPieces({ parent: folder, job: "job_old", plan: {} });
    await mkdir(join(folder, "someone-elses"));
    const past = new Date(Date.now() - 3 * 24 * 3600 * 1000);
    await Promise.all([old.folder, join(folder, "someone-elses")].map((path) => utimes(path, past, past)));
    await openPieces({ parent: folder, job: "job_new", plan: {} });
    expect((await readdir(folder)).toSorted()).toEqual(["myspinbot-pieces-job_new", "someone-elses"]);
  });
});

describe("rates", () => {
  it.each([
    [23.976, "24000/1001"],
    [29.97, "30000/1001"],
    [24, "24"],
    [12.5, "12.5"],
  ])("%d is %s", (fps, text) => {
    expect(rateText(fps)).toBe(text);
  });

  it("of a phone's uneven video become even", async () => {
    await run(
      "-f",
      "lavfi",
      "-i",
      "testsrc=size=64x48:rate=30:duration=2",
      "-vf",
      "select='not(eq(mod(n,7),3))'",
      "-vsync",
      "vfr",
      "-pix_fmt",
      "yuv420p",
      "uneven.mp4",
    );
    const { video } = await probe(join(folder, "uneven.mp4"));
    const steady = await makeSteady(ffmpeg, folder, "uneven.mp4", video?.fps ?? 0, signal);
    expect(Math.abs(steady.frames - 2 * steady.fps)).toBeLessThanOrEqual(2);
    expect(await makeSteady(ffmpeg, folder, "not-there-any-more.mp4", video?.fps ?? 0, signal)).toEqual(steady);
  });
});

describe("what an engine left", () => {
  it("as WebM becomes an MP4 that plays everywhere", async () => {
    await run("-f", "lavfi", "-i", "testsrc=size=64x48:rate=8:duration=1", "-c:v", "libvpx-vp9", "left.webm");
    const left = [{ mediaType: "video/webm", path: join(folder, "left.webm") }];
    const made = await playable(ffmpeg, left, { folder, fps: 8, maker: "ComfyUI", signal });
    expect(made).toMatchObject({ width: 64, height: 48, fps: 8, frames: 8 });
    expect((await probe(made.path)).video?.codec).toBe("avc");
  });

  it("as one picture, or as nothing, is no video", async () => {
    const options = { folder, fps: 8, maker: "ComfyUI", signal };
    await expect(playable(ffmpeg, [], options)).rejects.toMatchObject({
      code: "engine_failed",
      message: expect.stringContaining("left no file"),
    });
    await expect(playable(ffmpeg, [{ mediaType: "image/png", path: "x" }], options)).rejects.toMatchObject({
      message: expect.stringContaining("single picture"),
    });
  });
});
