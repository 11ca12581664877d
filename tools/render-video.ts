/** `render_video`: a picture moves; from words alone the picture is drawn first. */
import { randomInt } from "node:crypto";
import { z } from "zod";
import { Failure } from "../core/failure.ts";
import { given, type JsonObject } from "../core/json.ts";
import { pictureSize } from "../core/kinds.ts";
import { slug } from "../core/slug.ts";
import { defineJobTool } from "../core/tool.ts";
import { fileRef, pictureFields, rare, stages } from "./fields.ts";
import { checkPrompt, checkSize } from "./limits.ts";
import { nameOf, standsIn, titled } from "./sources.ts";

const input = z.strictObject({
  prompt: z.string().trim().optional().describe("What happens; with no image also what is seen."),
  image: fileRef.optional().describe("Artifact id of the picture that moves."),
  negative_prompt: rare(pictureFields.negative_prompt),
  seconds: z.number().min(0.1, "at least a tenth of a second").max(60).optional().describe("Length; the model's usual when absent."),
  fps: rare(z.int().min(4).max(60).optional().describe("Frames a second.")),
  motion: z.int().min(1, "1 to 10").max(10, "1 to 10").optional().describe("How much moves, 1 to 10."),
  aspect: pictureFields.aspect,
  width: rare(pictureFields.width),
  height: rare(pictureFields.height),
  seed: pictureFields.seed,
  steps: rare(pictureFields.steps),
  model: rare(pictureFields.model),
  stages,
});
type Wish = z.output<typeof input>;

/** The picture that is drawn first, as it was settled before or as the words ask for it. */
function pictureOf({ stages: settled, prompt, negative_prompt, aspect, width, height, image }: Wish): JsonObject | undefined {
  if (settled?.["picture"]) return settled["picture"].input as JsonObject;
  return image === undefined ? given({ prompt, negative_prompt, aspect, width, height }) : undefined;
}

const ofPicture = ["prompt", "negative_prompt", "aspect", "width", "height"];

/** The picture of a video from words, as the changes ask for it; all of it with another seed where nothing is to change. */
function drawnAnew(before: JsonObject, changes: JsonObject): JsonObject {
  const { seed, ...rest } = before;
  const drawn = Object.fromEntries(Object.entries(changes).filter(([field]) => ofPicture.includes(field)));
  if (Object.keys(drawn).length === 0 && Object.keys(changes).length > 0) return before;
  const next: JsonObject = { ...rest, ...drawn };
  if ("aspect" in drawn) for (const field of ["width", "height"]) delete next[field];
  return next;
}

export const renderVideo = defineJobTool({
  name: "render_video",
  title: "Render a video",
  alias: "video",
  description:
    "Make a short video of a picture (image) or from words. Returns a job id at once; the MP4 comes when the job is done, without sound.",
  input,
  positional: ["prompt"],
  artifactFields: ["image"],
  annotations: { readOnly: false, destructive: false, idempotent: false },

  async prepare(wish, context) {
    const { engines, limits } = context;
    const { prompt = "" } = wish;
    checkPrompt("prompt", prompt, limits);
    if (!wish.image && !prompt)
      throw new Failure("invalid_input", "Give an image that is to move, or a prompt that says what is to be seen.");
    if (wish.width !== undefined || wish.height !== undefined) {
      if (wish.width === undefined || wish.height === undefined)
        throw new Failure("invalid_input", "width and height go together: give both, or an aspect such as wide.");
      checkSize(wish.width, wish.height, limits);
    }
    const engine = await engines.motion();
    const drawn = !wish.stages?.["picture"] && !wish.image && (await engine.motion.fromWords()) ? undefined : pictureOf(wish);
    const first = drawn && (await context.stage("picture", "render_image", { ...drawn, count: 1 }));
    const image = first ? "stage:picture" : wish.image;
    const source = image === undefined ? undefined : await context.source(image);
    const size = source && pictureSize(source, "render_video");
    const { request, family, vramGb, seconds, notes } = await engine.motion.plan(
      {
        ...{ prompt, negativePrompt: wish.negative_prompt ?? "", seed: wish.seed ?? randomInt(0, 2 ** 32) },
        ...(given({ seconds: wish.seconds, fps: wish.fps, motion: wish.motion, steps: wish.steps, model: wish.model, image }) as object),
        ...(given({ aspect: wish.aspect, width: wish.width, height: wish.height }) as object),
      },
      size,
    );
    const { negativePrompt, frames, ...settled } = request;
    return {
      input: given({
        ...settled,
        ...(negativePrompt ? { negative_prompt: negativePrompt } : { negative_prompt: undefined }),
        // frames over their rate: prepared again it comes to the same frames
        seconds: frames / request.fps,
        ...(first ? { stages: { picture: { tool: "render_image", input: first.input } } } : {}),
      }),
      title: titled("Video", prompt || (source ? nameOf(source) : "")),
      ...{ engine: engine.id, family, vramGb, class: "interactive" },
      makes: {
        ...{ kind: "file", name: `${slug(prompt || (source?.name ?? "video"))}-${request.seed}.mp4`, mediaType: "video/mp4" },
        ...{ width: request.width, height: request.height, seconds, sound: false, preview: standsIn(engine) },
      },
      ...(notes.length > 0 ? { notes } : {}),
    };
  },

  async run(job, engines, run) {
    const engine = engines.get(run.job.engine);
    if (!engine.motion)
      throw new Failure("engine_unavailable", `${engine.title} makes no videos. Ask for it again; another engine will take it.`);
    const { width, height, fps, motion, seed, steps, model, seconds } = job;
    if (!width || !height || !fps || !motion || seed === undefined || !steps || model === undefined || !seconds)
      throw new Failure("invalid_input", "This job lacks a size, rate, seed, steps or model. Ask for the video again.");
    await engine.motion.render(
      {
        ...{ prompt: job.prompt ?? "", negativePrompt: job.negative_prompt ?? "", frames: Math.round(seconds * fps) },
        ...{ width, height, fps, motion, seed, steps, model },
        ...(job.image ? { image: job.image } : {}),
      },
      run,
    );
  },

  work: ({ width, height, steps, seconds, fps }) =>
    [width, height, steps, seconds, fps].reduce<number>((product, each) => product * Number(each), 1),

  reroll(old, changes) {
    const { seed: _seed, ...rest } = old;
    const merged: JsonObject = { ...rest, ...changes };
    const before = (old["stages"] as Record<string, { tool: string; input: JsonObject }> | undefined)?.["picture"];
    if (before) merged["stages"] = { picture: { ...before, input: drawnAnew(before.input, changes) } };
    if ("aspect" in changes) {
      delete merged["width"];
      delete merged["height"];
    }
    if ("model" in changes)
      for (const field of ["steps", "fps", "seconds", "width", "height"]) if (!(field in changes)) delete merged[field];
    return merged;
  },
});
