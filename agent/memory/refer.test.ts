/** What "number 2" and "that" mean where a conversation made more than pictures. */
import { describe, expect, it } from "vitest";
import { picture } from "../../tools/testing/context.ts";
import { jobRow } from "../testing/studio.ts";
import type { Memory } from "./memory.ts";
import { picturesOf } from "./refer.ts";

const file = (id: string, mediaType = "image/png") => ({ ...picture(id), mediaType });
const sheet = jobRow({
  ...{ id: "job_set", tool: "make_dataset", input: {}, state: "succeeded", artifacts: [file("sheet", "image/jpeg")] },
  makes: { kind: "dataset", name: "biscuit", pictures: 12 },
});
const training = jobRow({
  ...{ id: "job_lora", tool: "train_lora", input: {}, state: "succeeded" },
  artifacts: [file("weights", "application/x-safetensors"), file("sample1"), file("sample2")],
  makes: { kind: "lora", name: "biscuit", family: "sd15", triggerWords: ["bsct dog"] },
});
const drawing = jobRow({
  ...{ id: "job_draw", tool: "render_image", input: { prompt: "bsct dog" }, state: "succeeded" },
  artifacts: [1, 2, 3, 4].map((number) => file(`drawn${number}`)),
});
const inOneTurn = (...jobs: (typeof training)[]): Memory => ({
  attachments: [],
  jobs: jobs.map((job) => ({ ...job, origin: { conversation: "c", message: "m", ordinal: 0 } })),
});

describe("after training and drawing in one turn", () => {
  const memory = inOneTurn(sheet, training, drawing);
  it("a number counts what was drawn, never the weights, the sheet or the samples", () => {
    expect(picturesOf({ kind: "number", number: 2 }, memory)).toEqual({ found: ["drawn2"] });
    expect(picturesOf({ kind: "last" }, memory)).toEqual({ found: ["drawn4"] });
    expect(picturesOf({ kind: "all" }, memory)).toEqual({ found: ["drawn1", "drawn2", "drawn3", "drawn4"] });
  });
  it("the same where the training is the newest", () => {
    expect(picturesOf({ kind: "number", number: 2 }, inOneTurn(drawing, training))).toEqual({ found: ["drawn2"] });
  });
});

describe("after a training alone", () => {
  it("a number counts its samples", () => {
    expect(picturesOf({ kind: "number", number: 2 }, inOneTurn(training))).toEqual({ found: ["sample2"] });
  });
  it("'that' is the one picture of it", () => {
    const one = { ...training, artifacts: training.artifacts.slice(0, 2) };
    expect(picturesOf({ kind: "that" }, inOneTurn(one))).toEqual({ found: ["sample1"] });
  });
  it("weights without a sample are no picture, and one that runs does not hide what was drawn", () => {
    const weights = { ...training, artifacts: training.artifacts.slice(0, 1) };
    expect(picturesOf({ kind: "that" }, inOneTurn(weights))).toMatchObject({ problem: expect.stringContaining("no finished picture") });
    const one = { ...drawing, artifacts: drawing.artifacts.slice(0, 1) };
    expect(picturesOf({ kind: "that" }, inOneTurn(one, { ...training, state: "running", artifacts: [] }))).toEqual({ found: ["drawn1"] });
  });
});
