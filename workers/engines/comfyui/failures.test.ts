import sharp from "sharp";
import { afterEach, describe, expect, it } from "vitest";
import type { Log } from "../../../core/log.ts";
import { createApi } from "./api.ts";
import { nodeFailure } from "./failures.ts";
import { defaultTimings } from "./options.ts";
import { comfyRun, failureOf } from "./testing/run.ts";
import { adapterFor, closeAll, pair, request } from "./testing/setup.ts";

afterEach(closeAll);

function keepingLog(): { log: Log; lines: string[] } {
  const lines: string[] = [];
  const keep = (facts: object) => void lines.push(JSON.stringify(facts));
  const log: Log = { debug() {}, info: keep, warn: keep, error: keep, child: () => log };
  return { log, lines };
}

describe.each(["new", "old"] as const)("errors of the %s dialect in plain words", (dialect) => {
  it("names what is missing where a file was removed after the plan", async () => {
    const { fake, comfyui } = await pair({ dialect });
    fake.disk.models["checkpoints"] = ["dreamshaper_8.safetensors"];
    const error = await failureOf(comfyui.image.render(request(), comfyRun()));
    expect(error).toMatchObject({
      code: "unknown_model",
      message: 'ComfyUI has no checkpoint "sd15.safetensors". It has: dreamshaper_8.safetensors.',
    });
  });

  it("rule 2: value_not_in_list on a file names the file and the folder where it belongs", async () => {
    const { fake } = await pair({ dialect });
    const response = await fetch(`${fake.url}/prompt`, {
      method: "POST",
      body: JSON.stringify({
        prompt: {
          a: { class_type: "CheckpointLoaderSimple", inputs: { ckpt_name: "gone.safetensors" } },
          b: { class_type: "EmptyLatentImage", inputs: { width: 64, height: 64, batch_size: 1 } },
          c: { class_type: "VAEDecode", inputs: { samples: ["b", 0], vae: ["a", 2] } },
          d: { class_type: "PreviewImage", inputs: { images: ["c", 0] } },
        },
      }),
    });
    const { node_errors } = (await response.json()) as { node_errors: Parameters<typeof nodeFailure>[0] };
    expect(nodeFailure(node_errors, keepingLog().log)).toMatchObject({
      code: "unknown_model",
      message: expect.stringMatching(/checkpoint "gone\.safetensors".*models\/checkpoints folder/),
    });
    const listed = (input: string, value: string) => {
      const error = { type: "value_not_in_list", details: "", extra_info: { input_name: input, received_value: value } };
      return nodeFailure({ x: { class_type: "N", errors: [error] } }, keepingLog().log);
    };
    expect(listed("model_name", "a.pth")).toMatchObject({
      code: "unknown_model",
      message: expect.stringContaining("models/upscale_models"),
    });
    expect(listed("lora_name", "b.safetensors")).toMatchObject({ code: "unknown_lora", message: expect.stringContaining("models/loras") });
    for (const [input, folder] of [
      ["unet_name", "diffusion_models"],
      ["clip_name", "text_encoders"],
      ["vae_name", "vae"],
    ] as const)
      expect(listed(input, "c.safetensors")).toMatchObject({ code: "unknown_model", message: expect.stringContaining(`models/${folder}`) });
    const vision = { type: "value_not_in_list", details: "", extra_info: { input_name: "clip_name", received_value: "d" } };
    expect(nodeFailure({ x: { class_type: "CLIPVisionLoader", errors: [vision] } }, keepingLog().log).message).toContain(
      "models/clip_vision",
    );
    // not a file, although its name ends so
    expect(listed("sampler_name", "dpmpp_9m")).toMatchObject({ code: "engine_outdated", message: expect.stringContaining("dpmpp_9m") });
  });

  it("rule 2: says the same of an upscale model that goes between the look and the post", async () => {
    const { fake } = await pair({ dialect });
    const meddling: typeof fetch = (input, init) => {
      if (String(input).endsWith("/prompt")) fake.disk.models["upscale_models"] = [];
      return fetch(input, init);
    };
    const bytes = await sharp({ create: { width: 8, height: 8, channels: 3, background: "red" } })
      .png()
      .toBuffer();
    const run = comfyRun({ files: { art_1: { bytes, artifact: { width: 8, height: 8 } } } });
    const error = await failureOf(adapterFor(fake.url, { fetch: meddling }).upscale.upscale({ image: "art_1", scale: 4 }, run));
    expect(error).toMatchObject({
      code: "unknown_model",
      message: expect.stringMatching(/RealESRGAN_x4plus\.pth.*models\/upscale_models/),
    });
  });

  it("rule 2: a 200 with node errors is a failure, and the branch that runs is cancelled", async () => {
    const { fake, comfyui } = await pair({ dialect, stepMs: 10 });
    // ComfyUI answers so when one output of several is bad; our graphs have one, so the second is put in on the way
    const meddling: typeof fetch = async (input, init) => {
      if (!String(input).endsWith("/prompt") || typeof init?.body !== "string") return fetch(input, init);
      const body = JSON.parse(init.body) as { prompt: Record<string, unknown> };
      body.prompt["bad"] = { class_type: "SaveImage", inputs: { filename_prefix: "x" } };
      return fetch(input, { ...init, body: JSON.stringify(body) });
    };
    const strict = adapterFor(fake.url, { fetch: meddling });
    const run = comfyRun();
    expect(await failureOf(strict.image.render(request({ steps: 400 }), run))).toMatchObject({ code: "engine_rejected" });
    expect(fake.prompts()).toMatchObject([{ id: run.refs[0], state: "cancelled" }]);
    expect(run.saved).toEqual([]);
    await comfyui.close();
  });

  it("says that ComfyUI is too old for a node", async () => {
    const { fake } = await pair({ dialect });
    const meddling: typeof fetch = (input, init) =>
      fetch(input, typeof init?.body === "string" ? { ...init, body: init.body.replace("VAEDecode", "VAEDecodeFuture") } : init);
    const error = await failureOf(adapterFor(fake.url, { fetch: meddling }).image.render(request(), comfyRun()));
    expect(error).toMatchObject({ code: "engine_outdated", message: expect.stringContaining("VAEDecodeFuture") });
  });

  it("rule 8: out of memory is one code with its remedy", async () => {
    const { fake, comfyui } = await pair({ dialect });
    fake.faults.nodes = [{ node: "KSampler", kind: "oom" }];
    expect(await failureOf(comfyui.image.render(request(), comfyRun()))).toMatchObject({
      code: "out_of_memory",
      message: expect.stringContaining("--lowvram"),
    });
  });

  it("rule 8: tracebacks and paths are logged, never shown", async () => {
    const { fake, comfyui } = await pair({ dialect });
    fake.faults.nodes = [{ node: "VAEDecode", kind: "fail" }];
    const { log, lines } = keepingLog();
    const error = await failureOf(comfyui.image.render(request(), Object.assign(comfyRun(), { log })));
    expect(error.code).toBe("engine_failed");
    expect(error.message).toContain("VAEDecode (RuntimeError)");
    expect(JSON.stringify(error.view())).not.toMatch(/home|secret|execution\.py/);
    expect(lines.join()).toMatch(/execution\.py/);
    expect(lines.join()).toMatch(/secret\.bin/);
  });

  it("says that the picture to start from is no picture", async () => {
    const { comfyui } = await pair({ dialect });
    const run = comfyRun({ files: { art_1: { bytes: Buffer.from("not a picture") } } });
    expect(await failureOf(comfyui.image.render(request({ init: { image: "art_1", strength: 0.5 } }), run))).toMatchObject({
      code: "unsupported_media",
    });
  });

  it("an unknown artifact fails before anything is posted", async () => {
    const { fake, comfyui } = await pair({ dialect });
    expect(await failureOf(comfyui.image.render(request({ init: { image: "art_9", strength: 0.5 } }), comfyRun()))).toMatchObject({
      code: "unknown_artifact",
    });
    expect(fake.prompts()).toEqual([]);
  });

  it("explains a refusal (403) and a page that is not ComfyUI", async () => {
    const { fake, comfyui } = await pair({ dialect });
    fake.faults.forbidden = true;
    expect(await failureOf(comfyui.image.render(request(), comfyRun()))).toMatchObject({
      code: "engine_rejected",
      message: expect.stringContaining("403"),
    });
    fake.faults.forbidden = false;
    fake.faults.html = true;
    expect(await failureOf(comfyui.image.render(request(), comfyRun()))).toMatchObject({
      code: "engine_rejected",
      message: expect.stringContaining("that address is not ComfyUI"),
    });
  });

  it("an interrupt in ComfyUI's own page is a failure, not a result", async () => {
    const { fake, comfyui } = await pair({ dialect, stepMs: 5 });
    let told = false;
    const run = comfyRun({
      onProgress: ({ step }) => {
        if (told || step !== 3) return;
        told = true;
        void fetch(`${fake.url}/interrupt`, { method: "POST" });
      },
    });
    expect(await failureOf(comfyui.image.render(request({ steps: 300 }), run))).toMatchObject({
      code: "engine_failed",
      message: expect.stringContaining("interrupted inside ComfyUI"),
    });
  });

  it("upscaling without an upscale model says which file goes where", async () => {
    const { comfyui } = await pair({ dialect, models: { upscale_models: [] } });
    expect(await failureOf(comfyui.upscale.plan({ image: "art_1", scale: 4 }, {} as never))).toMatchObject({
      code: "unknown_model",
      message: expect.stringContaining("models/upscale_models"),
    });
  });
});

describe("addresses", () => {
  const http = (url: string) =>
    createApi({ url, configured: true, seen: async () => true, modelFamilies: {}, waitMinutes: 1, log: keepingLog().log }, defaultTimings)
      .http;

  it("keep a path, and hide the login that they carry", () => {
    const { address, socketAddress, headers } = http("https://me:s%40fe@gpu.example/comfy/");
    expect(address).toBe("https://gpu.example/comfy");
    expect(socketAddress).toBe("wss://gpu.example/comfy");
    expect(headers).toEqual({ authorization: `Basic ${Buffer.from("me:s@fe").toString("base64")}` });
  });

  it("a proxy that says 502 is a ComfyUI that is down", async () => {
    const { fake, comfyui } = await pair({}, { waitMinutes: 0.002 });
    fake.faults.status = 502;
    expect(await failureOf(comfyui.image.render(request(), comfyRun()))).toMatchObject({ code: "engine_unavailable", retryable: true });
  });
});
