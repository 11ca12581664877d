import sharp from "sharp";
import { afterEach, describe, expect, it } from "vitest";
import { comfyRun } from "./testing/run.ts";
import { closeAll, pair, request, until } from "./testing/setup.ts";

afterEach(closeAll);

const isUuid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

describe.each(["new", "old"] as const)("a render against the %s dialect", (dialect) => {
  it("stores one picture with its recipe and true progress", async () => {
    const { fake, comfyui } = await pair({ dialect });
    const run = comfyRun({ input: { prompt: "a red fox", count: 1, seed: 42 } });
    await comfyui.image.render(request(), run);
    expect(run.saved).toHaveLength(1);
    expect(run.saved[0]).toMatchObject({
      name: "a-red-fox-42.png",
      mediaType: "image/png",
      recipe: {
        tool: "render_image",
        input: { prompt: "a red fox", count: 1, seed: 42 },
        engine: { id: "comfyui", version: dialect === "new" ? "0.33.0" : "0.3.64" },
        preview: false,
        generated: true,
        details: { model: "sd15.safetensors", sampler: "dpmpp_2m", scheduler: "karras", cfg: 7, steps: 4 },
      },
    });
    expect(await sharp(run.saved[0]?.bytes).metadata()).toMatchObject({ format: "png", width: 64, height: 64 });
    const fractions = run.reported.map((report) => report.fraction);
    expect(fractions).toEqual([...fractions].sort((a, b) => a - b));
    const stages = [...new Set(run.reported.map((report) => report.stage))];
    expect(stages).toEqual(["loading", "sampling", "encoding", "storing"]);
    const steps = run.reported.filter((report) => report.stage === "sampling").map((report) => [report.step, report.steps]);
    expect(steps).toEqual(expect.arrayContaining([1, 2, 3, 4].map((step) => [step, 4])));
    expect(run.previews.length).toBe(4);
    expect((await sharp(run.previews[0]?.data).metadata()).format).toBe("jpeg");
    expect(fake.prompts()).toHaveLength(1);
    await until("the socket is closed", () => fake.openSockets === 0);
  });

  it("makes picture i of a series with seed + i, each by itself reproducible", async () => {
    const { fake, comfyui } = await pair({ dialect });
    const series = comfyRun({ input: { count: 3, seed: 42 } });
    await comfyui.image.render(request({ count: 3 }), series);
    expect(series.saved.map((file) => file.recipe.input)).toEqual([42, 43, 44].map((seed) => ({ count: 1, seed })));
    expect(fake.prompts().map((prompt) => prompt.graph["sampler"]?.inputs["seed"])).toEqual([42, 43, 44]);
    const alone = comfyRun();
    await comfyui.image.render(request({ seed: 44 }), alone);
    const pixels = (bytes: Buffer | undefined) => sharp(bytes).raw().toBuffer();
    expect(await pixels(alone.saved[0]?.bytes)).toEqual(await pixels(series.saved[2]?.bytes));
    expect(await pixels(alone.saved[0]?.bytes)).not.toEqual(await pixels(series.saved[1]?.bytes));
  });

  it("starts from a picture, uploaded to the temp folder under a generated name", async () => {
    const { fake, comfyui } = await pair({ dialect });
    const bytes = await sharp({ create: { width: 20, height: 10, channels: 3, background: "red" } })
      .webp()
      .toBuffer();
    const run = comfyRun({ files: { art_1: { bytes, artifact: { name: "../../etc/passwd", mediaType: "image/webp" } } } });
    await comfyui.image.render(request({ init: { image: "art_1", strength: 0.3 }, width: 96 }), run);
    expect(await sharp(run.saved[0]?.bytes).metadata()).toMatchObject({ width: 96, height: 64 });
    const graph = fake.prompts()[0]?.graph ?? {};
    expect(graph["source"]?.inputs["image"]).toMatch(/^msb-job_[0-9a-f]+-[0-9a-f]{16}\.webp \[temp\]$/);
    expect(graph["sampler"]?.inputs["denoise"]).toBe(0.3);
    expect([...fake.temp().values()].some((file) => file.equals(bytes))).toBe(true);
    expect(fake.disk.input.size).toBe(0);
  });

  it("leaves nothing in the person's output folder", async () => {
    const { fake, comfyui } = await pair({ dialect });
    await comfyui.image.render(request(), comfyRun());
    expect(fake.disk.output.size).toBe(0);
  });

  it("draws anew for a new attempt although everything is cached, and never reads an older file", async () => {
    const { fake, comfyui } = await pair({ dialect });
    const first = comfyRun();
    const second = comfyRun();
    await comfyui.image.render(request(), first);
    await comfyui.image.render(request(), second);
    const viewed = fake.calls.filter((call) => call.path === "/view").map((call) => new URLSearchParams(call.query).get("filename"));
    expect(new Set(viewed).size).toBe(2);
    expect(second.saved).toHaveLength(1);
  });

  it("chains LoRAs between the checkpoint and everything that uses it", async () => {
    const { fake, comfyui } = await pair({ dialect, models: { loras: ["one.safetensors", "sub/two.safetensors"] } });
    const loras = [
      { name: "ONE", weight: 0.8 },
      { name: "two", weight: -0.5 },
    ];
    await comfyui.image.render(request({ loras }), comfyRun());
    const graph = fake.prompts()[0]?.graph ?? {};
    expect(graph["lora1"]?.inputs).toMatchObject({
      model: ["checkpoint", 0],
      clip: ["checkpoint", 1],
      lora_name: "one.safetensors",
      strength_model: 0.8,
    });
    expect(graph["lora2"]?.inputs).toMatchObject({
      model: ["lora1", 0],
      clip: ["lora1", 1],
      lora_name: "sub/two.safetensors",
      strength_clip: -0.5,
    });
    expect(graph["sampler"]?.inputs["model"]).toEqual(["lora2", 0]);
    expect(graph["positive"]?.inputs["clip"]).toEqual(["lora2", 1]);
    expect(graph["negative"]?.inputs["clip"]).toEqual(["lora2", 1]);
    expect(graph["decode"]?.inputs["vae"]).toEqual(["checkpoint", 2]);
  });

  it("rule 1: a canonical lowercase UUID is stored before it is posted", async () => {
    const { fake, comfyui } = await pair({ dialect });
    const known: number[] = [];
    const run = comfyRun({
      onRef: () => void known.push(fake.calls.filter((call) => call.method === "POST" && call.path === "/prompt").length),
    });
    await comfyui.image.render(request({ count: 2 }), run);
    expect(run.refs.every((ref) => isUuid.test(ref))).toBe(true);
    expect(run.refs).toEqual(fake.prompts().map((prompt) => prompt.id));
    expect(known).toEqual([0, 1]);
  });

  it("keeps what a person writes out of nodes, links and names", async () => {
    const { fake, comfyui } = await pair({ dialect });
    const prompt = '"], "evil": {"class_type": "SaveImage"} ../../x %year% ["checkpoint", 0]';
    await comfyui.image.render(request({ prompt }), comfyRun());
    const graph = fake.prompts()[0]?.graph ?? {};
    expect(graph["positive"]?.inputs["text"]).toBe(prompt);
    expect(Object.keys(graph)).toEqual(["checkpoint", "positive", "negative", "latent", "sampler", "decode", "result"]);
    expect(JSON.stringify({ ...graph, positive: undefined })).not.toContain("evil");
  });

  it("waits for someone else's prompt, says so, and does not touch it", async () => {
    const { fake, comfyui } = await pair({ dialect, stepMs: 5 });
    const foreign = await fake.submitForeign({ steps: 40 });
    await until("the foreign prompt runs", () => fake.prompts()[0]?.state === "running");
    const run = comfyRun();
    await comfyui.image.render(request(), run);
    expect(run.reported.some(({ stage, note }) => stage === "waiting" && note?.includes("busy with another prompt"))).toBe(true);
    expect(fake.prompts().map(({ id, state }) => ({ id, state }))).toEqual([
      { id: foreign, state: "completed" },
      { id: run.refs[0], state: "completed" },
    ]);
    expect(fake.calls.some((call) => call.path === "/interrupt" || call.path.endsWith("/cancel"))).toBe(false);
  });

  it("upscales to the exact size asked for", async () => {
    const { fake, comfyui } = await pair({ dialect });
    const bytes = await sharp({ create: { width: 30, height: 20, channels: 3, background: "blue" } })
      .png()
      .toBuffer();
    const artifact = { name: "sea.png", width: 30, height: 20 };
    for (const scale of [2, 3, 4] as const) {
      const run = comfyRun({ tool: "upscale_image", input: { image: "art_1", scale }, files: { art_1: { bytes, artifact } } });
      await comfyui.upscale.upscale({ image: "art_1", scale }, run);
      expect(run.saved[0]).toMatchObject({
        name: `sea-${scale}x.png`,
        recipe: { tool: "upscale_image", generated: false, details: { model: "RealESRGAN_x4plus.pth" } },
      });
      expect(await sharp(run.saved[0]?.bytes).metadata()).toMatchObject({ width: 30 * scale, height: 20 * scale });
      expect(run.reported.some(({ stage, step, steps }) => stage === "upscaling" && step === 2 && steps === 4)).toBe(true);
    }
    expect(fake.disk.output.size + fake.disk.input.size).toBe(0);
  });
});
