/** What a training will be, before anybody is asked: presets by card and family, limits in numbers, time and disk. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { Failure } from "../../../core/failure.ts";
import type { TrainWish } from "../../../core/ports/engine.ts";
import { createLoraFolder } from "../../lora-folder.ts";
import { checkLimits } from "./limits.ts";
import { captionOf } from "./params.ts";
import { presetFor, saveEveryFor, stepsFor, trainFamilies } from "./presets.ts";
import { cardOf } from "./testing/fake-gpu-host.ts";
import { adapterFor, closeAll, fakeOf, pair, request } from "./testing/setup.ts";

afterEach(closeAll);

const wish = (more: Partial<TrainWish> = {}): TrainWish => ({
  name: "Biscuit",
  triggerWords: ["bsct dog"],
  dataset: "biscuit",
  pictures: 12,
  ...more,
});

async function refused(work: Promise<unknown>): Promise<Failure> {
  const error = await work.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(Failure);
  return error as Failure;
}

describe("what is left open", () => {
  it("is filled from the card: SDXL where it fits, SD 1.5 where it does not", async () => {
    const large = await pair();
    const plan = await large.gpuHost.train.plan(wish());
    expect(plan).toMatchObject({
      family: "train",
      request: {
        family: "sdxl",
        baseModel: "sd_xl_base_1.0.safetensors",
        resolution: 1024,
        batchSize: 1,
        rank: 16,
        alpha: 8,
        optimizer: "AdamW8bit",
        precision: "bf16",
      },
      licence: "CreativeML Open RAIL++-M",
    });
    expect(plan.vramGb).toBeLessThan(16);
    expect(plan.seconds?.[0]).toBeGreaterThan(60);
    expect(plan.seconds?.[1]).toBeGreaterThan(plan.seconds?.[0] ?? 0);
    expect(plan.request.samplePrompts.every((prompt) => prompt.includes("bsct dog"))).toBe(true);
    const small = await pair({ cards: [cardOf(8)] });
    expect((await small.gpuHost.train.plan(wish())).request).toMatchObject({ family: "sd15", resolution: 512, batchSize: 1 });
  });

  it("takes no more of the card than may be used, and that where the card does not tell", async () => {
    const { fake } = await pair();
    expect((await adapterFor(fake.url, { vramGb: 8 }).train.plan(wish())).request.family).toBe("sd15");
    const blind = await pair({ cards: [] });
    expect((await blind.gpuHost.train.plan(wish())).request.family).toBe("sdxl");
  });

  it.each([
    ["sd15", 4, /needs about 5 GB of VRAM, and the card has 4 GB .* Train on a machine with a larger card/],
    ["sdxl", 6, /needs about 7 GB of VRAM, and the card has 6 GB .* Choose an SD 1\.5 base model/],
  ])("is refused with the numbers where the card is too small for any of it: %s on %i GB", async (family, gb, words) => {
    const { gpuHost } = await pair({ cards: [cardOf(gb)] });
    const failure = await refused(gpuHost.train.plan(wish({ family })));
    expect([failure.code, failure.message]).toEqual(["invalid_input", expect.stringMatching(words)]);
    // a little larger, and it is planned
    const { gpuHost: larger } = await pair({ cards: [cardOf(gb + 2)] });
    expect((await larger.train.plan(wish({ family }))).vramGb).toBeLessThanOrEqual(gb + 2);
  });

  it.each(
    trainFamilies.flatMap((family) => [8, 12, 16, 24].flatMap((gb) => [10, 12, 40, 500].map((pictures) => ({ family, gb, pictures })))),
  )("is within all limits: $family, $gb GB, $pictures pictures", ({ family, gb, pictures }) => {
    const { batchSize, rank, resolution, vramGb, optimizer, precision, learningRate } = presetFor(family, gb);
    const steps = stepsFor(family, pictures, batchSize);
    const filled = request({
      family,
      steps,
      batchSize,
      rank,
      alpha: rank / 2,
      resolution,
      optimizer,
      precision,
      learningRate,
      saveEvery: saveEveryFor(steps),
    });
    expect(() => checkLimits(filled, pictures)).not.toThrow();
    expect(vramGb).toBeLessThan(gb);
    expect(steps / saveEveryFor(steps)).toBeGreaterThanOrEqual(4);
  });

  it("what the person says wins", async () => {
    const { gpuHost } = await pair();
    const given = {
      family: "sd15",
      steps: 300,
      rank: 32,
      alpha: 4,
      batchSize: 3,
      resolution: 640,
      seed: 5,
      samplePrompts: [],
      saveEvery: 50,
      smallerOnOom: false,
    };
    expect((await gpuHost.train.plan(wish(given))).request).toMatchObject(given);
  });
});

it("what is asked for beyond the preset is counted, and never more than the card has", async () => {
  const { gpuHost } = await pair();
  const usual = await gpuHost.train.plan(wish({ family: "sd15" }));
  const more = await gpuHost.train.plan(wish({ family: "sd15", batchSize: 3 }));
  expect(more.vramGb).toBeGreaterThan(usual.vramGb);
  expect((await gpuHost.train.plan(wish({ batchSize: 8 }))).vramGb).toBe(15);
});

describe("the base model", () => {
  it("may be named without its ending", async () => {
    const { gpuHost } = await pair();
    expect((await gpuHost.train.plan(wish({ baseModel: "SD-v1-5" }))).request).toMatchObject({
      baseModel: "sd-v1-5.safetensors",
      family: "sd15",
    });
  });

  it("that is missing is told with those that exist", async () => {
    const { gpuHost } = await pair();
    const failure = await refused(gpuHost.train.plan(wish({ baseModel: "sd-v1-4" })));
    expect(failure.code).toBe("unknown_model");
    expect(failure.message).toContain("sd-v1-5.safetensors (SD 1.5), sd_xl_base_1.0.safetensors (SDXL)");
  });

  it("of another family than asked for is told", async () => {
    const { gpuHost } = await pair();
    const failure = await refused(gpuHost.train.plan(wish({ baseModel: "sd-v1-5", family: "sdxl" })));
    expect(failure).toMatchObject({ code: "invalid_input" });
    expect(failure.message).toContain("is an SD 1.5 model");
    expect(await refused(gpuHost.train.plan(wish({ family: "flux" })))).toMatchObject({ code: "invalid_input" });
  });

  it("that cannot be used says why, and a family that lacks something too", async () => {
    const models = [
      { name: "old.ckpt", family: "unknown", usable: false, note: "It can hold code." },
      { name: "xl.safetensors", family: "sdxl" },
    ];
    const { gpuHost } = await pair({ models, familyProblems: { sdxl: ["The tokenizer is missing."] } });
    expect((await refused(gpuHost.train.plan(wish({ baseModel: "old" })))).message).toContain("It can hold code.");
    const lacking = await refused(gpuHost.train.plan(wish()));
    expect(lacking).toMatchObject({ code: "engine_unavailable" });
    expect(lacking.message).toContain("The tokenizer is missing.");
    const none = await pair({ models: [] });
    expect((await refused(none.gpuHost.train.plan(wish()))).message).toContain("put an SD 1.5 or SDXL checkpoint");
  });
});

describe("what cannot be", () => {
  it.each([
    ["steps", { steps: 0 }, "1 to 20000"],
    ["steps", { steps: 20_001 }, "1 to 20000"],
    ["rank", { rank: 129 }, "1 to 128"],
    ["alpha", { rank: 4, alpha: 8 }, "at most the rank (4)"],
    ["batch_size", { batchSize: 9 }, "1 to 8"],
    ["resolution", { resolution: 1000 }, "a multiple of 64"],
    ["resolution", { resolution: 448 }, "512 to 1536"],
    ["learning_rate", { learningRate: 1 }, "1e-7 to 0.01"],
    ["pictures", { pictures: 501 }, "1 to 500"],
    ["save_every", { steps: 2000, saveEvery: 5 }, "10 to 20000"],
    ["sample_every", { steps: 20_000, sampleEvery: 1 }, "2000 sample pictures"],
    ["sample_prompts", { samplePrompts: Array.from({ length: 9 }, () => "a dog") }, "at most 8"],
    ["optimizer", { optimizer: "SGD" }, "AdamW, AdamW8bit, Adafactor"],
  ] as const)("%s: refused with the numbers that are allowed", async (path, change, words) => {
    const { gpuHost } = await pair();
    const failure = await refused(gpuHost.train.plan(wish(change as Partial<TrainWish>)));
    expect(failure.code).toBe("invalid_input");
    expect(failure.fields?.map((field) => field.path)).toContain(path);
    expect(failure.message).toContain(words);
  });

  it("a disk that is too full is told before, with what is needed", async () => {
    const { gpuHost } = await pair({ freeBytes: 100_000_000 });
    const failure = await refused(gpuHost.train.plan(wish()));
    expect(failure.code).toBe("storage_full");
    expect(failure.message).toMatch(/needs \d+ MB on the disk of gpu-host, and 100 MB are free/);
  });
});

describe("where it will be usable", () => {
  it("is said before the training", async () => {
    const without = await pair();
    expect((await without.gpuHost.train.plan(wish())).notes.join()).toContain("MYSPINBOT_LORA_FOLDER");
    const path = await mkdtemp(join(tmpdir(), "spin-loras-"));
    try {
      const ready = adapterFor(without.fake.url, { loraFolder: createLoraFolder(path) });
      expect((await ready.train.plan(wish())).notes).toEqual(["The LoRA will be usable in render_image as soon as it is trained."]);
      const gone = adapterFor(without.fake.url, { loraFolder: createLoraFolder(join(path, "gone", "loras")) });
      await rm(join(path, "gone"), { recursive: true, force: true });
      expect((await gone.train.plan(wish())).notes.join()).toContain("is not there");
    } finally {
      await rm(path, { recursive: true, force: true });
    }
  });
});

describe("while gpu-host is down", () => {
  it("what was last seen is used, and said", async () => {
    const { fake, gpuHost } = await pair();
    await gpuHost.status();
    await fake.stop();
    const plan = await gpuHost.train.plan(wish());
    expect(plan.request.family).toBe("sdxl");
    expect(plan.notes.join()).toContain("does not answer now");
  });

  it("and was never seen, the command that starts it is named", async () => {
    const fake = await fakeOf();
    await fake.stop();
    const failure = await refused(adapterFor(fake.url).train.plan(wish()));
    expect(failure.code).toBe("engine_unavailable");
    expect(failure.message).toContain("python -m gpu_host");
  });
});

describe("captions", () => {
  it.each([
    [["bsct dog"], "on a beach", "bsct dog, on a beach"],
    [[], "on a beach", "on a beach"],
    [["bsct dog"], "", "bsct dog"],
    [["bsct dog"], "", "bsct dog"],
    [["bsct dog", "bsct"], " ", "bsct dog, bsct"],
    [[], " ", "a picture"],
    [["a"], "two\nlines\u2028and\tmore", "a, two lines and more"],
  ])("%j and %j are one line", (words, caption, line) => {
    expect(captionOf(words, caption)).toBe(line);
  });

  it("are cut to what is allowed", () => {
    expect(captionOf(["bsct"], "x".repeat(2000))).toHaveLength(1000);
  });
});
