/** `train_lora`: what it takes, refuses, asks of a person, and hands to the trainer. */
import { describe, expect, it } from "vitest";
import { newId } from "../core/ids.ts";
import { parseInput } from "../core/parse.ts";
import type { Engine, Engines, Run, TrainRequest, TrainWish } from "../core/ports/engine.ts";
import type { JobTool } from "../core/tool.ts";
import { aDataset, aLora } from "./testing/assets.ts";
import { type InSight, testContext } from "./testing/context.ts";
import { failure } from "./testing/failure.ts";
import { trainLora } from "./train-lora.ts";

const tool = trainLora as JobTool;
const dataset = aDataset("biscuit");
const wish = { name: "biscuit", trigger_words: ["bsct dog"] };
const prepare = (input: object, sight: InSight = { assets: [dataset] }, change: Partial<Engines> = {}) => {
  const context = testContext([], sight);
  return tool.prepare(parseInput(tool, input) as never, { ...context, engines: { ...context.engines, ...change } });
};

describe("a training that may be asked for", () => {
  it("has every choice made, and its input is valid input again and stays the same", async () => {
    const first = await prepare(wish);
    expect(first).toMatchObject({
      input: { name: "biscuit", trigger_words: ["bsct dog"], dataset: dataset.id, steps: 1000, rank: 16, give_way: false },
      ...{ title: "Train LoRA: biscuit (1000 steps)", family: "train", class: "training" },
      makes: { kind: "lora", name: "biscuit", family: "sd15", triggerWords: ["bsct dog"] },
    });
    expect(first.input["seed"]).toEqual(expect.any(Number));
    expect((await prepare(first.input)).input).toEqual(first.input);
  });

  it("takes what a person says, down to the fine settings", async () => {
    const asked = {
      ...{ steps: 600, rank: 4, seed: 7, base_model: "mine", sample_prompts: ["bsct dog in snow"], give_way: true },
      smaller_on_out_of_memory: false,
      settings: { family: "sdxl", resolution: 1024, save_every: 50, optimizer: "Adafactor" },
    };
    const { input } = await prepare({ ...wish, ...asked });
    expect(input).toMatchObject(asked);
    expect(input["settings"]).toMatchObject({ sample_every: 200, batch_size: 1 });
  });

  const makes = { kind: "dataset" as const, name: "biscuit", pictures: 12 };

  it("waits for a dataset that an open job makes, by the name that it will have", async () => {
    const promises = [{ job: dataset.job, makes }];
    const prepared = await prepare(wish, { promises });
    expect([prepared.needs, prepared.input["dataset"]]).toEqual([[dataset.job], "biscuit"]);
    // what was allowed stays the same when the dataset is there meanwhile, and its job still tells which one it was
    for (const sight of [{ promises }, { assets: [dataset] }]) {
      const later = await prepare(prepared.input, sight);
      expect([later.needs, later.input]).toEqual([[dataset.job], prepared.input]);
    }
  });

  it("has what an earlier call of its plan makes by its name, before that is accepted and after", async () => {
    const asked = await prepare(wish, { plan: { makes: [makes], accepted: false } });
    expect([asked.needs, asked.input["dataset"]]).toEqual([undefined, "biscuit"]);
    const plan = { makes: [makes], accepted: true };
    for (const sight of [{ promises: [{ job: dataset.job, makes }] }, { assets: [dataset] }]) {
      const accepted = await prepare(asked.input, { ...sight, plan });
      expect(accepted.input).toEqual(asked.input);
      expect(accepted.needs).toEqual([dataset.job]);
    }
  });

  it("takes a dataset of another name, by name or id, and keeps it when that is renamed", async () => {
    const other = { ...wish, name: "June" };
    for (const ref of ["Biscuit", dataset.id]) {
      const { input } = await prepare({ ...other, dataset: ref });
      expect(input["dataset"]).toBe(dataset.id);
      expect((await prepare(input, { assets: [aDataset("biscuit"), { ...dataset, name: "dogs" }] })).input).toEqual(input);
    }
  });

  it("is asked about with time, disk, licence, pictures, model, and where the LoRA will be usable", async () => {
    const { yes } = await prepare(wish);
    expect(yes?.why).toBe(
      "A training has the card for itself: 1000 steps with 12 pictures of the dataset biscuit on test. " +
        "Published figures for such a card say about 20 min to 40 min; a Time line, where there is one, is of this box's own trainings. " +
        "It takes 2000 MB of disk while it runs and 40 MB after. The LoRA inherits the licence of its base model, which is not known here. " +
        "It can be used in render_image at once.",
    );
    expect(yes?.statement).toContain("every person in them has agreed");
  });

  it("always needs a yes", () => {
    expect(tool.needsYes?.(wish as never)?.why).toBeTruthy();
  });

  it("tells how much work it is by steps and pixels, so that another size is estimated by it", async () => {
    const work = async (input: object) => tool.work?.((await prepare({ ...wish, ...input })).input) ?? 0;
    expect(await work({ steps: 2000 })).toBe(2 * (await work({ steps: 1000 })));
    expect(await work({ settings: { resolution: 1024 } })).toBe(4 * (await work({ settings: { resolution: 512 } })));
  });
});

describe("what is refused before the card is taken", () => {
  it.each([
    [["dog"], /"dog" has common words only.*such as "bsct dog"/],
    [["the dogs"], /common words only.*picture of its own of them already.*such as "bsct dogs"/],
    [["bsct dog", "photo"], /"photo" has common words only/],
    [["42"], /common words only/],
    [["bsct, dog"], /no trigger word.*Give several as several/],
    [["bsct\ndog <lora:x:1>"], /no trigger word/],
    [["x".repeat(51)], /trigger_words\.0: at most 50 characters each/],
    [["aqz", "bqz", "cqz", "dqz", "eqz", "fqz"], /trigger_words: 1 to 5/],
    [[], /trigger_words: 1 to 5/],
  ])("trigger words %j", async (trigger_words, message) => {
    const error = await failure(() => prepare({ ...wish, trigger_words }));
    expect(error.code).toBe("invalid_input");
    expect(error.message).toMatch(message);
  });

  it("a name that invents nothing still gives an example that would be taken", async () => {
    const { message } = await failure(() => prepare({ name: "Aoi", trigger_words: ["girl"] }, { assets: [aDataset("Aoi")] }));
    const example = /such as "([^"]+)"/.exec(message)?.[1] ?? "";
    expect((await prepare({ name: "Aoi", trigger_words: [example] }, { assets: [aDataset("Aoi")] })).input["trigger_words"]).toEqual([
      example,
    ]);
  });

  it.each([
    ["one that is there", { assets: [dataset, aLora("Biscuit")] }],
    [
      "one in training",
      {
        assets: [dataset],
        promises: [{ job: newId("job"), makes: { kind: "lora" as const, name: "biscuit", family: "sd15", triggerWords: [] } }],
      },
    ],
    [
      "one of the same plan",
      {
        assets: [dataset],
        plan: { makes: [{ kind: "lora" as const, name: "biscuit", family: "sd15", triggerWords: [] }], accepted: false },
      },
    ],
  ])("a second training of the same name: %s", async (_which, sight) => {
    const error = await failure(() => prepare(wish, sight));
    expect(error.code).toBe("conflict");
    expect(error.message).toMatch(/You have a LoRA "biscuit" already.*Choose another name, or rename_asset or delete_asset/);
  });

  it("a dataset that is not there, with those that are, and what to do", async () => {
    const error = await failure(() => prepare({ ...wish, dataset: "biskuit" }));
    expect(error.code).toBe("unknown_asset");
    expect(error.message).toMatch(/no dataset "biskuit" of yours\. There are: biscuit\..*10 to 500 photos and make_dataset first/);
  });

  it("another person's dataset, as one that never was", async () => {
    const theirs = aDataset("biscuit", 12, { principal: "anna" });
    const [by, never] = [
      await failure(() => prepare({ ...wish, dataset: theirs.id }, { assets: [theirs] })),
      theirs.id.replace(/.{4}$/, "0000"),
    ];
    const unknown = await failure(() => prepare({ ...wish, dataset: never }, { assets: [theirs] }));
    expect(by.message.replaceAll(theirs.id, never)).toBe(unknown.message);
  });

  it("4 pictures where 10 are needed", async () => {
    const error = await failure(() => prepare(wish, { assets: [aDataset("biscuit", 4)] }));
    expect(error).toMatchObject({ code: "invalid_input", message: expect.stringMatching(/has 4 pictures; 10 to 500 are needed/) });
  });

  it.each([
    [{ steps: 0 }, /steps: must be at least 1/],
    [{ steps: 20_001 }, /steps: 1 to 20000 steps/],
    [{ rank: 500 }, /rank: must be at most 128/],
    [{ name: "../../x" }, /"\.\.\/\.\.\/x" is no name/],
    [{ settings: { batch_size: "many" } }, /settings\.batch_size: must be a number/],
    [{ settings: { network: "dylora" } }, /settings\.network: unknown field/],
  ])("%j", async (input, message) => {
    expect((await failure(() => prepare({ ...wish, ...input }))).message).toMatch(message);
  });

  it("what the trainer says: a missing base model, a full disk, no trainer at all", async () => {
    const { Failure } = await import("../core/failure.ts");
    const refusing = (error: Error): Partial<Engines> => ({
      trainer: async () => ({ id: "t", train: { plan: async () => Promise.reject(error) } }) as never,
    });
    for (const code of ["unknown_model", "storage_full"] as const) {
      const error = new Failure(code, "There are: a, b.");
      expect(await failure(() => prepare(wish, undefined, refusing(error)))).toBe(error);
    }
    const none = new Failure("engine_unavailable", "Set GPU_HOST_URL.");
    expect(await failure(() => prepare(wish, undefined, { trainer: async () => Promise.reject(none) }))).toBe(none);
  });
});

describe("the run", () => {
  const engines = (engine: Partial<Engine>): Engines => ({ get: () => engine }) as unknown as Engines;
  const run = { job: { engine: "test" } } as Run;

  it("hands the trainer exactly what was planned", async () => {
    let planned: TrainWish | undefined;
    let told: TrainRequest | undefined;
    const { input } = await prepare(wish);
    const context = testContext([], { assets: [dataset] });
    const trainer = await context.engines.trainer();
    const { request } = await trainer.train.plan({
      name: "biscuit",
      triggerWords: ["bsct dog"],
      dataset: dataset.id,
      pictures: 12,
      seed: Number(input["seed"]),
    });
    await tool.run(
      parseInput(tool, input) as never,
      engines({
        train: {
          plan: trainer.train.plan,
          train: async (all) => {
            told = all;
          },
        },
      }),
      run,
    );
    expect(told).toEqual(request);
    await prepare({ ...wish, steps: 10 }, undefined, {
      trainer: async () => ({
        ...trainer,
        train: {
          ...trainer.train,
          plan: async (all) => {
            planned = all;
            return trainer.train.plan(all);
          },
        },
      }),
    });
    expect(planned).toMatchObject({ pictures: 12, steps: 10, smallerOnOom: true });
    // what was left open is left to the preset
    expect(planned).not.toHaveProperty("rank");
  });

  it("does not guess what is missing, nor train on an engine that cannot", async () => {
    const error = await failure(() => tool.run(parseInput(tool, wish) as never, engines({ train: {} as never }), run));
    expect(error.message).toMatch(/lacks some of its settings/);
    const { input } = await prepare(wish);
    const away = await failure(() => tool.run(parseInput(tool, input) as never, engines({ title: "Preview" }), run));
    expect(away).toMatchObject({ code: "engine_unavailable", message: expect.stringContaining("GPU_HOST_URL") });
  });
});
