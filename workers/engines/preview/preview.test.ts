/** Preview pictures: real PNGs that say so, the same for the same request, another for any other. */
import sharp from "sharp";
import { describe, expect, it } from "vitest";
import type { RenderRequest } from "../../../core/ports/engine.ts";
import { testRun } from "../testing/run.ts";
import { createPreview } from "./preview.ts";

const preview = createPreview({ stepMs: 0 });

const request = (more: Partial<RenderRequest> = {}): RenderRequest => ({
  prompt: "a red fox in fresh snow",
  negativePrompt: "",
  width: 512,
  height: 320,
  count: 1,
  seed: 42,
  steps: 8,
  model: "preview",
  loras: [],
  ...more,
});

async function render(more: Partial<RenderRequest> = {}, run = testRun({ input: { prompt: "x" } })) {
  await preview.image.render(request(more), run);
  return run;
}

/** The first saved picture as RGB bytes. */
async function pixels(more: Partial<RenderRequest> = {}, run = testRun()): Promise<Buffer> {
  await render(more, run);
  return sharp(run.saved[0]?.bytes).raw().toBuffer();
}

/** Mean difference of two pictures, 0 to 255. */
const apart = (a: Uint8Array, b: Uint8Array): number => {
  expect(a.length).toBe(b.length);
  return a.reduce((sum, value, index) => sum + Math.abs(value - (b[index] ?? 0)), 0) / a.length;
};

describe("a preview picture", () => {
  it.each([
    [64, 64],
    [64, 2048],
    [2048, 64],
    [1344, 768],
    [2048, 2048],
    [72, 136],
  ])("is a PNG of exactly %ix%i", async (width, height) => {
    const run = await render({ width, height });
    const [file] = run.saved;
    expect(file).toMatchObject({ name: "a-red-fox-in-fresh-snow-42.png", mediaType: "image/png" });
    expect(await sharp(file?.bytes).metadata()).toMatchObject({ format: "png", width, height, channels: 3 });
  });

  it("is the same to the byte for the same request", async () => {
    const [one, two] = [await render(), await render()];
    expect(one.saved[0]?.bytes.equals(two.saved[0]?.bytes as Buffer)).toBe(true);
  });

  it.each<[string, Partial<RenderRequest>]>([
    ["another seed", { seed: 43 }],
    ["other words", { prompt: "a blue whale in the deep" }],
    ["another negative prompt", { negativePrompt: "blurry" }],
  ])("is plainly another for %s", async (_what, more) => {
    expect(apart(await pixels(), await pixels(more))).toBeGreaterThan(10);
  });

  it("says PREVIEW in large white letters, and below them what was asked for", async () => {
    const run = await render({ width: 800, height: 600 });
    const white = async (area: { left: number; top: number; width: number; height: number }) => {
      const data = await sharp(run.saved[0]?.bytes).extract(area).raw().toBuffer();
      let count = 0;
      for (let at = 0; at < data.length; at += 3) if (Math.min(data[at] ?? 0, data[at + 1] ?? 0, data[at + 2] ?? 0) > 250) count++;
      return count / (data.length / 3);
    };
    expect(await white({ left: 40, top: 36, width: 720, height: 100 })).toBeGreaterThan(0.08);
    expect(await white({ left: 30, top: 510, width: 400, height: 64 })).toBeGreaterThan(0.02);
  });

  it("shows other facts in its words alone", async () => {
    expect(apart(await pixels({ steps: 20 }), await pixels({ steps: 31 }))).toBeGreaterThan(0);
  });

  it.each([
    ["East Asian", "新雪の中の赤い狐、日本画風"],
    ["Arabic", "ثعلب أحمر في الثلج"],
    ["emoji", "🦊❄️👩‍👩‍👧‍👦"],
    ["markup", "<b>&amp;</span> & <i"],
    ["control characters only", "\u0000\u0001\u202e"],
    ["half a character", "fox \ud83e tail"],
    ["one endless word", "x".repeat(4000)],
    ["4000 letters", "a fox and a hen ".repeat(250)],
    ["piled marks", `a${"\u0301".repeat(2000)}`],
  ])("takes %s", async (_what, prompt) => {
    const run = await render({ prompt, negativePrompt: prompt, width: 256, height: 256 });
    expect(await sharp(run.saved[0]?.bytes).metadata()).toMatchObject({ width: 256, height: 256 });
  });

  it("carries a recipe that makes the same picture again and does not claim a trained model", async () => {
    const run = await render({ count: 3 }, testRun({ input: { prompt: "x", seed: 42, count: 3 } }));
    expect(run.saved.map((file) => file.name)).toEqual([42, 43, 44].map((seed) => `a-red-fox-in-fresh-snow-${seed}.png`));
    expect(run.saved[2]?.recipe).toEqual({
      tool: "render_image",
      input: { prompt: "x", seed: 44, count: 1 },
      engine: { id: "preview", version: "1" },
      preview: true,
      generated: false,
      details: { model: "preview", steps: 8 },
    });
    const alone = await render({ seed: 44 });
    expect(alone.saved[0]?.bytes.equals(run.saved[2]?.bytes as Buffer)).toBe(true);
  });

  it("keeps seeds exact at the top of their range", async () => {
    const run = await render({ seed: Number.MAX_SAFE_INTEGER, count: 2, width: 64, height: 64 });
    expect(run.saved.map((file) => file.recipe.input["seed"])).toEqual([Number.MAX_SAFE_INTEGER, 0]);
  });
});

describe("progress", () => {
  it("rises through loading, every step, encoding and storing", async () => {
    const run = await render({ count: 2, width: 64, height: 64 });
    const fractions = run.reported.map((report) => report.fraction);
    expect(fractions).toEqual([...fractions].sort((a, b) => a - b));
    expect(new Set(fractions).size).toBeGreaterThanOrEqual(6);
    expect(Math.max(...fractions)).toBeLessThanOrEqual(1);
    expect([...new Set(run.reported.map((report) => report.stage))]).toEqual(["loading", "sampling", "encoding", "storing"]);
    expect(run.reported.filter((report) => report.stage === "sampling").map((report) => report.step)).toEqual([
      1, 2, 3, 4, 5, 6, 7, 8, 1, 2, 3, 4, 5, 6, 7, 8,
    ]);
    expect(run.reported.at(-1)?.note).toBe("picture 2 of 2");
  });

  it("comes with unfinished pictures", async () => {
    const run = await render();
    expect(run.previews.length).toBeGreaterThanOrEqual(2);
    expect(await sharp(run.previews[0]?.data).metadata()).toMatchObject({ format: "jpeg", width: 256, height: 160 });
  });

  it("lasts as long as asked for, and ends at once with the reason when it is aborted", async () => {
    const slow = createPreview({ stepMs: 3_600_000 });
    const run = testRun();
    const work = slow.image.render(request(), run);
    run.abort();
    await expect(work).rejects.toMatchObject({ code: "canceled" });
    expect(run.saved).toEqual([]);
  });

  it("stops between two pictures and keeps the first", async () => {
    const run = testRun({ onProgress: ({ note, step }, self) => note === "picture 2 of 2" && step === 3 && self.abort() });
    await expect(render({ count: 2 }, run)).rejects.toMatchObject({ code: "canceled" });
    expect(run.saved).toHaveLength(1);
  });
});

describe("a starting picture", () => {
  const red = () => sharp({ create: { width: 300, height: 200, channels: 4, background: "#ff0000" } });
  const from = async (bytes: Buffer, strength: number) =>
    pixels({ init: { image: "art_1", strength } }, testRun({ files: { art_1: { bytes, artifact: { name: "red.png" } } } }));

  it("shows through, the less the greater the strength", async () => {
    const bytes = await red().png().toBuffer();
    const plain = await sharp({ create: { width: 512, height: 320, channels: 3, background: "#ff0000" } })
      .raw()
      .toBuffer();
    const [weak, strong, all] = [await from(bytes, 0.1), await from(bytes, 0.9), await from(bytes, 1)];
    expect(apart(weak, plain)).toBeLessThan(apart(strong, plain));
    expect(apart(all, await pixels())).toBe(0);
  });

  it.each(["jpeg", "webp"] as const)("may be a %s", async (format) => {
    expect(await from(await red().toFormat(format).toBuffer(), 0.5)).toHaveLength(512 * 320 * 3);
  });

  it.each([
    ["text", Buffer.from("this is no picture")],
    ["nothing", Buffer.alloc(0)],
    ["an SVG", Buffer.from('<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"/>')],
  ])("that is %s is refused by name", async (_what, bytes) => {
    await expect(from(bytes, 0.5)).rejects.toMatchObject({ code: "unsupported_media", message: expect.stringContaining("red.png") });
  });

  it("that is cut off is refused", async () => {
    const noise = sharp({
      create: { width: 300, height: 200, channels: 3, background: "black", noise: { type: "gaussian", mean: 90, sigma: 40 } },
    });
    const bytes = await noise.png().toBuffer();
    await expect(from(bytes.subarray(0, bytes.length >> 1), 0.5)).rejects.toMatchObject({ code: "unsupported_media" });
  });

  it("that is not there is refused", async () => {
    await expect(render({ init: { image: "art_2", strength: 0.5 } })).rejects.toMatchObject({ code: "unknown_artifact" });
  });
});

describe("plan", () => {
  const wish = { prompt: "a fox", negativePrompt: "", count: 1, seed: 1, loras: [] };

  it("fills in size, steps and model", async () => {
    expect(await preview.image.plan({ ...wish, aspect: "wide" })).toEqual({
      request: { ...wish, width: 1344, height: 768, steps: 20, model: "preview" },
      family: "preview",
      vramGb: 0,
    });
    const sized = await preview.image.plan({ ...wish, aspect: "wide", width: 640, height: 480, steps: 3, model: "preview" });
    expect(sized.request).toEqual({ ...wish, width: 640, height: 480, steps: 3, model: "preview" });
    expect((await preview.image.plan(wish)).request).toMatchObject({ width: 1024, height: 1024 });
  });

  it("refuses what there is not, naming what there is", async () => {
    await expect(preview.image.plan({ ...wish, model: "sdxl.safetensors" })).rejects.toMatchObject({
      code: "unknown_model",
      message: expect.stringMatching(/"sdxl\.safetensors".*"preview".*ComfyUI/),
    });
    await expect(preview.image.plan({ ...wish, loras: [{ name: "ink", weight: 1 }] })).rejects.toMatchObject({
      code: "unknown_lora",
      message: expect.stringMatching(/"ink".*ComfyUI/),
    });
    await expect(preview.image.plan({ ...wish, aspect: "0:9" })).rejects.toMatchObject({ code: "invalid_input" });
  });

  it("is checked again when it is rendered", async () => {
    await expect(render({ model: "sdxl" })).rejects.toMatchObject({ code: "unknown_model" });
    await expect(render({ loras: [{ name: "ink", weight: 1 }] })).rejects.toMatchObject({ code: "unknown_lora" });
  });

  it("belongs to an engine that is always ready and needs no card", async () => {
    expect(await preview.status()).toMatchObject({ id: "preview", state: "ready", fix: expect.stringContaining("ComfyUI") });
    expect(await preview.models()).toMatchObject({ checkpoints: [{ name: "preview", family: "preview" }], loras: [], upscalers: [] });
    expect([preview.gpu, preview.families]).toEqual([false, ["preview"]]);
  });
});
