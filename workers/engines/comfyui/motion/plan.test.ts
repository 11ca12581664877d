import { afterEach, describe, expect, it } from "vitest";
import { adapterFor, closeAll } from "../testing/setup.ts";
import { videoPair, wish } from "../testing/video.ts";
import { kindOf, motionKinds } from "./kinds.ts";
import { fitLength, fitSize } from "./shape.ts";
import { comboOptions } from "./stock.ts";
import { bucketOf, motionNote, negativeFor, withMotion } from "./words.ts";

afterEach(closeAll);

const kind = (id: string) => motionKinds.find((entry) => entry.id === id) ?? (undefined as never);
const failure = async (work: Promise<unknown>) =>
  work.then(
    () => undefined,
    (error: Error & { code: string }) => error,
  );

describe.each(["new", "old"] as const)("a plan, against the %s dialect", (dialect) => {
  it("takes Wan first, and says size, length and rate that it was trained for", async () => {
    const { comfyui } = await videoPair({ dialect });
    expect(await comfyui.motion.plan(wish({ image: "art_1" }), { width: 1344, height: 768 })).toEqual({
      request: {
        ...{ prompt: "a red fox runs", negativePrompt: "", image: "art_1", width: 1280, height: 704, frames: 121, fps: 24 },
        ...{ motion: 5, seed: 7, steps: 20, model: "wan2.2_ti2v_5B_fp16.safetensors" },
      },
      family: "comfy-wan",
      vramGb: 10,
      seconds: 121 / 24,
      notes: [],
    });
  });

  it("takes LTX where no Wan is whole, and Stable Video Diffusion last, each with its licence said", async () => {
    const { comfyui, fake } = await videoPair({ dialect, models: { diffusion_models: [] } }, { timings: { inventory: 0 } });
    const ltx = await comfyui.motion.plan(wish({ image: "art_1", seconds: 3 }), { width: 512, height: 512 });
    expect(ltx).toMatchObject({ family: "comfy-ltx", request: { width: 640, height: 640, frames: 73, fps: 24 } });
    expect(ltx.notes.join()).toMatch(/licence/);
    fake.disk.models["checkpoints"] = ["sd15.safetensors", "svd.safetensors", "svd_xt.safetensors"];
    const svd = await comfyui.motion.plan(wish({ image: "art_1" }), { width: 1024, height: 576 });
    expect(svd).toMatchObject({
      family: "comfy-svd",
      request: { width: 1024, height: 576, frames: 25, fps: 6, model: "svd_xt.safetensors" },
    });
    expect(svd.notes.join()).toMatch(/Stability AI Community.*conditions/);
    expect(svd.notes.join()).toMatch(/reads no words/);
  });

  it("names the file that is missing and the folder where it belongs", async () => {
    const { comfyui, fake } = await videoPair({ dialect, models: { checkpoints: [] } }, { timings: { inventory: 0 } });
    fake.disk.models["text_encoders"] = [];
    expect(await failure(comfyui.motion.plan(wish()))).toMatchObject({
      code: "unknown_model",
      message: expect.stringMatching(/Wan 2.2 5B also needs umt5_xxl_fp8_e4m3fn_scaled.safetensors.*models\/text_encoders/),
    });
    fake.disk.models["text_encoders"] = ["umt5_xxl_fp16.safetensors"];
    fake.disk.models["clip_vision"] = [];
    expect(await failure(comfyui.motion.plan(wish({ model: "wan2.1_i2v_480p_14B_fp8_e4m3fn", image: "art_1" })))).toMatchObject({
      message: expect.stringMatching(/clip_vision_h.safetensors.*models\/clip_vision/),
    });
    fake.disk.models["diffusion_models"] = ["wan2.2_t2v_high_noise_14B_fp8_scaled.safetensors"];
    expect(await failure(comfyui.motion.plan(wish()))).toMatchObject({
      message: expect.stringMatching(/wan2.2_t2v_low_noise_14B_fp8_scaled.safetensors.*models\/diffusion_models/),
    });
    fake.disk.models["diffusion_models"] = [];
    expect(await failure(comfyui.motion.plan(wish()))).toMatchObject({
      code: "unknown_model",
      message: expect.stringMatching(/has no model that makes videos.*models\/diffusion_models.*models\/checkpoints/),
    });
  });

  it("names the node of a version that is too old", async () => {
    const { comfyui } = await videoPair({
      dialect,
      lacks: ["Wan22ImageToVideoLatent"],
      models: { checkpoints: [], diffusion_models: ["wan2.2_ti2v_5B_fp16.safetensors"] },
    });
    expect(await failure(comfyui.motion.plan(wish()))).toMatchObject({
      code: "engine_outdated",
      message: expect.stringMatching(/Wan22ImageToVideoLatent.*Update it/),
    });
  });

  it("falls to a model whose nodes are there", async () => {
    const { comfyui } = await videoPair({ dialect, lacks: ["WanImageToVideo", "Wan22ImageToVideoLatent"] });
    expect(await comfyui.motion.plan(wish({ image: "art_1" }), { width: 600, height: 400 })).toMatchObject({ family: "comfy-ltx" });
  });
});

describe("a plan", () => {
  it("says what a named model cannot do, and which can", async () => {
    const { comfyui } = await videoPair();
    expect(await failure(comfyui.motion.plan(wish({ model: "svd_xt" })))).toMatchObject({
      code: "invalid_input",
      message: expect.stringMatching(/from a picture, not of words alone.*wan2.2_ti2v_5B/),
    });
    expect(await failure(comfyui.motion.plan(wish({ model: "sora" })))).toMatchObject({
      code: "unknown_model",
      message: expect.stringContaining("It has: "),
    });
    expect(await failure(comfyui.motion.plan(wish({ prompt: " " })))).toMatchObject({ code: "invalid_input" });
  });

  it("knows whether videos of words alone can be made", async () => {
    const { comfyui, fake } = await videoPair({}, { timings: { inventory: 0 } });
    expect(await comfyui.motion.fromWords()).toBe(true);
    fake.disk.models["diffusion_models"] = [];
    fake.disk.models["checkpoints"] = ["svd.safetensors"];
    expect(await comfyui.motion.fromWords()).toBe(false);
    await fake.stop();
    // what was seen last holds
    expect(await comfyui.motion.fromWords()).toBe(false);
  });

  it("is made without ComfyUI where it never answered, and is not certain of words alone then", async () => {
    const comfyui = adapterFor("http://127.0.0.1:9");
    expect(await comfyui.motion.plan(wish({ image: "art_1" }), { width: 800, height: 450 })).toMatchObject({
      family: "comfy-wan",
      request: { model: "default" },
    });
    expect(await comfyui.motion.plan(wish({ image: "art_1", model: "svd_xt.safetensors" }))).toMatchObject({
      family: "comfy-svd",
      request: { frames: 25 },
    });
    expect(await comfyui.motion.fromWords()).toBe(false);
  });

  it("takes a file for what the configuration says it is", async () => {
    const { comfyui } = await videoPair(
      { models: { diffusion_models: ["mine.safetensors"], checkpoints: [] } },
      { modelFamilies: { mine: "wan22-5b" } },
    );
    expect(await comfyui.motion.plan(wish())).toMatchObject({ family: "comfy-wan", request: { model: "mine.safetensors" } });
  });

  it("lists what makes videos, with its family and licence", async () => {
    const { comfyui } = await videoPair();
    const { motion = [] } = await comfyui.models();
    expect(motion.map(({ family }) => family)).toEqual(expect.arrayContaining(["wan", "ltx", "svd"]));
    expect(motion.find(({ name }) => name === "svd_xt.safetensors")?.licence).toMatch(/Stability/);
    expect(motion.every(({ name }) => !/low_noise|sd15/.test(name))).toBe(true);
  });
});

describe("size", () => {
  it("keeps the shape of the picture, and is turned where that is upright", () => {
    expect(fitSize(kind("wan21-1.3b"), {}, { width: 768, height: 1344 })).toMatchObject({ width: 480, height: 832 });
    expect(fitSize(kind("wan21-1.3b"), { aspect: "square" }, { width: 768, height: 1344 })).toMatchObject({ width: 624, height: 624 });
    expect(fitSize(kind("ltx"), {}, undefined)).toMatchObject({ width: 832, height: 480 });
  });

  it.each(motionKinds.map((entry) => [entry.id, entry] as const))("of %s: every usual one is allowed", (_id, { size }) => {
    for (const [width, height] of size.table) {
      expect([width % size.multiple, height % size.multiple]).toEqual([0, 0]);
      expect(width * height).toBeLessThanOrEqual(size.most);
    }
  });

  it("is rounded and said, or refused with the numbers that are allowed", () => {
    expect(fitSize(kind("ltx"), { width: 700, height: 500 })).toMatchObject({
      width: 704,
      height: 512,
      notes: [expect.stringMatching(/700x500 became 704x512/)],
    });
    expect(() => fitSize(kind("svd"), { width: 1920, height: 1080 })).toThrow(/multiples of 64.*589824.*1024x576/);
  });
});

describe("length", () => {
  it("has 4n + 1 frames with Wan and 8n + 1 with LTX", () => {
    for (const seconds of [1, 1.7, 2.5, 3, 4.4, 5]) {
      expect(fitLength(kind("wan21-1.3b"), { seconds }).frames % 4).toBe(1);
      expect(fitLength(kind("ltx"), { seconds }).frames % 8).toBe(1);
    }
    expect(fitLength(kind("wan21-1.3b"), { seconds: 3 })).toMatchObject({ frames: 49, fps: 16, notes: [] });
  });

  it("is cut to what the model can, and said", () => {
    expect(fitLength(kind("wan22-5b"), { seconds: 20 })).toMatchObject({
      frames: 121,
      notes: [expect.stringMatching(/1 to 5 s at once.*5 s instead of 20 s/)],
    });
  });

  it("of Stable Video Diffusion comes from the rate, for its frames are fixed", () => {
    expect(fitLength(kind("svd-xt"), { seconds: 2.5 })).toMatchObject({ frames: 25, fps: 10, notes: [] });
    expect(fitLength(kind("svd"), { seconds: 10 })).toMatchObject({
      frames: 14,
      fps: 5,
      notes: [expect.stringMatching(/2.8 s instead of 10 s/)],
    });
  });

  it("refuses a rate that the model cannot make", () => {
    expect(() => fitLength(kind("ltx"), { fps: 60 })).toThrow(/8 to 30 frames a second, not 60/);
  });
});

describe("motion", () => {
  it("is a bucket for Stable Video Diffusion: 1, 5 and 10 are 20, 127 and 255", () => {
    expect([1, 5, 10].map(bucketOf)).toEqual([20, 127, 255]);
    expect(motionNote(kind("svd"), 9)).toBeUndefined();
  });

  it("is words for the others, and a person is told which, or that it changes nothing", () => {
    expect(withMotion("a fox", 9)).toMatch(/^a fox, fast/);
    expect(withMotion("a fox", 5)).toBe("a fox");
    expect(motionNote(kind("ltx"), 2)).toMatch(/no setting for motion: "slow.*" was added/);
    expect(motionNote(kind("ltx"), 6)).toMatch(/changes nothing/);
    expect(motionNote(kind("ltx"), 5)).toBeUndefined();
  });

  it("leaves standing still out of what is unwanted where little motion is wanted", () => {
    expect(negativeFor(kind("wan22-5b"), "", 5)).toMatch(/静止/);
    expect(negativeFor(kind("wan22-5b"), "", 2)).not.toMatch(/静止/);
    expect(negativeFor(kind("wan22-5b"), "rain", 2)).toBe("rain");
  });
});

describe("names", () => {
  it.each([
    ["wan2.2_ti2v_5B_fp16.safetensors", "wan22-5b"],
    ["Wan2_1-T2V-1_3B_bf16.safetensors", "wan21-1.3b"],
    ["wan2.1_t2v_14B_fp8_e4m3fn.safetensors", "wan21-14b"],
    ["sub/wan2.1_i2v_720p_14B_fp16.safetensors", "wan21-i2v"],
    ["wan2.2_i2v_high_noise_14B_fp8_scaled.safetensors", "wan22-14b-i2v"],
    ["wan2.2_i2v_low_noise_14B_fp8_scaled.safetensors", undefined],
    ["wan2.1_vace_14B_fp16.safetensors", undefined],
    ["wan2.1_flf2v_720p_14B_fp16.safetensors", undefined],
    ["ltx-video-2b-v0.9.5.safetensors", "ltx"],
    ["ltxv-13b-0.9.8-distilled-fp8.safetensors", "ltx-13b"],
    ["ltx-2-19b-dev.safetensors", undefined],
    ["svd_xt_1_1.safetensors", "svd-xt"],
    ["svd.safetensors", "svd"],
    ["sd_xl_base_1.0.safetensors", undefined],
  ])("%s is %s", (file, id) => {
    expect(kindOf(file, undefined)?.id).toBe(id);
  });
});

describe("lists of a node", () => {
  it("are read in both shapes", () => {
    const info = { N: { input: { required: { a: [["x", "y"], {}], b: ["COMBO", { options: ["z"] }] }, optional: { c: ["INT", {}] } } } };
    expect([comboOptions(info, "N", "a"), comboOptions(info, "N", "b"), comboOptions(info, "N", "c"), comboOptions({}, "N", "a")]).toEqual([
      ["x", "y"],
      ["z"],
      [],
      [],
    ]);
  });
});
