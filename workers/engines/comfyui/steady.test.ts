import sharp from "sharp";
import { afterEach, describe, expect, it } from "vitest";
import { atStep, comfyRun, failureOf } from "./testing/run.ts";
import { adapterFor, closeAll, fakeOf, pair, request, until } from "./testing/setup.ts";

afterEach(closeAll);

/** Looks come from events alone, and what is known is not forgotten between two jobs. */
const patient = { poll: 60_000, quiet: 60_000, idle: 60_000, inventory: 60_000 };
const wish = { prompt: "a red fox", negativePrompt: "", count: 1, seed: 1, loras: [] };
const paths = (calls: { method: string; path: string }[]) =>
  calls.map(({ method, path }) => `${method} ${path.replace(/[0-9a-f-]{36}$/, "ID")}`);

describe.each([
  ["new", ["GET /api/jobs/ID"]],
  ["old", ["GET /api/jobs/ID", "GET /queue", "GET /history/ID"]],
] as const)("requests of a render while all goes well, %s dialect", (dialect, truth) => {
  it("are one post, one look at the truth and the picture; the socket stays", async () => {
    const { fake, comfyui } = await pair({ dialect }, { timings: patient });
    await comfyui.image.render(request(), comfyRun());
    for (const seed of [1, 2, 3]) {
      fake.calls.length = 0;
      const run = comfyRun();
      await comfyui.image.render(request({ seed }), run);
      expect(paths(fake.calls)).toEqual(["POST /prompt", ...truth, "GET /view"]);
      expect(run.previews.length).toBe(4);
      expect(run.saved[0]?.recipe.engine.version).toBe(dialect === "new" ? "0.33.0" : "0.3.64");
    }
    expect(fake.openSockets).toBe(1);
  });

  it("are one upload more where there is a picture to start from, also for an upscale", async () => {
    const { fake, comfyui } = await pair({ dialect }, { timings: patient });
    const bytes = await sharp({ create: { width: 8, height: 8, channels: 3, background: "red" } })
      .png()
      .toBuffer();
    const files = { art_1: { bytes, artifact: { width: 8, height: 8 } } };
    await comfyui.image.render(request(), comfyRun());
    fake.calls.length = 0;
    await comfyui.image.render(request({ init: { image: "art_1", strength: 0.5 } }), comfyRun({ files }));
    await comfyui.upscale.upscale({ image: "art_1", scale: 2 }, comfyRun({ files }));
    const each = ["POST /upload/image", "POST /prompt", ...truth, "GET /view"];
    expect(paths(fake.calls)).toEqual([...each, ...each]);
  });

  it("are no more for the first job that was planned, but for the version and the socket", async () => {
    const { fake, comfyui } = await pair({ dialect }, { timings: patient });
    const plan = await comfyui.image.plan({ ...wish, width: 64, height: 64, steps: 2 });
    fake.calls.length = 0;
    await comfyui.image.render(plan.request, comfyRun());
    expect(paths(fake.calls).filter((path) => path.includes("/models"))).toEqual([]);
    expect(fake.calls.filter((call) => call.method === "WS")).toHaveLength(1);
  });
});

describe("a list of files that was kept", () => {
  it("is read again before a name is refused", async () => {
    const { fake, comfyui } = await pair({}, { timings: patient });
    await comfyui.image.render(request(), comfyRun());
    fake.disk.models["checkpoints"] = ["sd15.safetensors", "new_sd15.safetensors"];
    fake.disk.models["loras"] = ["fresh.safetensors"];
    const run = comfyRun();
    await comfyui.image.render(request({ model: "new_sd15.safetensors", loras: [{ name: "fresh", weight: 1 }] }), run);
    expect(run.saved[0]?.recipe.details).toMatchObject({ model: "new_sd15.safetensors", loras: [{ name: "fresh.safetensors" }] });
  });

  it("is read again when it is old", async () => {
    const { fake, comfyui } = await pair({}, { timings: { ...patient, inventory: 0 } });
    await comfyui.image.render(request(), comfyRun());
    fake.calls.length = 0;
    await comfyui.image.render(request(), comfyRun());
    expect(paths(fake.calls).filter((path) => path.startsWith("GET /models/"))).toHaveLength(3);
  });

  it("is read again before a name that is not the file's own is given a meaning", async () => {
    const { fake, comfyui } = await pair({ models: { checkpoints: ["sub/fox_sd15.safetensors"] } }, { timings: patient });
    await comfyui.image.render(request({ model: "fox_sd15" }), comfyRun());
    fake.disk.models["checkpoints"] = ["sub/fox_sd15.safetensors", "fox_sd15.safetensors"];
    const run = comfyRun();
    await comfyui.image.render(request({ model: "fox_sd15" }), run);
    expect(run.saved[0]?.recipe.details).toMatchObject({ model: "fox_sd15.safetensors" });
  });

  it("is read again when a post is refused, and the failure names what there is now", async () => {
    const { fake, comfyui } = await pair({}, { timings: patient });
    await comfyui.image.render(request(), comfyRun());
    fake.disk.models["checkpoints"] = ["dreamshaper_8.safetensors"];
    const run = comfyRun();
    expect(await failureOf(comfyui.image.render(request(), run))).toMatchObject({
      code: "unknown_model",
      message: 'ComfyUI has no checkpoint "sd15.safetensors". It has: dreamshaper_8.safetensors.',
    });
    expect(run.refs).toHaveLength(1);
    expect(fake.taken).toBeLessThanOrEqual(2);
  });

  it("costs a second post where the file is there after all, and no third", async () => {
    const fake = await fakeOf();
    let refusals = 1;
    const meddling: typeof fetch = async (input, init) => {
      if (!String(input).endsWith("/prompt") || refusals-- <= 0) return fetch(input, init);
      const models = fake.disk.models["checkpoints"] as string[];
      fake.disk.models["checkpoints"] = [];
      return fetch(input, init).finally(() => {
        fake.disk.models["checkpoints"] = models;
      });
    };
    const comfyui = adapterFor(fake.url, { fetch: meddling, timings: patient });
    const run = comfyRun();
    await comfyui.image.render(request(), run);
    expect(run.saved).toHaveLength(1);
    expect(run.refs).toHaveLength(2);
    refusals = 9;
    const refused = comfyRun();
    expect(await failureOf(comfyui.image.render(request(), refused))).toMatchObject({ code: "unknown_model" });
    expect(refused.refs).toHaveLength(2);
  });

  it.each(["new", "old"] as const)("lets an upscale choose again when its model is gone, %s dialect", async (dialect) => {
    const { fake, comfyui } = await pair({ dialect }, { timings: patient });
    const bytes = await sharp({ create: { width: 8, height: 8, channels: 3, background: "red" } })
      .png()
      .toBuffer();
    const upscale = async () => {
      const run = comfyRun({ files: { art_1: { bytes, artifact: { width: 8, height: 8 } } } });
      await comfyui.upscale.upscale({ image: "art_1", scale: 2 }, run);
      return run.saved[0]?.recipe.details;
    };
    expect(await upscale()).toMatchObject({ model: "RealESRGAN_x4plus.pth" });
    fake.disk.models["upscale_models"] = ["4x_foolhardy.pth"];
    // an older ComfyUI that still holds the model goes on using it
    await comfyui.release(new AbortController().signal);
    expect(await upscale()).toMatchObject({ model: "4x_foolhardy.pth" });
  });
});

describe("what is known of a server", () => {
  it("is asked anew after a restart", async () => {
    const fake = await fakeOf();
    let version = "0.33.0";
    const meddling: typeof fetch = async (input, init) => {
      const response = await fetch(input, init);
      return String(input).endsWith("/system_stats") ? new Response((await response.text()).replace("0.33.0", version)) : response;
    };
    const comfyui = adapterFor(fake.url, { fetch: meddling, timings: { idle: 60_000 } });
    const drawn = async () => {
      const run = comfyRun();
      await comfyui.image.render(request(), run);
      return run.saved[0]?.recipe.engine.version;
    };
    expect(await drawn()).toBe("0.33.0");
    await fake.restart({ downMs: 100 });
    version = "0.34.0";
    expect(await drawn()).toBe("0.34.0");
    expect(await drawn()).toBe("0.34.0");
  });

  it("does not outlive a ComfyUI that stopped between two jobs: the next one waits for it", async () => {
    const { fake, comfyui } = await pair({}, { timings: { idle: 60_000 } });
    await comfyui.image.render(request(), comfyRun());
    await fake.stop();
    let started: Promise<void> | undefined;
    const run = comfyRun({
      onProgress: ({ stage }) => {
        if (stage === "waiting") started ??= fake.start();
      },
    });
    await comfyui.image.render(request(), run);
    await started;
    expect(run.saved).toHaveLength(1);
    expect(run.reported.some(({ step }) => step === 4)).toBe(true);
  });
});

describe("a socket that several jobs share", () => {
  it("tells each job of its own prompt alone", async () => {
    const { fake, comfyui } = await pair({ stepMs: 5 });
    const [one, two] = [comfyRun(), comfyRun()];
    await Promise.all([comfyui.image.render(request({ steps: 8 }), one), comfyui.image.render(request({ steps: 6, seed: 7 }), two)]);
    const steps = (run: typeof one) => [...new Set(run.reported.filter(({ stage }) => stage === "sampling").map((report) => report.steps))];
    expect([steps(one), steps(two)]).toEqual([[8], [6]]);
    expect([one.previews.length, two.previews.length]).toEqual([8, 6]);
    expect(fake.calls.filter((call) => call.method === "WS")).toHaveLength(1);
  });

  it("is opened under the client id of the prompt where a worker adopts another one's", async () => {
    const fake = await fakeOf({ stepMs: 8 });
    const dead = adapterFor(fake.url);
    const first = comfyRun({ onProgress: atStep(2, () => void dead.close()) });
    const lost = dead.image.render(request({ steps: 60 }), first).catch(() => {});
    await until("the dead one no longer listens", () => first.reported.some(({ step }) => step === 2) && fake.openSockets === 0);
    const second = comfyRun({ job: first.job.id, earlierRefs: first.refs });
    await adapterFor(fake.url).image.render(request({ steps: 60 }), second);
    await lost;
    expect(second.refs).toEqual([]);
    expect(second.saved).toHaveLength(1);
    expect(second.reported.some(({ step }) => step === 60)).toBe(true);
  });
});
