/** Slash commands: a grammar derived from the catalogue. */
import { describe, expect, it } from "vitest";
import { Failure } from "../../core/failure.ts";
import { newId } from "../../core/ids.ts";
import { createTools } from "../../tools/index.ts";
import { picture } from "../../tools/testing/context.ts";
import type { Memory } from "../memory/memory.ts";
import { jobRow } from "../testing/studio.ts";
import { planSlash } from "./plan.ts";

const tools = createTools();
const nothing: Memory = { attachments: [], jobs: [] };
const inputOf = (line: string, memory = nothing) => planSlash(line, tools, memory).calls[0]?.input;

function failure(line: string, memory = nothing): Failure {
  try {
    planSlash(line, tools, memory);
  } catch (error) {
    if (error instanceof Failure) return error;
    throw error;
  }
  throw new Error(`no failure: ${line}`);
}

const made = ["a fox", "a hare"].map((prompt, at) => {
  const id = newId("job");
  return jobRow({
    id,
    tool: "render_image",
    input: { prompt, seed: at, count: 1 },
    state: "succeeded",
    artifacts: [picture(newId("art"), { job: id })],
    origin: { conversation: "c", message: `m${at}`, ordinal: 0 },
  });
});
const running = jobRow({ id: newId("job"), tool: "render_image", input: { prompt: "an owl" }, state: "running" });
const memory: Memory = { attachments: [], jobs: [...made, running] };
const finished: Memory = { attachments: [], jobs: made };
const art = (at: number) => made[at]?.artifacts[0]?.id;

describe("a slash command", () => {
  it.each([
    [
      "/render a red fox in snow --size 1344x768 --seed 42 --count 2",
      { prompt: "a red fox in snow", width: 1344, height: 768, seed: 42, count: 2 },
    ],
    ["/RENDER --aspect wide a fox", { prompt: "a fox", aspect: "wide" }],
    ["/render_image a fox", { prompt: "a fox" }],
    ['/render --negative "blurry, text" two owls', { prompt: "two owls", negative_prompt: "blurry, text" }],
    ['/render --negative="blurry, text" two owls', { prompt: "two owls", negative_prompt: "blurry, text" }],
    ["/render a fox --lora pixel:0.8 --lora ink", { prompt: "a fox", loras: [{ name: "pixel", weight: 0.8 }, { name: "ink" }] }],
    ['/render "a fox" --steps=30', { prompt: "a fox", steps: 30 }],
    ['/render a sign that says "do not draw"', { prompt: 'a sign that says "do not draw"' }],
    ["/render a cat's hat", { prompt: "a cat's hat" }],
    ["/render a fox —size 1344x768 –seed=42", { prompt: "a fox", width: 1344, height: 768, seed: 42 }],
    ["/render a fox —negative=“blurry, text”", { prompt: "a fox", negative_prompt: "blurry, text" }],
    ["/render dawn — a fox", { prompt: "dawn — a fox" }],
    ["/render a fox -- --seed 4", { prompt: "a fox --seed 4" }],
    ["/render a fox --seed -1", { prompt: "a fox", seed: -1 }],
    ["/render a fox --seed many", { prompt: "a fox", seed: "many" }],
    ["/models loras", { kind: "loras" }],
    ["/pause PARK", { mode: "PARK" }],
    ["/jobs --state open --limit 5", { state: "open", limit: 5 }],
    ["/resume", {}],
  ])("%s", (line, input) => expect(inputOf(line)).toEqual(input));

  it.each([
    ["/upscale that 2x", { image: art(1), scale: 2 }],
    ["/upscale 1", { image: art(0) }],
    ["/upscale the fox --scale 4", { image: art(0), scale: 4 }],
    ["/render a watercolour --init that", { prompt: "a watercolour", init_image: art(1) }],
    ["/reroll that --seed 7", { job_id: made[1]?.id, seed: 7 }],
  ])("%s, with words that memory resolves", (line, input) => expect(inputOf(line, finished)).toEqual(input));
  it("means the running job where something is to be stopped", () => {
    expect(inputOf("/cancel that", memory)).toEqual({ job_id: running.id });
    expect(inputOf(`/job ${made[0]?.id}`, memory)).toEqual({ job_id: made[0]?.id });
  });
  it("takes the attached file where none is named", () => {
    expect(inputOf("/upscale 3x", { attachments: ["art_0123456789abcdef"], jobs: [] })).toEqual({
      image: "art_0123456789abcdef",
      scale: 3,
    });
    expect(inputOf("/upscale --scale 3", { attachments: ["art_0123456789abcdef"], jobs: [] })).toEqual({
      image: "art_0123456789abcdef",
      scale: 3,
    });
  });

  it.each([
    ["/rendr a fox", "unknown_tool", /Did you mean \/render\?.*\/upscale/s],
    ["/render a fox --sed 42", "invalid_input", /no --sed\. Did you mean --seed\? There are: .*--negative-prompt/],
    ["/render a fox --s 42", "invalid_input", /--seed or --steps or --strength|--s may be/],
    ["/render a fox --seed", "invalid_input", /--seed needs a value/],
    ["/render a fox --size large", "invalid_input", /--size takes pixels such as 1344x768/],
    ["/resume now", "invalid_input", /takes no words/],
    ["/upscale that", "invalid_input", /no finished picture/],
    ["/upscale 7", "invalid_input", /no finished picture/],
    ["/cancel that", "invalid_input", /No job of this conversation is waiting or running/],
  ])("%s is refused with what there is", (line, code, message) => {
    const error = failure(line);
    expect(error.code).toBe(code);
    expect(error.message).toMatch(message);
  });
  it("says that the newest picture is not finished", () => expect(failure("/upscale that", memory).message).toMatch(/not finished yet/));

  it("shows help of all and of one, from the schema", () => {
    const all = planSlash("/help", tools, nothing).text;
    for (const tool of tools) expect(all).toContain(`/${tool.alias}`);
    for (const line of ["/help render", "/render --help", "/help /render"]) {
      const text = planSlash(line, tools, nothing).text;
      expect(text).toContain("--aspect square|portrait|wide");
      expect(text).toContain("--size");
      expect(text).toContain("Default 1");
    }
  });
});
