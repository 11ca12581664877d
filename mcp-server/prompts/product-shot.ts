/** `product_shot`: clean pictures of one thing, from words or from a photo of it. */
import { z } from "zod";
import { file, pictureArgs, whole, words } from "./fields.ts";
import { definePrompt } from "./prompt.ts";
import { given } from "./quote.ts";
import { calls, numbered, oneNegative, oneSeed, sameFields, submitThenWait } from "./steps.ts";

const args = z.strictObject({
  product: words("Product", "The thing that is shown, in plain words: form, material, colour."),
  setting: words("Setting", "Where it stands and how it is lit. A plain backdrop in soft studio light when empty.", 500).optional(),
  style: words("Style", "Look of the pictures, such as catalogue photo or macro.", 500).optional(),
  count: whole("Pictures", "How many views, 1 to 8. 3 when empty.", 1, 8).optional(),
  aspect: pictureArgs.aspect.optional(),
  model: pictureArgs.model.optional(),
  lora: pictureArgs.lora.optional(),
  negative_prompt: pictureArgs.negative_prompt.optional(),
  seed: pictureArgs.seed.optional(),
  photo: file("Photo", "Artifact id of a photo of it to start from. Its form stays close to the photo.").optional(),
});

/** Far enough for another setting, near enough for the same thing. */
const strength = 0.5;

export const productShot = definePrompt({
  name: "product_shot",
  title: "Product shots",
  description: "Clean pictures of one product from several sides, drawn from words or from a photo of it.",
  needs: ["render_image", "wait_for_job", "reroll_job", "upscale_image"],
  args,
  sources: { model: "model", lora: "lora", photo: "picture" },
  message({ product, setting = "a plain light backdrop, soft studio light", style, count = 3, photo, aspect, ...wish }) {
    // a picture that is redrawn keeps its shape unless another one is asked for
    const shape = aspect ?? (photo ? undefined : "square");
    const fields = sameFields({ aspect: shape, ...wish }, photo ? { init_image: photo, strength } : {});
    const differs = photo ? "light and backdrop (the side it is seen from is the photo's)" : "side it is seen from, distance, detail";
    const steps = [
      `Call render_image once for each view, ${calls(count)} in all, with these fields as they are:\n${fields}\nand a prompt of your own, at most 60 words: first the product, the setting and the style, in the same words each time; then what differs: ${differs}.`,
      photo ? "strength says how far to depart from the photo: less keeps more of it." : "",
      oneNegative(wish.negative_prompt, "blurry, clutter, hands, text, watermark, logo"),
      count > 1 ? oneSeed(wish.seed) : "",
      ...submitThenWait,
      "Show each view with its job id and seed. Say that it is drawn, and may differ from the real product. Offer another take (reroll_job with its job_id and what changes) and a larger copy (upscale_image with the artifact id).",
    ];
    return `Make product shots with the tools of MySpinBot.\n\n${given({ product, setting, style })}\n\n${numbered(steps)}`;
  },
});
