/** LoRAs of people's assets: planned with before their file is there, used when it is, and in no list. */
import sharp from "sharp";
import { afterEach, describe, expect, it } from "vitest";
import { loraFile } from "../../../core/asset.ts";
import type { LoraUse, RenderWish } from "../../../core/ports/engine.ts";
import { comfyRun, failureOf } from "./testing/run.ts";
import { adapterFor, closeAll, fakeOf, pair, request, until } from "./testing/setup.ts";

afterEach(closeAll);

const own = (family: string) => ({ title: "biscuit", family, triggerWords: ["bsct dog"] });
const file = loraFile("ast_0123456789abcdef");
const planned = (family = "sd15"): LoraUse => ({ name: "biscuit", weight: 0.8, own: own(family) });
const used = (family = "sd15"): LoraUse => ({ ...planned(family), name: file });
const wish = (more: Partial<RenderWish> = {}): RenderWish => ({
  ...{ prompt: "biscuit on the beach", negativePrompt: "", count: 1, seed: 1, loras: [planned()] },
  ...more,
});

describe("a plan", () => {
  it("does not ask ComfyUI for the file, and shows the trigger words in the prompt", async () => {
    const { comfyui } = await pair();
    const { request: made, family } = await comfyui.image.plan(wish());
    expect(made).toMatchObject({
      prompt: "bsct dog, biscuit on the beach",
      model: "sd15.safetensors",
      loras: [{ name: "biscuit", weight: 0.8 }],
    });
    expect(family).toBe("comfy-sd15");
    expect((await comfyui.image.plan(wish({ prompt: "BSCT dog at sea" }))).request.prompt).toBe("BSCT dog at sea");
  });

  it("takes a checkpoint of its family, and refuses one of another with both families and what fits", async () => {
    const { comfyui } = await pair();
    expect((await comfyui.image.plan(wish({ loras: [planned("sdxl")] }))).request.model).toBe("sd_xl_base_1.0.safetensors");
    await expect(comfyui.image.plan(wish({ model: "sd15", loras: [planned("sdxl")] }))).rejects.toMatchObject({
      code: "invalid_input",
      message:
        "The LoRA biscuit is for SDXL, but the checkpoint sd15.safetensors is SD 1.5. Choose a LoRA for SD 1.5, or another checkpoint: sd_xl_base_1.0.safetensors.",
    });
  });

  it("holds while ComfyUI never answered", async () => {
    const fake = await fakeOf();
    await fake.stop();
    const comfyui = adapterFor(fake.url);
    const open = await comfyui.image.plan(wish({ loras: [planned("sdxl")] }));
    expect(open).toMatchObject({
      request: { model: "default", width: 1024, prompt: "bsct dog, biscuit on the beach" },
      family: "comfy-sdxl",
    });
    await expect(comfyui.image.plan(wish({ model: "sd15", loras: [planned("sdxl")] }))).rejects.toMatchObject({ code: "invalid_input" });
    const choosy = adapterFor(fake.url, { preferredModel: "sd15" });
    expect((await choosy.image.plan(wish({ loras: [planned("sdxl")] }))).request.model).toBe("default");
    expect((await choosy.image.plan(wish())).request.model).toBe("sd15");
  });
});

describe("no list", () => {
  it.each([file, file.replace("/", "\\")])("has %s", async (placed) => {
    const { comfyui } = await pair({ models: { checkpoints: ["sd15.safetensors"], loras: ["ink.safetensors", placed] } });
    expect((await comfyui.models()).loras.map(({ name }) => name)).toEqual(["ink.safetensors"]);
    for (const name of [placed, "ast_0123456789abcdef", "ast_0123456789abcdef.safetensors", "msb/ast_0123456789abcdef"]) {
      const failure = await failureOf(comfyui.image.plan(wish({ loras: [{ name, weight: 1 }] })));
      expect(failure).toMatchObject({ code: "unknown_lora", message: `ComfyUI has no LoRA "${name}". It has: ink.safetensors.` });
    }
  });
});

describe("a render", () => {
  it.each([file, file.replace("/", "\\")])("uses %s, and its recipe has the person's name for it", async (placed) => {
    const { fake, comfyui } = await pair({ models: { checkpoints: ["sd15.safetensors"], loras: [placed] } });
    const run = comfyRun();
    await comfyui.image.render(request({ prompt: "bsct dog, on the beach", loras: [used()] }), run);
    const graph = fake.prompts()[0]?.graph ?? {};
    expect(graph["lora1"]?.inputs).toMatchObject({ lora_name: placed, strength_model: 0.8 });
    expect(graph["positive"]?.inputs["text"]).toBe("bsct dog, on the beach");
    expect(run.saved[0]?.recipe.details).toMatchObject({ loras: [{ name: "biscuit", weight: 0.8 }], trigger_words: ["bsct dog"] });
    expect(JSON.stringify(run.saved[0]?.recipe)).not.toContain("msb");
    expect((await sharp(run.saved[0]?.bytes).metadata()).format).toBe("png");
  });

  it("looks again until a file that was just placed is listed, and says so", async () => {
    const { fake, comfyui } = await pair({ models: { checkpoints: ["sd15.safetensors"], loras: ["ink.safetensors"] } });
    // a list from before is known
    await comfyui.models();
    const run = comfyRun();
    const done = comfyui.image.render(request({ loras: [used()] }), run);
    await until("it waits for the file", () =>
      run.reported.some(({ note }) => note?.includes("does not list the LoRA biscuit yet") === true),
    );
    fake.disk.models["loras"] = [file];
    await done;
    expect(fake.prompts()[0]?.graph["lora1"]?.inputs["lora_name"]).toBe(file);
  });

  it("chooses the checkpoint by it where the plan could not", async () => {
    const { fake, comfyui } = await pair();
    fake.disk.models["loras"] = [file];
    await comfyui.image.render(request({ model: "default", loras: [used("sdxl")] }), comfyRun());
    expect(fake.prompts()[0]?.graph["checkpoint"]?.inputs["ckpt_name"]).toBe("sd_xl_base_1.0.safetensors");
  });

  it("says what to do where the file never comes, by the person's name for it", async () => {
    const { fake, comfyui } = await pair({}, { timings: { placed: 30 } });
    const failure = await failureOf(comfyui.image.render(request({ loras: [used()] }), comfyRun()));
    expect(failure.code).toBe("unknown_lora");
    expect(failure.message).toMatch(/your LoRA "biscuit"\. Let MYSPINBOT_LORA_FOLDER name the folder.*download the file/);
    expect(failure.message).not.toContain("msb/");
    expect(fake.prompts()).toHaveLength(0);
  });

  it("stops waiting when it is canceled", async () => {
    const { comfyui } = await pair();
    const run = comfyRun({ onProgress: ({ note }, self) => note?.includes("yet; looking again") && self.abort() });
    expect((await failureOf(comfyui.image.render(request({ loras: [used()] }), run))).code).toBe("canceled");
  });

  it("that meets a file taken away behind the list never shows its name", async () => {
    const { fake, comfyui } = await pair({ dialect: "new" }, { timings: { placed: 30 } });
    fake.disk.models["loras"] = [file];
    await comfyui.image.render(request({ loras: [used()] }), comfyRun());
    fake.disk.models["loras"] = [];
    const failure = await failureOf(comfyui.image.render(request({ seed: 2, loras: [used()] }), comfyRun()));
    expect(failure).toMatchObject({ code: "unknown_lora", message: expect.stringContaining('your LoRA "biscuit"') });
    expect(failure.message).not.toContain("msb/");
  });
});
