/** `make_dataset` and `edit_dataset`: what they take, refuse, and make of it. */
import { describe, expect, it } from "vitest";
import { Failure } from "../core/failure.ts";
import { newId } from "../core/ids.ts";
import { parseInput } from "../core/parse.ts";
import type { DatasetRequest, Engines, ModelInfo, Run } from "../core/ports/engine.ts";
import { localPrincipal } from "../core/principal.ts";
import type { AnswerTool, JobTool } from "../core/tool.ts";
import { editDataset } from "./edit-dataset.ts";
import { makeDataset } from "./make-dataset.ts";
import { aDataset, answering } from "./testing/assets.ts";
import { type InSight, picture, testContext } from "./testing/context.ts";
import { failure } from "./testing/failure.ts";

const make = makeDataset as JobTool;
const edit = editDataset as AnswerTool;
const photos = Array.from({ length: 12 }, () => picture(newId("art")));
const wish = { name: "biscuit", pictures: photos.map(({ id }) => id) };
const prepare = (input: object, sight: InSight = {}, change: Partial<Engines> = {}) => {
  const context = testContext(photos, sight);
  return make.prepare(parseInput(make, input) as never, { ...context, engines: { ...context.engines, ...change } });
};

describe("make_dataset", () => {
  it("has every choice made, and its input is valid input again", async () => {
    const first = await prepare(wish);
    expect(first).toMatchObject({
      input: { ...wish, subject: "", resolution: 1024, faces: false, captions: [] },
      ...{ title: "Dataset: biscuit", class: "interactive", makes: { kind: "dataset", name: "biscuit", pictures: 12 } },
    });
    expect((await prepare(first.input)).input).toEqual(first.input);
  });

  it("takes each photo once", async () => {
    const { input } = await prepare({ ...wish, pictures: [...wish.pictures, ...wish.pictures] });
    expect(input["pictures"]).toEqual(wish.pictures);
  });

  it.each([
    ["both", [["sd15"], ["sdxl"]], 1024],
    ["SD 1.5 alone", [["sd15"]], 512],
    ["none", [], 1024],
  ])("crops for what the trainer has: %s", async (_what, families, side) => {
    const bases = families.map(([family = ""]): ModelInfo => ({ name: family, family }));
    const trainer = async () => ({ models: async () => ({ engine: "t", checkpoints: [], loras: [], upscalers: [], bases }) }) as never;
    expect((await prepare(wish, {}, { trainer })).input["resolution"]).toBe(side);
    expect((await prepare({ ...wish, resolution: 512 }, {}, { trainer })).input["resolution"]).toBe(512);
    const away = async () => Promise.reject(new Failure("engine_unavailable", "away"));
    expect((await prepare(wish, {}, { trainer: away })).input["resolution"]).toBe(1024);
  });

  it.each([
    [{ pictures: [] }, /pictures: attach 10 to 500 photos, or a zip of them/],
    [{ pictures: Array.from({ length: 2000 }, () => newId("art")) }, /pictures: at most 500 at once; a zip counts as one/],
    [{ pictures: ["../../etc/passwd"] }, /pictures\.0: an artifact id looks like/],
    [{ name: "" }, /is no name/],
    [{ name: "a/b" }, /"a\/b" is no name.*Use 1 to 60 letters/],
    [{ resolution: 768 }, /resolution: 512 or 1024/],
    [{ captions: ["x".repeat(701)] }, /captions\.0: at most 700 characters/],
  ])("refuses %j", async (input, message) => {
    const error = await failure(() => prepare({ ...wish, ...input }));
    expect(error.code).toBe("invalid_input");
    expect(error.message).toMatch(message);
  });

  it("refuses a name that is taken, or promised, and says what to do", async () => {
    const promised = { promises: [{ job: newId("job"), makes: { kind: "dataset" as const, name: "biscuit", pictures: 12 } }] };
    for (const sight of [{ assets: [aDataset("Biscuit")] }, promised]) {
      const error = await failure(() => prepare(wish, sight));
      expect(error.code).toBe("conflict");
      expect(error.message).toMatch(/Choose another name, or rename_asset or delete_asset/);
    }
  });

  it("refuses a file that is not the person's, and hands on what the engine refuses", async () => {
    expect((await failure(() => prepare({ ...wish, pictures: [newId("art")] }))).code).toBe("unknown_artifact");
    const few = new Failure("invalid_input", "4 pictures; 10 to 500 are needed.");
    const datasets = () => ({ id: "d", dataset: { plan: async () => Promise.reject(few) } }) as never;
    expect(await failure(() => prepare(wish, {}, { datasets }))).toBe(few);
  });

  it("hands the engine exactly what was planned", async () => {
    let told: DatasetRequest | undefined;
    const engine = {
      dataset: {
        make: async (request: DatasetRequest) => {
          told = request;
        },
      },
    };
    const { input } = await prepare({ ...wish, subject: "a brown dog", captions: ["one"], faces: true });
    await make.run(parseInput(make, input) as never, { get: () => engine } as unknown as Engines, { job: { engine: "d" } } as Run);
    expect(told).toEqual({ ...wish, subject: "a brown dog", captions: ["one"], faces: true, resolution: 1024 });
  });
});

describe("edit_dataset", () => {
  it("shows numbered captions where nothing is to be changed", async () => {
    const { ask } = answering([aDataset("biscuit", 11)]);
    const { text, data } = await ask(edit, { dataset: "Biscuit" });
    expect(text).toMatch(/^Dataset biscuit: 11 pictures, numbered as on its sheet\.\n1\. dog 1\n2\. dog 2\n/);
    expect((data["asset"] as { pictures: unknown[] }).pictures).toHaveLength(11);
  });

  it("changes captions and leaves pictures out, by the numbers that were shown", async () => {
    const { ask, rows } = answering([aDataset("biscuit", 12)]);
    const { text } = await ask(edit, {
      dataset: "biscuit",
      captions: [{ picture: 3, caption: " a dog\n on grass " }],
      leave_out: [1, 2, 2],
    });
    expect(text).toMatch(/^Dataset biscuit now: 10 pictures, numbered as on its sheet\.\n3\. a dog on grass\n4\. dog 4\n/);
    expect(rows[0]?.details).toMatchObject({ captionedBy: "person", pictures: { length: 10 } });
  });

  it("keeps the numbers of the sheet that was shown, edit after edit", async () => {
    const { ask, rows } = answering([aDataset("biscuit", 13)]);
    await ask(edit, { dataset: "biscuit", leave_out: [5] });
    const second = { dataset: "biscuit", captions: [{ picture: 12, caption: "asleep" }], leave_out: [7] };
    const { text, data } = await ask(edit, second);
    const numbers = (data["asset"] as { pictures: { number: number }[] }).pictures.map(({ number }) => number);
    expect(numbers).toEqual([1, 2, 3, 4, 6, 8, 9, 10, 11, 12, 13]);
    expect(text).toMatch(/\n4\. dog 4\n6\. dog 6\n8\. dog 8\n.*\n12\. asleep\n13\. dog 13$/s);
    const before = structuredClone(rows);
    const error = await failure(() => ask(edit, { dataset: "biscuit", leave_out: [5] }));
    expect(error.message).toBe("There is no picture 5: this dataset has 1 to 4, 6, 8 to 13.");
    expect(rows).toEqual(before);
  });

  it("says what is trained where there are no captions, and which picture has none", async () => {
    const bare = aDataset("bare", 12);
    if (bare.details.kind === "dataset") for (const one of bare.details.pictures) one.caption = "";
    const { ask } = answering([bare]);
    expect((await ask(edit, { dataset: "bare" })).text).toBe(
      "Dataset bare: 12 pictures, numbered as on its sheet.\nNo captions: the trigger words alone are trained.",
    );
    const { text } = await ask(edit, { dataset: "bare", captions: [{ picture: 2, caption: "in snow" }] });
    expect(text).toMatch(/^Dataset bare now: .*\n1\. \(none\)\n2\. in snow\n3\. \(none\)\n/);
  });

  it("says how many captions it does not show", async () => {
    const { ask } = answering([aDataset("many", 120)]);
    expect((await ask(edit, { dataset: "many" })).text).toMatch(/\n100\. dog 100\nand 20 more$/);
  });

  it.each([
    [{ leave_out: [1, 2, 3] }, /9 of 12 pictures would be left; a dataset has at least 10/],
    [{ leave_out: [13] }, /There is no picture 13: this dataset has 1 to 12\./],
    [{ captions: [{ picture: 99, caption: "x" }] }, /There is no picture 99/],
  ])("refuses %j and changes nothing", async (input, message) => {
    const { ask, rows } = answering([aDataset("biscuit", 12)]);
    const before = structuredClone(rows);
    const error = await failure(() => ask(edit, { dataset: "biscuit", ...input }));
    expect(error).toMatchObject({ code: "invalid_input", message: expect.stringMatching(message) });
    expect(rows).toEqual(before);
  });

  it("knows no dataset of another person", async () => {
    const { ask } = answering([aDataset("biscuit", 12, { principal: "anna" })]);
    const error = await failure(() => ask(edit, { dataset: "biscuit" }, localPrincipal));
    expect(error.code).toBe("unknown_asset");
  });
});
