/** The upscaler on the CPU: a real network, no seams, threads that come and go. */
import sharp from "sharp";
import { afterAll, describe, expect, it } from "vitest";
import { silentLog } from "../../../core/log.ts";
import { testArtifact, testRun } from "../testing/run.ts";
import { createCpuUpscale } from "./cpu-upscale.ts";
import { createCrew } from "./crew.ts";
import { loadModel } from "./model.ts";
import { largestDifference, mean, meanDifference, rgbOf, testPicture, testPixels } from "./testing/pictures.ts";

const engine = createCpuUpscale({ log: silentLog, tile: 48 });
afterAll(() => engine.close());

async function upscale(bytes: Uint8Array, scale: 2 | 3 | 4 = 2, artifact = {}) {
  const run = testRun({ tool: "upscale_image", input: { image: "art_1", scale }, files: { art_1: { bytes, artifact } } });
  await engine.upscale.upscale({ image: "art_1", scale }, run);
  return run;
}

describe("an upscaled picture", () => {
  it.each([2, 3, 4] as const)("is %i times as large, as bright, and no Lanczos resize", async (scale) => {
    const [width, height] = [70, 52];
    const run = await upscale(await testPicture(width, height).png().toBuffer(), scale);
    const [file] = run.saved;
    expect(file).toMatchObject({ name: `photo-${scale}x.png`, mediaType: "image/png" });
    expect(await sharp(file?.bytes).metadata()).toMatchObject({ format: "png", width: width * scale, height: height * scale, channels: 3 });
    const [ours, source] = [await rgbOf(file?.bytes), testPixels(width, height)];
    const lanczos = await testPicture(width, height)
      .resize(width * scale, height * scale, { kernel: "lanczos3" })
      .raw()
      .toBuffer();
    expect(Math.abs(mean(ours) - mean(source))).toBeLessThan(3);
    expect(meanDifference(ours, lanczos)).toBeGreaterThan(2);
    expect(meanDifference(ours, lanczos)).toBeLessThan(40);
  });

  it.each([2, 3, 4] as const)("has no seams: within 1/255 of the untiled network at %ix", async (scale) => {
    const [width, height] = [101, 67];
    const model = await loadModel(scale);
    const whole = model.enlarge(testPixels(width, height), width, height);
    model.dispose();
    const run = await upscale(await testPicture(width, height).png().toBuffer(), scale);
    expect(run.reported.filter((report) => report.stage === "upscaling")).toHaveLength(6);
    expect(largestDifference(await rgbOf(run.saved[0]?.bytes), whole)).toBeLessThanOrEqual(1);
  });

  it("keeps transparency, without dark fringes", async () => {
    const disc = Buffer.from(
      '<svg xmlns="http://www.w3.org/2000/svg" width="48" height="48"><circle cx="24" cy="24" r="16" fill="#f0e0d0"/></svg>',
    );
    const run = await upscale(await sharp(disc).png().toBuffer());
    const { data, info } = await sharp(run.saved[0]?.bytes).raw().toBuffer({ resolveWithObject: true });
    expect(info).toMatchObject({ width: 96, height: 96, channels: 4 });
    expect([data[3], data[(48 * 96 + 48) * 4 + 3]]).toEqual([0, 255]);
    for (let at = 0; at < data.length; at += 4) if ((data[at + 3] ?? 0) > 8) expect(data[at]).toBeGreaterThan(215);
  });

  it("of a gray picture is gray", async () => {
    const run = await upscale(await testPicture(40, 30).toColourspace("b-w").png().toBuffer());
    expect(await sharp(run.saved[0]?.bytes).metadata()).toMatchObject({ space: "b-w", channels: 1, width: 80, height: 60 });
  });

  it.each([
    [1, 1],
    [3, 200],
  ])("may be as small as %ix%i", async (width, height) => {
    const run = await upscale(await testPicture(width, height).png().toBuffer());
    expect(await sharp(run.saved[0]?.bytes).metadata()).toMatchObject({ width: width * 2, height: height * 2 });
  });

  it("carries a recipe that is true of it", async () => {
    const bytes = await testPicture(16, 16).jpeg().toBuffer();
    const photo = await upscale(bytes, 2, { name: "my cat.jpg" });
    expect(photo.saved[0]).toMatchObject({ name: "my cat-2x.png" });
    expect(photo.saved[0]?.recipe).toEqual({
      tool: "upscale_image",
      input: { image: "art_1", scale: 2 },
      engine: { id: "cpu-upscale", version: "1.0.0" },
      preview: false,
      generated: false,
      details: { model: "esrgan-slim-2x", scale: 2, source: "art_1" },
    });
    const recipe = { tool: "render_image", input: {}, engine: { id: "x", version: "1" }, preview: false, generated: true };
    const generated = await upscale(bytes, 2, { recipe });
    expect(generated.saved[0]?.recipe.generated).toBe(true);
    const standIn = await upscale(bytes, 2, { recipe: { ...recipe, preview: true, generated: false } });
    expect(standIn.saved[0]?.recipe).toMatchObject({ preview: false, generated: false, details: { source_preview: true } });
  });
});

describe("progress", () => {
  it("rises with every tile", async () => {
    const run = await upscale(await testPicture(100, 60).png().toBuffer());
    const fractions = run.reported.map((report) => report.fraction);
    expect(fractions).toEqual([...fractions].sort((a, b) => a - b));
    expect([...new Set(run.reported.map((report) => report.stage))]).toEqual(["loading", "upscaling", "encoding", "storing"]);
    expect(run.reported.filter((report) => report.stage === "upscaling").map(({ step, steps }) => [step, steps])).toEqual(
      [1, 2, 3, 4, 5, 6].map((step) => [step, 6]),
    );
  });

  it("ends with the reason when it is aborted in the middle, and the next job works", async () => {
    const bytes = await testPicture(100, 60).png().toBuffer();
    const run = testRun({ files: { art_1: { bytes } }, onProgress: ({ step }, self) => step === 2 && self.abort() });
    await expect(engine.upscale.upscale({ image: "art_1", scale: 2 }, run)).rejects.toMatchObject({ code: "canceled" });
    expect(run.saved).toEqual([]);
    expect(run.reported.at(-1)).toMatchObject({ stage: "upscaling", step: 2 });
    expect((await upscale(bytes)).saved).toHaveLength(1);
  });
});

describe("what is no picture", () => {
  it.each([
    ["text", async () => Buffer.from("no picture at all")],
    ["nothing", async () => Buffer.alloc(0)],
    ["an SVG", async () => Buffer.from('<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"/>')],
    ["half a picture", async () => (await testPicture(60, 60).png().toBuffer()).subarray(0, 4000)],
  ])("is refused by name: %s", async (_what, bytes) => {
    await expect(upscale(await bytes(), 2, { name: "notes.png" })).rejects.toMatchObject({
      code: "unsupported_media",
      message: expect.stringContaining("notes.png"),
    });
  });
});

describe("the engine", () => {
  it("is always there and names its models", async () => {
    expect(await engine.status()).toEqual({ id: "cpu-upscale", title: "ESRGAN upscaler (CPU)", state: "ready", version: "1.0.0" });
    const { upscalers } = await engine.models();
    expect(upscalers.map((model) => model.name)).toEqual(["esrgan-slim-2x", "esrgan-slim-3x", "esrgan-slim-4x"]);
    expect(await engine.upscale.plan({ image: "art_1", scale: 3 }, testArtifact("art_1"))).toEqual({
      family: "cpu-upscale",
      vramGb: 0,
      model: "esrgan-slim-3x",
    });
    expect([engine.gpu, engine.families]).toEqual([false, ["cpu-upscale"]]);
  });
});

describe("threads", () => {
  const tile = (scale: 2 | 3 | 4 = 2) => ({ scale, width: 24, height: 24, pixels: new Uint8Array(testPixels(24, 24)) });
  const never = new AbortController().signal;

  it("start with the work, at most as many as allowed, and end when idle", async () => {
    const ended: object[] = [];
    const crew = createCrew({ threads: 2, idleMs: 20, log: { ...silentLog, debug: (facts) => ended.push(facts) } });
    expect(crew.size()).toBe(0);
    const work = Promise.all([1, 2, 3, 4].map(() => crew.enlarge(tile(), never)));
    expect(crew.size()).toBe(2);
    expect((await work).map((pixels) => pixels.length)).toEqual([6912, 6912, 6912, 6912]);
    // logged once node says that the threads are gone
    await expect.poll(() => ended, { timeout: 20_000 }).toEqual([{ threads: 2 }]);
    expect(crew.size()).toBe(0);
    expect(await crew.enlarge(tile(3), never)).toHaveLength(24 * 24 * 9 * 3);
    await crew.close();
    expect(crew.size()).toBe(0);
  });

  it("change the network with the scale", async () => {
    const crew = createCrew({ threads: 1, idleMs: 60_000, log: silentLog });
    for (const scale of [2, 4, 2] as const) expect(await crew.enlarge(tile(scale), never)).toHaveLength(24 * 24 * scale * scale * 3);
    await crew.close();
  });

  it("drop what is aborted, waiting or running, and nothing else", async () => {
    const crew = createCrew({ threads: 1, idleMs: 60_000, log: silentLog });
    const stop = new AbortController();
    const [running, waiting, other] = [crew.enlarge(tile(), stop.signal), crew.enlarge(tile(), stop.signal), crew.enlarge(tile(), never)];
    const ended = Promise.allSettled([running, waiting]);
    stop.abort(new Error("stop"));
    expect((await ended).map((result) => result.status === "rejected" && result.reason)).toEqual([new Error("stop"), new Error("stop")]);
    expect(await other).toHaveLength(6912);
    await expect(crew.enlarge(tile(), stop.signal)).rejects.toThrow("stop");
    await crew.close();
  });

  it("that fail say so without a path of the server, and the next tile works", async () => {
    const crew = createCrew({ threads: 1, idleMs: 60_000, log: silentLog });
    const wrong = { ...tile(), width: 25 };
    await expect(crew.enlarge(wrong, never)).rejects.toMatchObject({
      code: "engine_failed",
      retryable: true,
      message: expect.not.stringContaining("/"),
    });
    expect(await crew.enlarge(tile(), never)).toHaveLength(6912);
    await crew.close();
  });

  it("closed in mid-work reject what they had", async () => {
    const crew = createCrew({ threads: 1, idleMs: 60_000, log: silentLog });
    const work = Promise.allSettled([crew.enlarge(tile(), never), crew.enlarge(tile(), never)]);
    await crew.close();
    for (const result of await work) expect(result).toMatchObject({ status: "rejected", reason: { code: "canceled" } });
  });
});
