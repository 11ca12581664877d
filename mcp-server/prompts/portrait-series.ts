/** `portrait_series`: several pictures of one person, of one look. */
import { z } from "zod";
import { isId } from "../../core/ids.ts";
import { pictureArgs, whole, words } from "./fields.ts";
import { definePrompt } from "./prompt.ts";
import { asData, given } from "./quote.ts";
import { calls, numbered, oneNegative, oneSeed, sameFields, submitThenWait } from "./steps.ts";

const args = z.strictObject({
  subject: words("Who", "Who is shown, in plain words: age, hair, clothes, mood."),
  style: words("Style", "Look of all pictures, such as film photo, oil painting or studio light.", 500).optional(),
  count: whole("Pictures", "How many portraits, 1 to 8. 4 when empty.", 1, 8).optional(),
  aspect: pictureArgs.aspect.optional(),
  model: pictureArgs.model.optional(),
  lora: pictureArgs.lora.optional(),
  negative_prompt: pictureArgs.negative_prompt.optional(),
  seed: pictureArgs.seed.optional(),
  job: z
    .string()
    .trim()
    .refine((text) => isId("job", text), "a job id looks like job_0123456789abcdef; list_jobs shows yours")
    .meta({ title: "Like this job" })
    .describe("Job whose look the series keeps: its model, LoRAs and style.")
    .optional(),
});

export const portraitSeries = definePrompt({
  name: "portrait_series",
  title: "Portrait series",
  description: "Several portraits of one person in one style: same seed and words, another pose and light in each.",
  needs: ["render_image", "wait_for_job", "get_job", "reroll_job", "upscale_image"],
  args,
  sources: { model: "model", lora: "lora", job: "job" },
  message({ subject, style, count = 4, job, aspect = "portrait", ...wish }) {
    const steps = [
      job ? `Call get_job with ${asData({ job_id: job })}: its job.input has the model, loras and words whose look to keep.` : "",
      `Call render_image once for each portrait, ${calls(count)} in all, with these fields as they are:\n${sameFields({ aspect, ...wish })}\nand a prompt of your own, at most 60 words: first the person and the style, in the same words each time; then what differs: pose, expression, light, background.`,
      oneNegative(wish.negative_prompt, "blurry, deformed hands, extra fingers, text, watermark"),
      count > 1 ? oneSeed(wish.seed) : "",
      ...submitThenWait,
      "Show each portrait with its job id and seed. Offer another take of one (reroll_job with its job_id, and its seed to keep the composition) and a larger copy (upscale_image with the artifact id).",
    ];
    return `Make a series of portraits with the tools of MySpinBot.\n\n${given({ subject, style })}\n\n${numbered(steps)}`;
  },
});
