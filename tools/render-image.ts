/** `render_image`: words (and perhaps a picture to start from) become pictures. */
import { randomInt } from "node:crypto";
import { z } from "zod";
import { Failure } from "../core/failure.ts";
import type { JsonObject } from "../core/json.ts";
import { pictureSize } from "../core/kinds.ts";
import { nearestAspect } from "../core/sizes.ts";
import { artifactName } from "../core/slug.ts";
import { defineJobTool } from "../core/tool.ts";
import { fileRef, pictureFields } from "./fields.ts";
import { checkPrompt, checkSize } from "./limits.ts";
import { lorasAtRun, withLoras } from "./loras.ts";
import { standsIn } from "./sources.ts";

const input = z.strictObject({
  prompt: pictureFields.prompt,
  negative_prompt: pictureFields.negative_prompt,
  aspect: pictureFields.aspect,
  width: pictureFields.width,
  height: pictureFields.height,
  count: pictureFields.count.default(1).describe("How many pictures, 1 to 8."),
  seed: pictureFields.seed,
  steps: pictureFields.steps,
  model: pictureFields.model,
  loras: pictureFields.loras,
  init_image: fileRef.optional().describe("Artifact id of a picture to start from."),
  strength: pictureFields.strength,
});

export const renderImage = defineJobTool({
  name: "render_image",
  title: "Render an image",
  alias: "render",
  description:
    "Draw one or more pictures from a description, or redraw a given picture (init_image). Returns a job id at once; the pictures come when the job is done.",
  input,
  positional: ["prompt"],
  artifactFields: ["init_image"],
  annotations: { readOnly: false, destructive: false, idempotent: false },

  async prepare(wish, context) {
    const { engines, limits, source } = context;
    checkPrompt("prompt", wish.prompt, limits);
    checkPrompt("negative_prompt", wish.negative_prompt ?? "", limits);
    const sized = wish.width !== undefined || wish.height !== undefined;
    if (sized && wish.aspect) throw new Failure("invalid_input", "Give either aspect, or width and height, not both.");
    if (sized && (wish.width === undefined || wish.height === undefined))
      throw new Failure("invalid_input", "width and height go together: give both, or an aspect such as wide.");
    if (wish.strength !== undefined && !wish.init_image)
      throw new Failure("invalid_input", "strength needs init_image: the picture to start from.");
    let aspect: string | undefined = wish.aspect;
    if (wish.init_image) {
      const { width, height } = pictureSize(await source(wish.init_image), "render_image");
      if (!sized) aspect ??= nearestAspect(width, height);
    }
    const engine = await engines.image();
    const { planned, wished } = await withLoras(wish.loras ?? [], context, (loras) =>
      engine.image.plan({
        prompt: wish.prompt,
        negativePrompt: wish.negative_prompt ?? "",
        count: wish.count,
        seed: wish.seed ?? randomInt(0, 2 ** 32),
        loras,
        ...(aspect ? { aspect } : {}),
        ...(wish.width && wish.height ? { width: wish.width, height: wish.height } : {}),
        ...(wish.steps ? { steps: wish.steps } : {}),
        ...(wish.model ? { model: wish.model } : {}),
        ...(wish.init_image ? { init: { image: wish.init_image, strength: wish.strength ?? 0.6 } } : {}),
      }),
    );
    const { request, family, vramGb } = planned;
    const needs = [...new Set(wished.flatMap(({ need }) => (need ? [need] : [])))];
    checkSize(request.width, request.height, limits);
    const resolved: JsonObject = {
      prompt: request.prompt,
      negative_prompt: request.negativePrompt,
      width: request.width,
      height: request.height,
      count: request.count,
      seed: request.seed,
      steps: request.steps,
      model: request.model,
      loras: request.loras.map(({ name, weight }, at) => ({ name: wished[at]?.own ?? name, weight })),
      ...(request.init ? { init_image: request.init.image, strength: request.init.strength } : {}),
    };
    return {
      ...{ input: resolved, title: `Render: ${request.prompt.slice(0, 120)}`, engine: engine.id, family, vramGb, class: "interactive" },
      makes: {
        ...{ kind: "file", name: artifactName(request.prompt, request.seed, "png"), mediaType: "image/png" },
        ...{ width: request.width, height: request.height, preview: standsIn(engine) },
      },
      ...(needs.length > 0 ? { needs } : {}),
    };
  },

  async run(job, engines, run) {
    const engine = engines.get(run.job.engine);
    if (!engine.image)
      throw new Failure("engine_unavailable", `${engine.title} cannot render pictures. Retry the job with another engine.`);
    if (job.width === undefined || job.height === undefined || job.seed === undefined || job.steps === undefined || job.model === undefined)
      throw new Failure("invalid_input", "This job lacks a size, seed, steps or model. Ask for the picture again.");
    await engine.image.render(
      {
        prompt: job.prompt,
        negativePrompt: job.negative_prompt ?? "",
        width: job.width,
        height: job.height,
        count: job.count,
        seed: job.seed,
        steps: job.steps,
        model: job.model,
        loras: await lorasAtRun(job.loras ?? [], run),
        ...(job.init_image ? { init: { image: job.init_image, strength: job.strength ?? 0.6 } } : {}),
      },
      run,
    );
  },

  // steps over pixels over pictures; a size that an old recipe lacks says nothing
  work: ({ width, height, steps, count }) => [width, height, steps, count].reduce<number>((product, each) => product * Number(each), 1),

  reroll(old, changes) {
    const { seed: _seed, ...rest } = old;
    const merged: JsonObject = { ...rest, ...changes };
    if ("aspect" in changes) {
      delete merged["width"];
      delete merged["height"];
    }
    // another model has another usual number of steps
    if ("model" in changes && !("steps" in changes)) delete merged["steps"];
    return merged;
  },
});
