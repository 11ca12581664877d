/** LoRAs of people's assets: planned with before their file is there, used when it is, and in no list. */
import { afterEach, describe, expect, it } from "vitest";
import { loraFile } from "../../../core/asset.ts";
import type { LoraUse } from "../../../core/ports/engine.ts";
import { adapterFor, closeAll, failureOf, fakeOf, jobRun, pair, wish as plain, request, until } from "./testing/setup.ts";

afterEach(closeAll);

const own = (family: string) => ({ title: "biscuit", family, triggerWords: ["bsct dog"] });
const file = loraFile("ast_0123456789abcdef");
const planned = (family = "sd15"): LoraUse => ({ name: "biscuit", weight: 0.8, own: own(family) });
const used = (family = "sd15"): LoraUse => ({ ...planned(family), name: file });
const wish = (more: Parameters<typeof plain>[0] = {}) => plain({ prompt: "biscuit on the beach", loras: [planned()], ...more });

describe("a plan", () => {
  it("does not ask A1111 for the file, and shows the trigger words in the prompt", async () => {
    const { a1111 } = await pair();
    const { request: made, family } = await a1111.image.plan(wish());
    expect(made).toMatchObject({
      prompt: "bsct dog, biscuit on the beach",
      model: "sd15.safetensors",
      loras: [{ name: "biscuit", weight: 0.8 }],
    });
    expect(family).toBe("a1111-sd15");
    expect((await a1111.image.plan(wish({ loras: [planned("sdxl")] }))).request.model).toBe("sd_xl_base_1.0.safetensors");
    await expect(a1111.image.plan(wish({ model: "sd15", loras: [planned("sdxl")] }))).rejects.toMatchObject({ code: "invalid_input" });
  });

  it("holds while A1111 never answered", async () => {
    const fake = await fakeOf();
    await fake.stop();
    expect(await adapterFor(fake.url).image.plan(wish({ loras: [planned("sdxl")] }))).toMatchObject({
      request: { model: "default", width: 1024, prompt: "bsct dog, biscuit on the beach" },
      family: "a1111-sdxl",
    });
  });
});

describe("no list", () => {
  it.each([file, file.replace("/", "\\")])("has %s", async (placed) => {
    const { a1111 } = await pair({ models: { loras: [{ path: "ink.safetensors" }, { path: placed }] } });
    expect((await a1111.models()).loras.map(({ name }) => name)).toEqual(["ink.safetensors"]);
    for (const name of [placed, "ast_0123456789abcdef", "msb/ast_0123456789abcdef"]) {
      const failure = await failureOf(a1111.image.plan(wish({ loras: [{ name, weight: 1 }] })));
      expect(failure).toMatchObject({ code: "unknown_lora", message: `A1111/Forge has no LoRA "${name}". It has: ink.safetensors.` });
    }
  });
});

describe("a render", () => {
  it.each([file, file.replace("/", "\\")])("uses %s by its stem, and its recipe has the person's name for it", async (placed) => {
    const { fake, a1111 } = await pair({ models: { loras: [{ path: placed }] } });
    const run = jobRun();
    await a1111.image.render(request({ prompt: "bsct dog, on the beach", loras: [used()] }), run);
    expect(fake.tasks()[0]).toMatchObject({ text: "bsct dog, on the beach", loras: [{ name: "ast_0123456789abcdef", weight: 0.8 }] });
    expect(run.saved[0]?.recipe.details).toMatchObject({ loras: [{ name: "biscuit", weight: 0.8 }], trigger_words: ["bsct dog"] });
    expect(JSON.stringify(run.saved[0]?.recipe)).not.toContain("ast_");
  });

  it("has a file placed that is not there, and A1111 read its folder again", async () => {
    const fake = await fakeOf();
    const placed: string[] = [];
    const a1111 = adapterFor(fake.url, {
      async placeLora(name) {
        placed.push(name);
        fake.disk.loras.push({ path: name });
      },
    });
    await a1111.models();
    const run = jobRun();
    await a1111.image.render(request({ loras: [used()] }), run);
    expect(placed).toEqual([file]);
    expect(run.saved).toHaveLength(1);
    expect(fake.calls.some(({ path }) => path === "/sdapi/v1/refresh-loras")).toBe(true);
  });

  it("looks again until a file is listed, and says so", async () => {
    const { fake, a1111 } = await pair();
    const run = jobRun();
    const done = a1111.image.render(request({ loras: [used()] }), run);
    await until("it waits for the file", () =>
      run.reported.some(({ note }) => note?.includes("does not list the LoRA biscuit yet") === true),
    );
    fake.disk.loras.push({ path: file });
    await done;
    expect(fake.tasks()[0]?.loras).toEqual([{ name: "ast_0123456789abcdef", weight: 0.8 }]);
  });

  it("says what to do where the file never comes, by the person's name for it", async () => {
    const { fake, a1111 } = await pair({}, { timings: { placed: 30 } });
    const failure = await failureOf(a1111.image.render(request({ loras: [used()] }), jobRun()));
    expect(failure.code).toBe("unknown_lora");
    expect(failure.message).toMatch(/your LoRA "biscuit"\. Let MYSPINBOT_LORA_FOLDER name the folder.*download the file/);
    expect(failure.message).not.toMatch(/msb\/|ast_/);
    expect(fake.tasks()).toHaveLength(0);
  });

  it("says the same where A1111 lists the file and does not load it", async () => {
    const { fake, a1111 } = await pair({ models: { loras: [{ path: file }] } });
    fake.faults.deafToLoras = true;
    const failure = await failureOf(a1111.image.render(request({ loras: [used()] }), jobRun()));
    expect(failure).toMatchObject({ code: "unknown_lora", message: expect.stringContaining('your LoRA "biscuit"') });
    expect(failure.message).not.toMatch(/msb\/|ast_/);
  });

  it("stops waiting when it is canceled", async () => {
    const { a1111 } = await pair();
    const run = jobRun({ onProgress: ({ note }, self) => note?.includes("yet; looking again") && self.abort() });
    expect((await failureOf(a1111.image.render(request({ loras: [used()] }), run))).code).toBe("canceled");
  });
});
