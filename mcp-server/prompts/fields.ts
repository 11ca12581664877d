/** Arguments that several prompts share. The protocol knows text only: numbers are read from it. */
import { z } from "zod";
import { isId } from "../../core/ids.ts";
import { aspects } from "../../core/sizes.ts";

/** Words of a person. */
export function words(title: string, about: string, max = 2000) {
  return z.string().trim().min(1).max(max, `at most ${max} characters`).meta({ title }).describe(about);
}

/** A whole number within bounds. */
export function whole(title: string, about: string, low: number, high: number) {
  const fits = (text: string): boolean => /^\d{1,16}$/.test(text) && Number(text) >= low && Number(text) <= high;
  return z.string().trim().refine(fits, `must be a whole number, ${low} to ${high}`).transform(Number).meta({ title }).describe(about);
}

/** The id of a file that was made or uploaded. */
export function file(title: string, about: string) {
  return z
    .string()
    .trim()
    .refine((text) => isId("art", text), "an artifact id looks like art_0123456789abcdef; list_jobs shows yours")
    .meta({ title })
    .describe(about);
}

/** What can be said of pictures to be made, and goes to `render_image` as it is. */
export const pictureArgs = {
  aspect: z
    .enum(aspects)
    .meta({ title: "Shape" })
    .describe(`Shape of every picture: ${aspects.join(", ")}.`),
  model: words("Model", "Checkpoint by name; the studio's usual one when empty.", 200),
  lora: words("LoRA", "One LoRA by name; its trigger words are put in by themselves.", 200),
  negative_prompt: words("Not in the picture", "What no picture must show."),
  seed: whole(
    "Seed",
    "Number of the first picture's noise: the same one and the same words give the same picture.",
    0,
    Number.MAX_SAFE_INTEGER,
  ),
};
