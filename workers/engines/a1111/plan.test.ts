import { afterEach, describe, expect, it } from "vitest";
import { adapterFor, closeAll, fakeOf, jobRun, pair, request, wish } from "./testing/setup.ts";
import { triggerWords, withTriggers } from "./triggers.ts";

afterEach(closeAll);

describe("plan", () => {
  it("fills model, size and steps by family", async () => {
    const { a1111 } = await pair();
    expect(await a1111.image.plan(wish())).toEqual({
      request: { ...wish(), width: 512, height: 512, steps: 25, model: "sd15.safetensors" },
      family: "a1111-sd15",
      vramGb: 4,
    });
    expect(await a1111.image.plan(wish({ model: "SD_XL_base_1.0", aspect: "wide" }))).toMatchObject({
      request: { width: 1344, height: 768, steps: 30, model: "sd_xl_base_1.0.safetensors" },
      family: "a1111-sdxl",
      vramGb: 10,
    });
  });

  it("names checkpoints by their file, whether or not their title has a hash, and never by a path", async () => {
    const { a1111 } = await pair({ models: { checkpoints: ["sdxl/juggernautXL.safetensors", "sub\\sd15.ckpt"] } });
    const { checkpoints } = await a1111.models();
    expect(checkpoints).toEqual([
      { name: "sdxl/juggernautXL.safetensors", family: "sdxl" },
      { name: "sub/sd15.ckpt", family: "sd15" },
    ]);
    expect((await a1111.image.plan(wish({ model: "juggernautxl" }))).request.model).toBe("sdxl/juggernautXL.safetensors");
  });

  it("takes the preferred checkpoint, and never one that cannot draw here", async () => {
    const { fake, a1111 } = await pair({
      models: { checkpoints: ["flux1-dev.safetensors", "sd15-inpainting.safetensors", "sd15.safetensors", "juggernautXL.safetensors"] },
    });
    expect((await a1111.image.plan(wish())).request.model).toBe("sd15.safetensors");
    const choosy = adapterFor(fake.url, { preferredModel: "juggernautxl" });
    expect((await choosy.image.plan(wish())).request.model).toBe("juggernautXL.safetensors");
    await expect(a1111.image.plan(wish({ model: "flux1-dev" }))).rejects.toMatchObject({ code: "unknown_model" });
  });

  it("refuses unknown names, naming those that exist, nearest first", async () => {
    const { fake, a1111 } = await pair();
    await expect(a1111.image.plan(wish({ model: "sd51" }))).rejects.toMatchObject({
      code: "unknown_model",
      message: 'A1111/Forge has no checkpoint "sd51". It has: sd15.safetensors, sd_xl_base_1.0.safetensors.',
    });
    await expect(a1111.image.plan(wish({ loras: [{ name: "inc", weight: 1 }] }))).rejects.toMatchObject({
      code: "unknown_lora",
      message: expect.stringContaining("ink-sd15.safetensors"),
    });
    fake.disk.checkpoints = [];
    await fake.restart();
    await expect(a1111.image.plan(wish())).rejects.toMatchObject({
      code: "unknown_model",
      message: expect.stringContaining("models/Stable-diffusion"),
    });
  });

  it("has A1111 read its folders again for a name that it does not list", async () => {
    const { fake, a1111 } = await pair();
    fake.disk.checkpoints = ["new-sd15.safetensors", ...fake.disk.checkpoints];
    fake.disk.loras = [{ path: "new.safetensors" }, ...fake.disk.loras];
    const { request: planned } = await a1111.image.plan(wish({ model: "new-sd15", loras: [{ name: "new", weight: 1 }] }));
    expect(planned).toMatchObject({ model: "new-sd15.safetensors", loras: [{ name: "new.safetensors", weight: 1 }] });
  });

  it("refuses a LoRA of another family, and takes a checkpoint that fits where none was named", async () => {
    const { a1111 } = await pair();
    await expect(a1111.image.plan(wish({ model: "sd15", loras: [{ name: "ink-sdxl", weight: 1 }] }))).rejects.toMatchObject({
      code: "invalid_input",
      message: expect.stringMatching(/ink-sdxl\.safetensors is for SDXL.*sd15\.safetensors is SD 1\.5.*sd_xl_base_1\.0\.safetensors\.$/),
    });
    const both = ["ink-sdxl", "ink-sd15"].map((name) => ({ name, weight: 1 }));
    await expect(a1111.image.plan(wish({ loras: both }))).rejects.toMatchObject({ code: "invalid_input" });
    const ink = wish({ loras: [{ name: "ink-sdxl", weight: 1 }] });
    expect(await a1111.image.plan(ink)).toMatchObject({
      request: { model: "sd_xl_base_1.0.safetensors", width: 1024 },
      family: "a1111-sdxl",
    });
  });

  it("puts the trigger words of a LoRA before a prompt that lacks them", async () => {
    const { a1111 } = await pair();
    const { request: planned } = await a1111.image.plan(wish({ loras: [{ name: "Ink-SD15", weight: 0.7 }] }));
    expect(planned).toMatchObject({ prompt: "zxq ink, a red fox", loras: [{ name: "ink-sd15.safetensors", weight: 0.7 }] });
  });

  it("uses what was last seen while A1111 is down", async () => {
    const { fake, a1111 } = await pair();
    await a1111.image.plan(wish());
    await fake.stop();
    expect((await a1111.image.plan(wish({ model: "sd15", loras: [{ name: "ink-sd15", weight: 1 }] }))).request).toMatchObject({
      model: "sd15.safetensors",
      prompt: "zxq ink, a red fox",
    });
    await expect(a1111.image.plan(wish({ model: "nope" }))).rejects.toMatchObject({ code: "unknown_model" });
    expect((await a1111.models()).note).toContain("this is what it had when last seen");
  });

  it("takes names as given where nothing was ever seen, and checks them in render", async () => {
    const fake = await fakeOf();
    await fake.stop();
    const a1111 = adapterFor(fake.url);
    const small = { steps: 2, width: 64, height: 64 };
    const { request: planned, family } = await a1111.image.plan(
      wish({ ...small, model: "SD15", loras: [{ name: "ink-sd15", weight: 1 }] }),
    );
    expect(planned).toMatchObject({ model: "SD15", loras: [{ name: "ink-sd15", weight: 1 }] });
    expect(family).toBe("a1111-sd15");
    const open = await a1111.image.plan(wish(small));
    expect(open.request.model).toBe("default");
    await fake.start();
    await a1111.image.render(planned, jobRun());
    await a1111.image.render(open.request, jobRun());
    expect(fake.tasks()).toMatchObject([
      { model: "sd15.safetensors", text: "zxq ink, a red fox", loras: [{ name: "ink-sd15" }] },
      { model: "sd15.safetensors", loras: [] },
    ]);
    await expect(a1111.image.render(request({ model: "nope" }), jobRun())).rejects.toMatchObject({ code: "unknown_model" });
  });

  it("lists models with trigger words and licences, and no upscaler that has no model", async () => {
    const { a1111 } = await pair();
    expect(await a1111.models()).toEqual({
      engine: "A1111/Forge",
      checkpoints: [
        { name: "sd15.safetensors", family: "sd15" },
        { name: "sd_xl_base_1.0.safetensors", family: "sdxl", licence: "CreativeML Open RAIL++-M" },
      ],
      loras: [
        { name: "ink-sd15.safetensors", family: "sd15", triggerWords: ["zxq ink"] },
        { name: "ink-sdxl.safetensors", family: "sdxl", licence: "CC-BY-4.0" },
      ],
      upscalers: ["ESRGAN_4x", "R-ESRGAN 4x+", "R-ESRGAN 4x+ Anime6B"].map((name) => ({ name, family: "unknown" })),
    });
  });
});

describe("trigger words", () => {
  const tags = { "10_x": { "zxq person": 12, "1girl": 12, smiling: 5 } };
  const folders = { "10_x": { n_repeats: 10, img_count: 12 } };

  it("are the tags that every caption has, and no common ones, however A1111 hands the metadata over", () => {
    expect(triggerWords({ ss_tag_frequency: tags, ss_dataset_dirs: folders })).toEqual(["zxq person"]);
    expect(triggerWords({ ss_tag_frequency: JSON.stringify(tags), ss_dataset_dirs: JSON.stringify(folders) })).toEqual(["zxq person"]);
  });

  it("are none where too little is known or the metadata is broken", () => {
    expect(triggerWords({ ss_tag_frequency: "{", ss_dataset_dirs: [] })).toEqual([]);
    expect(triggerWords({ "modelspec.trigger_phrase": "</prompt> {{x}}" })).toEqual([]);
    expect(triggerWords({})).toEqual([]);
  });

  it("are put in once", () => {
    expect(withTriggers("a fox", ["ink", "ink", "fox"])).toBe("ink, a fox");
  });
});
