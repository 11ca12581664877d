/** The catalogue: what each tool takes, refuses and makes of a wish. */
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { newId } from "../core/ids.ts";
import { parseInput } from "../core/parse.ts";
import type { JobTool, Tool } from "../core/tool.ts";
import { createTools } from "./index.ts";
import { picture, testContext } from "./testing/context.ts";
import { failure } from "./testing/failure.ts";

const tools = createTools();
const named = (name: string): Tool => {
  const tool = tools.find((entry) => entry.name === name);
  if (!tool) throw new Error(name);
  return tool;
};
const render = named("render_image") as JobTool;
const upscale = named("upscale_image") as JobTool;
const prepare = (tool: JobTool, input: unknown, context = testContext()) => tool.prepare(parseInput(tool, input) as never, context);

describe("the catalogue", () => {
  it("has unique snake_case names and unique short aliases", () => {
    for (const tool of tools) expect(tool.name).toMatch(/^[a-z]+(_[a-z]+)*$/);
    expect(new Set(tools.flatMap((tool) => [tool.name, tool.alias])).size).toBe(
      new Set(tools.map((t) => t.name)).size + tools.filter((t) => t.alias !== t.name).length,
    );
  });
  it("describes every field for the model, the form and the docs", () => {
    for (const tool of tools)
      for (const [field, schema] of Object.entries(tool.input.shape))
        expect((z.toJSONSchema(schema as z.ZodType) as { description?: string }).description ?? "", `${tool.name}.${field}`).not.toBe("");
  });
  it("refuses unknown fields everywhere and names the known ones", async () => {
    for (const tool of tools) {
      const error = await failure(() => parseInput(tool, { surprise: 1 }));
      expect(error.code).toBe("invalid_input");
      expect(error.message).toContain("surprise");
    }
  });
});

describe("render_image", () => {
  it("chooses a seed and a size, and its result is valid input again", async () => {
    const first = await prepare(render, { prompt: "a red fox", aspect: "wide" });
    expect(first.input).toMatchObject({ width: 1344, height: 768, count: 1 });
    expect(Number.isSafeInteger(first.input["seed"])).toBe(true);
    const again = await prepare(render, first.input);
    expect(again.input).toEqual(first.input);
  });
  it("chooses another seed each time", async () => {
    const seeds = await Promise.all([1, 2, 3].map(async () => (await prepare(render, { prompt: "x" })).input["seed"]));
    expect(new Set(seeds).size).toBe(3);
  });
  it.each([
    [{ prompt: "x", count: 200 }, /count: at most 8 pictures/],
    [{ prompt: "x", seed: -1 }, /seed: 0 to 9007199254740991; leave it out/],
    [{ prompt: "x", seed: 2 ** 60 }, /seed/],
    [{ prompt: "x", aspect: "0:9" }, /aspect: must be one of: square, portrait/],
    [{ prompt: "  " }, /prompt: say what to draw/],
    [{ prompt: 7 }, /prompt: must be text\./],
    [{}, /prompt: is missing\./],
    [{ prompt: "x", steps: 0 }, /steps: must be at least 1\./],
    [{ prompt: "x", steps: 1.5 }, /steps: must be a whole number\./],
    [{ prompt: "x", strength: 0 }, /strength: must be more than 0\./],
    [{ prompt: "x", model: "m".repeat(201) }, /model: must be at most 200 characters\./],
    [{ prompt: "x", loras: "fox" }, /loras: must be a list\./],
    [{ prompt: "x", loras: [{ nmae: "fox" }] }, /loras\.0\.name: is missing; loras\.0\.nmae: unknown field\.$/],
    [{ prompt: "x", width: 1001, height: 1000 }, /width: a multiple of 8/],
    [{ prompt: "x", init_image: "../../etc/passwd" }, /init_image: an artifact id looks like/],
    [{ prompt: "x", loras: [{ name: "a", weight: 99 }] }, /loras.0.weight/],
    [{ prompt: "x", url: "http://evil" }, /url: unknown field; allowed here: prompt/],
  ])("refuses %j", async (input, message) => {
    const error = await failure(() => prepare(render, input));
    expect(error.code).toBe("invalid_input");
    expect(error.message).toMatch(message);
  });
  it.each([
    [{ prompt: "x".repeat(4001) }, /MYSPINBOT_MAX_PROMPT/],
    [{ prompt: "x", width: 4096, height: 512 }, /MYSPINBOT_MAX_SIDE/],
  ])("names the setting of a limit", async (input, message) => {
    const error = await failure(() => prepare(render, input));
    expect(error.code).toBe("limit_exceeded");
    expect(error.message).toMatch(message);
  });
  it.each([
    [{ prompt: "x", aspect: "wide", width: 512, height: 512 }, /not both/],
    [{ prompt: "x", width: 512 }, /go together/],
    [{ prompt: "x", strength: 0.4 }, /needs init_image/],
  ])("says which fields go together: %j", async (input, message) => {
    expect((await failure(() => prepare(render, input))).message).toMatch(message);
  });
  it("takes only pictures that exist and are pictures", async () => {
    const id = newId("art");
    expect((await failure(() => prepare(render, { prompt: "x", init_image: id }))).code).toBe("unknown_artifact");
    const { width: _w, height: _h, ...sound } = picture(id, { mediaType: "audio/wav" });
    expect((await failure(() => prepare(render, { prompt: "x", init_image: id }, testContext([sound])))).code).toBe("unsupported_media");
    // 640x480 is 4:3; what is drawn from it keeps that shape, unless another one is asked for
    const drawn = await prepare(render, { prompt: "x", init_image: id }, testContext([picture(id)]));
    expect([drawn.input["width"], drawn.input["height"]]).toEqual([1152, 896]);
    const wide = await prepare(render, { prompt: "x", init_image: id, aspect: "wide" }, testContext([picture(id)]));
    expect([wide.input["width"], wide.input["height"]]).toEqual([1344, 768]);
    expect((await prepare(render, { prompt: "x", init_image: id }, testContext([picture(id)]))).input).toMatchObject({
      init_image: id,
      strength: 0.6,
    });
  });
  it("rerolls without the old seed, and a new aspect replaces the old size", () => {
    const old = { prompt: "x", width: 512, height: 512, seed: 5, steps: 20, model: "a" };
    expect(render.reroll?.(old, {})).toEqual({ prompt: "x", width: 512, height: 512, steps: 20, model: "a" });
    expect(render.reroll?.(old, { aspect: "wide", seed: 5 })).toEqual({ prompt: "x", aspect: "wide", seed: 5, steps: 20, model: "a" });
    expect(render.reroll?.(old, { model: "b" })).not.toHaveProperty("steps");
  });
});

describe("upscale_image", () => {
  const id = newId("art");
  it("keeps to the pixel limit and names it", async () => {
    const large = testContext([picture(id, { width: 4000, height: 4000 })]);
    const error = await failure(() => prepare(upscale, { image: id, scale: 4 }, large));
    expect(error.message).toMatch(/16000x16000 .*MYSPINBOT_MAX_UPSCALED_PIXELS/);
  });
  it("takes 2, 3 and 4 only", async () => {
    expect((await failure(() => prepare(upscale, { image: id, scale: 8 }))).message).toMatch(/scale: 2, 3 or 4/);
    expect((await prepare(upscale, { image: id }, testContext([picture(id)]))).input).toEqual({ image: id, scale: 2 });
  });
});
