import sharp from "sharp";
import { afterEach, describe, expect, it } from "vitest";
import { closeAll, failureOf, jobRun, pair, request, until } from "./testing/setup.ts";

afterEach(closeAll);

const bodies = (calls: { path: string; body: Record<string, unknown> }[], route = "txt2img") =>
  calls.filter(({ path }) => path === `/sdapi/v1/${route}`).map(({ body }) => body);

describe.each(["a1111", "forge"] as const)("a render by %s", (dialect) => {
  it("stores one picture with its recipe and true progress", async () => {
    const { fake, a1111 } = await pair({ dialect, stepMs: 20 });
    const run = jobRun({ input: { prompt: "a red fox", count: 1, seed: 42 } });
    await a1111.image.render(request({ steps: 10 }), run);
    expect(run.saved).toHaveLength(1);
    expect(run.saved[0]).toMatchObject({
      name: "a-red-fox-42.png",
      mediaType: "image/png",
      recipe: {
        tool: "render_image",
        input: { prompt: "a red fox", count: 1, seed: 42 },
        engine: { id: "a1111", version: dialect === "forge" ? "f2.0.1v1.10.1-previous-664-gd557aef9" : "v1.10.1" },
        preview: false,
        generated: true,
        details: { model: "sd15.safetensors", sampler: "DPM++ 2M", scheduler: "Karras", cfg: 7, steps: 10 },
      },
    });
    expect(await sharp(run.saved[0]?.bytes).metadata()).toMatchObject({ format: "png", width: 64, height: 64 });
    const fractions = run.reported.map(({ fraction }) => fraction);
    expect(fractions).toEqual([...fractions].sort((a, b) => a - b));
    expect(run.reported.some(({ stage, step, steps }) => stage === "sampling" && step !== undefined && steps === 10)).toBe(true);
    expect(run.reported.at(-1)?.stage).toBe("storing");
    expect((await sharp(run.previews[0]?.data).metadata()).format).toBe("jpeg");
    expect(fake.tasks()).toMatchObject([{ id: run.refs[0], state: "done", model: "sd15.safetensors" }]);
  });

  it("makes a series in one task, picture i with seed + i, each by itself reproducible", async () => {
    const { fake, a1111 } = await pair({ dialect });
    const series = jobRun({ input: { count: 3, seed: 42 } });
    await a1111.image.render(request({ count: 3 }), series);
    expect(series.saved.map(({ recipe }) => recipe.input)).toEqual([42, 43, 44].map((seed) => ({ count: 1, seed })));
    expect(bodies(fake.calls)).toHaveLength(1);
    const alone = jobRun();
    await a1111.image.render(request({ seed: 44 }), alone);
    const pixels = (bytes: Buffer | undefined) => sharp(bytes).raw().toBuffer();
    expect(await pixels(alone.saved[0]?.bytes)).toEqual(await pixels(series.saved[2]?.bytes));
    expect(await pixels(alone.saved[0]?.bytes)).not.toEqual(await pixels(series.saved[1]?.bytes));
  });

  it("leaves the person's own checkpoint and settings as they were", async () => {
    const { fake, a1111 } = await pair({ dialect });
    const before = { ...fake.settings() };
    await a1111.image.render(request({ model: "sd_xl_base_1.0.safetensors" }), jobRun());
    expect(fake.tasks()[0]?.model).toBe("sd_xl_base_1.0.safetensors");
    expect(fake.settings()).toEqual(before);
    expect(bodies(fake.calls)[0]).toMatchObject({ save_images: false, override_settings_restore_afterwards: true });
  });

  it("draws again after its checkpoint was unloaded", async () => {
    const { fake, a1111 } = await pair({ dialect });
    await a1111.image.render(request(), jobRun());
    await a1111.release(new AbortController().signal);
    const run = jobRun();
    await a1111.image.render(request({ seed: 7 }), run);
    expect(run.saved).toHaveLength(1);
    expect(fake.onCard()).toBe(true);
  });
});

describe("a render", () => {
  it("starts from a picture, cut to the size of the result and without anything but pixels", async () => {
    const { fake, a1111 } = await pair();
    const bytes = await sharp({ create: { width: 200, height: 100, channels: 3, background: "red" } })
      .withExif({ IFD0: { Copyright: "somebody" } })
      .jpeg()
      .toBuffer();
    const run = jobRun({ files: { art_1: { bytes } } });
    await a1111.image.render(request({ init: { image: "art_1", strength: 0.3 }, width: 96 }), run);
    expect(await sharp(run.saved[0]?.bytes).metadata()).toMatchObject({ width: 96, height: 64 });
    const [body] = bodies(fake.calls, "img2img");
    expect(body).toMatchObject({ denoising_strength: 0.3, resize_mode: 0 });
    const sent = await sharp(Buffer.from(String((body?.["init_images"] as string[] | undefined)?.[0]), "base64")).metadata();
    expect(sent).toMatchObject({ format: "png", width: 96, height: 64 });
    expect(sent.exif).toBeUndefined();
  });

  it("refuses a file to start from that is no picture before anything is posted", async () => {
    const { fake, a1111 } = await pair();
    const run = jobRun({ files: { art_1: { bytes: Buffer.from("no picture") } } });
    const failure = await failureOf(a1111.image.render(request({ init: { image: "art_1", strength: 0.3 } }), run));
    expect(failure.code).toBe("unsupported_media");
    expect(fake.tasks()).toHaveLength(0);
  });

  it("names its LoRAs in the prompt, by file name and weight, and says that they were used", async () => {
    const { fake, a1111 } = await pair({ models: { loras: [{ path: "sub/one.safetensors" }, { path: "two.safetensors" }] } });
    const loras = [
      { name: "ONE", weight: 0.8 },
      { name: "two.safetensors", weight: -0.5 },
    ];
    const run = jobRun();
    await a1111.image.render(request({ loras }), run);
    expect(bodies(fake.calls)[0]?.["prompt"]).toBe("a red fox <lora:one:0.8> <lora:two:-0.5>");
    expect(fake.tasks()[0]?.loras).toEqual([
      { name: "one", weight: 0.8 },
      { name: "two", weight: -0.5 },
    ]);
    expect(run.saved[0]?.recipe.details).toMatchObject({
      loras: [
        { name: "one.safetensors", weight: 0.8 },
        { name: "two.safetensors", weight: -0.5 },
      ],
    });
  });

  it("never hands over a picture that was drawn without its LoRA", async () => {
    const { fake, a1111 } = await pair();
    fake.faults.deafToLoras = true;
    const run = jobRun();
    const failure = await failureOf(a1111.image.render(request({ loras: [{ name: "ink-sd15", weight: 1 }] }), run));
    expect(failure).toMatchObject({ code: "unknown_lora", message: expect.stringContaining("ink-sd15.safetensors") });
    expect(run.saved).toEqual([]);
  });

  it("takes the picture where A1111 was told to make no hashes, for then nothing tells", async () => {
    const { a1111 } = await pair({ noHashing: true });
    const run = jobRun();
    await a1111.image.render(request({ loras: [{ name: "ink-sd15", weight: 1 }] }), run);
    expect(run.saved).toHaveLength(1);
  });

  it("never hands over a picture of another checkpoint, which A1111 takes where it does not find the one that was asked for", async () => {
    const { fake, a1111 } = await pair();
    await a1111.models();
    fake.disk.checkpoints = ["sd_xl_base_1.0.safetensors"];
    // it has read its folder again, and so has nobody else
    await fetch(`${fake.url}/sdapi/v1/refresh-checkpoints`, { method: "POST" });
    const run = jobRun();
    const failure = await failureOf(a1111.image.render(request(), run));
    expect(failure.code).toBe("unknown_model");
    expect(run.saved).toEqual([]);
  });

  it("takes the sampler by its joined name where there are no schedules yet", async () => {
    const { fake, a1111 } = await pair({ dialect: "a1111", joinedSamplers: true });
    await a1111.image.render(request(), jobRun());
    expect(bodies(fake.calls)[0]).toMatchObject({ sampler_name: "DPM++ 2M Karras" });
    expect(bodies(fake.calls)[0]).not.toHaveProperty("scheduler");
  });

  it("starts the seeds again behind the largest exact number", async () => {
    const { a1111 } = await pair();
    const run = jobRun();
    await a1111.image.render(request({ seed: 2 ** 53 - 2, count: 3 }), run);
    expect(run.saved.map(({ recipe }) => recipe.input["seed"])).toEqual([2 ** 53 - 2, 2 ** 53 - 1, 0]);
  });

  it("waits for someone else's picture, says so, and does not touch it", async () => {
    const { fake, a1111 } = await pair({ stepMs: 5 });
    const foreign = fake.submitForeign({ steps: 40 });
    await until("the stranger's runs", () => fake.tasks()[0]?.state === "running");
    const run = jobRun();
    await a1111.image.render(request(), run);
    expect(run.reported.some(({ stage, note }) => stage === "waiting" && note?.includes("busy with another picture"))).toBe(true);
    expect(fake.tasks().map(({ id, state }) => ({ id, state }))).toEqual([
      { id: foreign, state: "done" },
      { id: run.refs[0], state: "done" },
    ]);
    expect(fake.calls.some(({ path }) => path.endsWith("/interrupt"))).toBe(false);
  });

  it("is not kept out by a page that is never idle", async () => {
    const { fake, a1111 } = await pair({ stepMs: 5 });
    let more = true;
    const feed = async () => {
      while (more) {
        fake.submitForeign({ steps: 20 });
        await until("the queue is short", () => !more || fake.tasks().filter(({ state }) => state === "queued").length < 2);
      }
    };
    const feeding = feed();
    const run = jobRun();
    await a1111.image.render(request(), run).finally(() => {
      more = false;
    });
    await feeding;
    expect(run.saved).toHaveLength(1);
  });

  it("stores its task's name before A1111 hears of it", async () => {
    const { fake, a1111 } = await pair();
    const known: number[] = [];
    const run = jobRun();
    const stored = Object.assign(run, {
      setEngineRef: async (ref: string) => {
        run.refs.push(ref);
        known.push(bodies(fake.calls).length);
      },
    });
    await a1111.image.render(request(), stored);
    expect(run.refs).toEqual(fake.tasks().map(({ id }) => id));
    expect(run.refs[0]).toContain(run.job.id);
    expect(known).toEqual([0]);
  });
});
