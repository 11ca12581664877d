import { afterEach, describe, expect, it } from "vitest";
import type { RenderWish } from "../../../core/ports/engine.ts";
import { findFile } from "../model-names.ts";
import { familyByName } from "./families.ts";
import { comfyRun } from "./testing/run.ts";
import { adapterFor, closeAll, fakeOf, pair, request } from "./testing/setup.ts";
import { triggerWords, withTriggers } from "./triggers.ts";

afterEach(closeAll);

const wish = (more: Partial<RenderWish> = {}): RenderWish => ({
  prompt: "a red fox",
  negativePrompt: "",
  count: 1,
  seed: 1,
  loras: [],
  ...more,
});

describe("plan", () => {
  it("fills model, size and steps by family", async () => {
    const { comfyui } = await pair();
    expect(await comfyui.image.plan(wish())).toEqual({
      request: { ...wish(), width: 512, height: 512, steps: 25, model: "sd15.safetensors" },
      family: "comfy-sd15",
      vramGb: 4,
    });
    expect(await comfyui.image.plan(wish({ model: "SD_XL_base_1.0", aspect: "wide" }))).toMatchObject({
      request: { width: 1344, height: 768, steps: 30, model: "sd_xl_base_1.0.safetensors" },
      family: "comfy-sdxl",
      vramGb: 10,
    });
    expect((await comfyui.image.plan(wish({ width: 320, height: 448, steps: 7 }))).request).toMatchObject({
      width: 320,
      height: 448,
      steps: 7,
    });
  });

  it("names only families that the engine says it has", async () => {
    const { comfyui } = await pair({ models: { checkpoints: ["mystery.safetensors"] } });
    const { family } = await comfyui.image.plan(wish());
    expect(family).toBe("comfy-sdxl");
    expect(comfyui.families).toContain(family);
  });

  it("takes the preferred checkpoint, and never one that cannot draw", async () => {
    const { fake, comfyui } = await pair({
      models: { checkpoints: ["svd_xt.safetensors", "sd15.safetensors", "juggernautXL.safetensors"] },
    });
    expect((await comfyui.image.plan(wish())).request.model).toBe("sd15.safetensors");
    const choosy = adapterFor(fake.url, { preferredModel: "juggernautxl" });
    expect((await choosy.image.plan(wish())).request.model).toBe("juggernautXL.safetensors");
    await expect(comfyui.image.plan(wish({ model: "svd_xt" }))).rejects.toMatchObject({ code: "unknown_model" });
  });

  it("knows a distilled checkpoint by its name", async () => {
    const { comfyui } = await pair({ models: { checkpoints: ["dreamshaperXL_lightning.safetensors"] } });
    expect((await comfyui.image.plan(wish())).request.steps).toBe(8);
  });

  it("refuses unknown names, naming those that exist, nearest first", async () => {
    const { comfyui } = await pair();
    await expect(comfyui.image.plan(wish({ model: "sd51" }))).rejects.toMatchObject({
      code: "unknown_model",
      message: 'ComfyUI has no checkpoint "sd51". It has: sd15.safetensors, sd_xl_base_1.0.safetensors.',
    });
    await expect(comfyui.image.plan(wish({ loras: [{ name: "inc", weight: 1 }] }))).rejects.toMatchObject({
      code: "unknown_lora",
      message: expect.stringContaining("ink-sd15.safetensors"),
    });
  });

  it("that has nothing to draw with says by which command a model comes, and draws as soon as one is there", async () => {
    const { fake, comfyui } = await pair({ models: { checkpoints: [] } });
    for (const asked of [wish(), wish({ model: "sdxl" })])
      await expect(comfyui.image.plan(asked)).rejects.toMatchObject({
        code: "unknown_model",
        message: expect.stringMatching(/^ComfyUI has no checkpoint.*`npm run models -- get sdxl --accept`.*models\/checkpoints/),
      });
    fake.disk.models["checkpoints"] = ["sd_xl_base_1.0.safetensors"];
    expect((await comfyui.image.plan(wish())).request.model).toBe("sd_xl_base_1.0.safetensors");
  });

  it("refuses a LoRA of another family", async () => {
    const { comfyui } = await pair();
    await expect(comfyui.image.plan(wish({ model: "sd15", loras: [{ name: "ink-sdxl", weight: 1 }] }))).rejects.toMatchObject({
      code: "invalid_input",
      message: expect.stringMatching(
        /ink-sdxl\.safetensors is for SDXL.*sd15\.safetensors is SD 1\.5.*another checkpoint: sd_xl_base_1\.0\.safetensors\.$/,
      ),
    });
    const both = ["ink-sdxl", "ink-sd15"].map((name) => ({ name, weight: 1 }));
    await expect(comfyui.image.plan(wish({ loras: both }))).rejects.toMatchObject({
      code: "invalid_input",
      message: expect.stringMatching(
        /ink-sdxl\.safetensors is for SDXL and the LoRA ink-sd15\.safetensors is for SD 1\.5: no checkpoint takes both/,
      ),
    });
  });

  it("takes a checkpoint that fits the LoRA where none was named", async () => {
    const { fake, comfyui } = await pair();
    const ink = wish({ loras: [{ name: "ink-sdxl", weight: 1 }] });
    expect(await comfyui.image.plan(ink)).toMatchObject({
      request: { model: "sd_xl_base_1.0.safetensors", width: 1024 },
      family: "comfy-sdxl",
    });
    const choosy = adapterFor(fake.url, { preferredModel: "sd15" });
    expect((await choosy.image.plan(ink)).request.model).toBe("sd_xl_base_1.0.safetensors");
    // what nobody can tell may fit; what is known not to fit is refused
    fake.disk.models["checkpoints"] = ["sd15.safetensors", "mystery.safetensors"];
    expect((await comfyui.image.plan(ink)).request.model).toBe("mystery.safetensors");
    fake.disk.models["checkpoints"] = ["sd15.safetensors"];
    await expect(comfyui.image.plan(ink)).rejects.toMatchObject({
      code: "invalid_input",
      message: expect.stringContaining("put an SDXL checkpoint into ComfyUI's models/checkpoints folder"),
    });
  });

  it("puts the trigger words of a LoRA before a prompt that lacks them", async () => {
    const { comfyui } = await pair();
    const { request: planned } = await comfyui.image.plan(wish({ loras: [{ name: "Ink-SD15", weight: 0.7 }] }));
    expect(planned).toMatchObject({ prompt: "zxq ink, a red fox", loras: [{ name: "ink-sd15.safetensors", weight: 0.7 }] });
    const said = await comfyui.image.plan(wish({ prompt: "a fox in ZXQ Ink style", loras: [{ name: "ink-sd15", weight: 1 }] }));
    expect(said.request.prompt).toBe("a fox in ZXQ Ink style");
  });

  it("tells a family by option, then name, then metadata", async () => {
    const { comfyui } = await pair(
      {
        models: { checkpoints: ["odd.safetensors", "mine.safetensors", "photonxl.safetensors", "written.safetensors"] },
        metadata: { "written.safetensors": { "modelspec.architecture": "stable-diffusion-v1" } },
      },
      { modelFamilies: { mine: "sd15", photonxl: "sd15" } },
    );
    const families = Object.fromEntries((await comfyui.models()).checkpoints.map(({ name, family }) => [name, family]));
    expect(families).toEqual({
      "odd.safetensors": "unknown",
      "mine.safetensors": "sd15",
      "photonxl.safetensors": "sd15",
      "written.safetensors": "sd15",
    });
  });

  it("uses what was last seen while ComfyUI is down", async () => {
    const { fake, comfyui } = await pair();
    await comfyui.image.plan(wish({ loras: [{ name: "ink-sd15", weight: 1 }] }));
    await fake.stop();
    expect((await comfyui.image.plan(wish({ model: "sd15", loras: [{ name: "ink-sd15", weight: 1 }] }))).request).toMatchObject({
      model: "sd15.safetensors",
      prompt: "zxq ink, a red fox",
    });
    await expect(comfyui.image.plan(wish({ model: "nope" }))).rejects.toMatchObject({ code: "unknown_model" });
    expect((await comfyui.models()).note).toContain("this is what it had when last seen");
  });

  it("takes names as given where nothing was ever seen, and checks them in render", async () => {
    const fake = await fakeOf();
    await fake.stop();
    const comfyui = adapterFor(fake.url);
    const { request: planned, family } = await comfyui.image.plan(
      wish({ model: "SD15", steps: 2, width: 64, height: 64, loras: [{ name: "ink-sd15", weight: 1 }] }),
    );
    expect(planned).toMatchObject({ model: "SD15", loras: [{ name: "ink-sd15", weight: 1 }] });
    expect(family).toBe("comfy-sd15");
    const open = await comfyui.image.plan(wish({ steps: 2, width: 64, height: 64 }));
    expect(open.request.model).toBe("default");
    expect((await comfyui.models()).note).toContain("does not answer");
    await fake.start();
    await comfyui.image.render(planned, comfyRun());
    await comfyui.image.render(open.request, comfyRun());
    const [first, second] = fake.prompts();
    expect(first?.graph["checkpoint"]?.inputs["ckpt_name"]).toBe("sd15.safetensors");
    expect(first?.graph["positive"]?.inputs["text"]).toBe("zxq ink, a red fox");
    expect(second?.graph["checkpoint"]?.inputs["ckpt_name"]).toBe("sd15.safetensors");
    await expect(comfyui.image.render(request({ model: "nope" }), comfyRun())).rejects.toMatchObject({ code: "unknown_model" });
  });

  it("lists models with trigger words and licences", async () => {
    const { comfyui } = await pair();
    expect(await comfyui.models()).toEqual({
      engine: "ComfyUI",
      checkpoints: [
        { name: "sd15.safetensors", family: "sd15" },
        { name: "sd_xl_base_1.0.safetensors", family: "sdxl", licence: "CreativeML Open RAIL++-M" },
      ],
      loras: [
        { name: "ink-sd15.safetensors", family: "sd15", triggerWords: ["zxq ink"] },
        { name: "ink-sdxl.safetensors", family: "sdxl", licence: "CC-BY-4.0" },
      ],
      upscalers: [{ name: "RealESRGAN_x4plus.pth", family: "unknown", licence: "BSD-3-Clause" }],
    });
  });

  it("prefers a 4x upscaler that is not for drawings", async () => {
    const { comfyui } = await pair({ models: { upscale_models: ["2x_old.pth", "RealESRGAN_x4plus_anime_6B.pth", "4x_foolhardy.pth"] } });
    expect(await comfyui.upscale.plan({ image: "art_1", scale: 2 }, {} as never)).toEqual({
      family: "comfy-upscale",
      vramGb: 3,
      model: "4x_foolhardy.pth",
    });
  });
});

describe("names", () => {
  const files = ["sdxl/Base.safetensors", "sub\\two.safetensors", "a/same.ckpt", "b/same.ckpt", "v1.5.safetensors"];

  it.each([
    ["sdxl/base", "sdxl/Base.safetensors"],
    ["BASE", "sdxl/Base.safetensors"],
    ["sub/two", "sub\\two.safetensors"],
    ["v1.5", "v1.5.safetensors"],
    ["same", undefined],
    ["b/same", "b/same.ckpt"],
    ["../../etc/passwd", undefined],
    ["", undefined],
  ])("%s means %s", (wished, file) => {
    expect(findFile(wished, files)).toBe(file);
  });

  it.each([
    ["v1-5-pruned-emaonly.safetensors", "sd15"],
    ["dreamshaper_8.safetensors", "sd15"],
    ["sd_xl_base_1.0.safetensors", "sdxl"],
    ["ponyDiffusionV6XL.safetensors", "sdxl"],
    ["flux1-dev-fp8.safetensors", "other"],
    ["svd_xt.safetensors", "other"],
    ["whatever.safetensors", "unknown"],
  ])("%s is %s", (file, family) => {
    expect(familyByName(file)).toBe(family);
  });
});

describe("trigger words", () => {
  const written = (tags: Record<string, number>, pictures: number) => ({
    ss_tag_frequency: JSON.stringify({ "10_x": tags }),
    ss_dataset_dirs: JSON.stringify({ "10_x": { n_repeats: 10, img_count: pictures } }),
  });

  it("are the tags that every caption has, and no common ones", () => {
    expect(triggerWords(written({ "zxq person": 12, "1girl": 12, smiling: 5 }, 12))).toEqual(["zxq person"]);
    expect(triggerWords(written({ a: 9, b: 9, c: 9 }, 9))).toEqual(["a", "b"]);
  });

  it("are none where too little is known or the metadata is broken", () => {
    expect(triggerWords(written({ "zxq person": 2 }, 2))).toEqual([]);
    expect(triggerWords({ ss_tag_frequency: "{", ss_dataset_dirs: "[]" })).toEqual([]);
    expect(triggerWords({ "modelspec.trigger_phrase": "</prompt> {{x}}" })).toEqual([]);
    expect(triggerWords(undefined)).toEqual([]);
  });

  it("are put in once", () => {
    expect(withTriggers("a fox", ["ink", "ink", "fox"])).toBe("ink, a fox");
  });
});
