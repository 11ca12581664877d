import sharp from "sharp";
import { afterEach, describe, expect, it } from "vitest";
import { closeAll, failureOf, jobRun, pair, until } from "./testing/setup.ts";

afterEach(closeAll);

const picture = (width: number, height: number) =>
  sharp({ create: { width, height, channels: 3, background: "blue" } })
    .png()
    .toBuffer();

const upscaleRun = async (width = 30, height = 20, more: Parameters<typeof jobRun>[0] = {}) =>
  jobRun({
    ...{ tool: "upscale_image", input: { image: "art_1", scale: 2 } },
    files: { art_1: { bytes: await picture(width, height), artifact: { name: "sea.png", width, height } } },
    ...more,
  });

describe("an enlargement", () => {
  it.each([2, 3, 4] as const)("%s times has exactly the size asked for, although A1111 rounds to whole eights", async (scale) => {
    const { fake, a1111 } = await pair();
    const run = await upscaleRun();
    await a1111.upscale.upscale({ image: "art_1", scale }, run);
    expect(run.saved[0]).toMatchObject({
      name: `sea-${scale}x.png`,
      recipe: { tool: "upscale_image", engine: { id: "a1111" }, generated: false, details: { model: "R-ESRGAN 4x+", scale } },
    });
    expect(await sharp(run.saved[0]?.bytes).metadata()).toMatchObject({ format: "png", width: 30 * scale, height: 20 * scale });
    expect(fake.tasks()[0]?.body).toMatchObject({ upscaler_1: "R-ESRGAN 4x+", upscaling_resize: scale });
    expect(run.reported.some(({ stage }) => stage === "upscaling")).toBe(true);
  });

  it("is planned with a 4x model that is not for drawings", async () => {
    const { a1111 } = await pair();
    expect(await a1111.upscale.plan({ image: "art_1", scale: 2 }, {} as never)).toEqual({
      family: "a1111-upscale",
      vramGb: 3,
      model: "R-ESRGAN 4x+",
    });
    const { a1111: bare } = await pair({ models: { upscalers: ["None", "Lanczos", "Nearest"] } });
    await expect(bare.upscale.plan({ image: "art_1", scale: 2 }, {} as never)).rejects.toMatchObject({ code: "unknown_model" });
  });

  it("that is canceled is interrupted, and only then", async () => {
    const { fake, a1111 } = await pair({ stepMs: 5 });
    fake.faults.draw = ["hang"];
    const run = await upscaleRun();
    const work = failureOf(a1111.upscale.upscale({ image: "art_1", scale: 2 }, run));
    await until("it works", () => fake.tasks()[0]?.state === "running");
    run.abort();
    expect(await work).toBe(run.signal.reason);
    expect(fake.tasks()[0]?.state).toBe("interrupted");
  });

  it("that is canceled behind a stranger's picture does not touch that", async () => {
    const { fake, a1111 } = await pair({ stepMs: 5 }, { timings: { confirm: 300 } });
    fake.submitForeign({ steps: 200 });
    const run = await upscaleRun();
    const work = failureOf(a1111.upscale.upscale({ image: "art_1", scale: 2 }, run));
    await until("it waits", () => run.reported.some(({ note }) => note?.includes("busy") === true));
    run.abort();
    expect(await work).toBe(run.signal.reason);
    await until("the stranger's is done", () => fake.tasks()[0]?.state === "done");
  });

  it("that the person interrupts is no result: A1111 answers with the old picture, only larger", async () => {
    const { fake, a1111 } = await pair({ stepMs: 5 });
    fake.faults.draw = ["hang"];
    const run = await upscaleRun();
    const work = failureOf(a1111.upscale.upscale({ image: "art_1", scale: 2 }, run));
    await until("it works", () => fake.tasks()[0]?.state === "running");
    fake.press("interrupt");
    expect(await work).toMatchObject({ code: "engine_failed", message: expect.stringContaining("interrupted") });
    expect(run.saved).toEqual([]);
  });

  it("that ran out of memory says so, and what it leaves behind keeps nobody waiting", async () => {
    const { fake, a1111 } = await pair();
    fake.faults.draw = ["oom"];
    expect(await failureOf(a1111.upscale.upscale({ image: "art_1", scale: 2 }, await upscaleRun()))).toMatchObject({
      code: "out_of_memory",
    });
    const run = await upscaleRun();
    await a1111.upscale.upscale({ image: "art_1", scale: 2 }, run);
    expect(run.saved).toHaveLength(1);
    await a1111.release(new AbortController().signal);
  });

  it("whose answer is lost is made again", async () => {
    const { fake, a1111 } = await pair();
    fake.faults.draw = ["lose-answer"];
    const run = await upscaleRun();
    await a1111.upscale.upscale({ image: "art_1", scale: 2 }, run);
    expect(run.saved).toHaveLength(1);
    expect(fake.tasks()).toHaveLength(2);
  });

  it("of something that is no picture is refused", async () => {
    const { fake, a1111 } = await pair();
    const run = await upscaleRun(30, 20, { files: { art_1: { bytes: Buffer.from("no") } } });
    expect(await failureOf(a1111.upscale.upscale({ image: "art_1", scale: 2 }, run))).toMatchObject({ code: "unsupported_media" });
    expect(fake.tasks()).toHaveLength(0);
  });
});
