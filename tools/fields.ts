/** Fields that several tools share, so that they are named, checked and described alike. */
import { z } from "zod";
import { isId } from "../core/ids.ts";
import { aspects } from "../core/sizes.ts";
import { stageOf } from "../core/source.ts";

export const artifactId = z
  .string()
  .refine((text) => isId("art", text), "an artifact id looks like art_0123456789abcdef; list_jobs shows yours");

/** A file, or in a clip what another of its stages makes. */
export const fileRef = z
  .string()
  .refine(
    (text) => isId("art", text) || stageOf(text) !== undefined,
    "an artifact id looks like art_0123456789abcdef; list_jobs shows yours",
  );

/** ISO 639-1. */
export const language = z.string().regex(/^[a-z]{2,3}$/, "a language code such as en, de or es");

/** Stages as they were prepared: their own tools check them. */
export const stages = z
  .record(z.string().regex(/^[a-z]{1,16}$/), z.strictObject({ tool: z.string().max(60), input: z.record(z.string(), z.json()) }))
  .optional()
  .describe("Every choice of each stage, as a finished job has it.")
  .meta({ settled: true });

/** A field that few need: taken everywhere, and not listed to models, whose context it would fill. */
export const rare = <Field extends z.ZodType>(field: Field): Field => field.meta({ ...field.meta(), rare: true });

export const jobId = z
  .string()
  .refine((text) => isId("job", text), "a job id looks like job_0123456789abcdef; list_jobs shows yours")
  .describe("Such as job_0123456789abcdef.");

/** One line of a picture; trigger words come before it, and a trainer takes 1000 characters in all. */
export const caption = z.string().trim().min(1, "say what is to be seen").max(700, "at most 700 characters a caption");

const side = z.int().min(64, "at least 64 pixels").multipleOf(8, "a multiple of 8 pixels").optional();

/** What can be said of a picture to be made; `render_image` and `reroll_job` take the same. */
export const pictureFields = {
  prompt: z.string().trim().min(1, "say what to draw").describe("What the picture shows, in plain words."),
  negative_prompt: z.string().optional().describe("What it must not show."),
  aspect: z.enum(aspects).optional().describe("Shape; instead of width and height."),
  width: side.describe("Pixels; with height, instead of aspect."),
  height: side.describe("Pixels; with width, instead of aspect."),
  count: z.int().min(1).max(8, "at most 8 pictures a job; ask again for more"),
  seed: z
    .int()
    .min(0, "0 to 9007199254740991; leave it out for a random one")
    .max(Number.MAX_SAFE_INTEGER)
    .optional()
    .describe("The same gives the same picture. Random when absent."),
  steps: z.int().min(1).max(150).optional().describe("Sampling steps; the model's usual when absent."),
  model: z.string().min(1).max(200).optional().describe("Checkpoint by name, see list_models."),
  loras: z
    .array(z.strictObject({ name: z.string().min(1).max(200), weight: z.number().min(-4).max(4).default(1) }))
    .max(8)
    .optional()
    .describe("Your own by name, or one of list_models."),
  strength: z.number().gt(0).max(1).optional().describe("How far from the starting picture, 0 to 1. Default 0.6."),
};
