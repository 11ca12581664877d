/** `train_lora_from_photos`: photos of one person, thing or style become a LoRA that pictures can be made with. */
import { z } from "zod";
import { isId } from "../../core/ids.ts";
import { pictureArgs, words } from "./fields.ts";
import { definePrompt } from "./prompt.ts";
import { given } from "./quote.ts";
import { numbered } from "./steps.ts";

const most = 100;
const idsOf = (text: string): string[] => [...new Set(text.split(/[\s,]+/).filter(Boolean))];

const photosAbout = `Artifact ids of the photos with commas between, at most ${most}.`;
const photos = z
  .string()
  .refine((text) => idsOf(text).length > 0 && idsOf(text).length <= most, `1 to ${most} artifact ids, with commas between`)
  .refine(
    (text) => idsOf(text).every((id) => isId("art", id)),
    "each is an artifact id, such as art_0123456789abcdef; list_jobs shows yours",
  )
  .transform(idsOf)
  .meta({ title: "Photos" })
  .describe(photosAbout);

const args = z.strictObject({
  photos,
  name: words("Name", "What the LoRA is called, such as june or my-teapot.", 60),
  kind: z
    .enum(["person", "object", "style"])
    .meta({ title: "Kind" })
    .describe("What the photos have in common: person, object, style. person when empty.")
    .optional(),
  trigger_word: words("Trigger word", "Word that calls it up in a prompt. One that no model knows when empty.", 60).optional(),
  model: pictureArgs.model.describe("Checkpoint to train on; the studio's usual one when empty.").optional(),
});

export const trainLoraFromPhotos = definePrompt({
  name: "train_lora_from_photos",
  title: "Train a LoRA from my photos",
  description: "Photos of one person, thing or style become a LoRA: dataset, training, and a test picture.",
  needs: ["make_dataset", "train_lora", "get_job", "wait_for_job", "render_image"],
  args,
  sources: { photos: "pictures", model: "model" },
  message({ photos: ids, kind = "person", ...wish }) {
    const steps = [
      kind === "person"
        ? "Ask me first whether the person in the photos agrees to this, unless I have said so. Without a yes stop here."
        : "",
      `Call make_dataset with ${ids.length === 1 ? "the photo" : `the ${ids.length} photos`} and the name, wait_for_job until it is done, and show me what it says of each photo: a blurred one or a copy spoils the result. Ask me before you leave any out.`,
      "Call train_lora with that dataset, the name, the trigger word (where I gave none, a short one that is no real word: tell me which) and, where I gave one, the model. Leave its other fields at their defaults unless I ask for more. It asks a person for a yes, with all parameters and an estimate: hand that question to me, never answer it yourself.",
      "Training takes minutes to hours and goes on without you. Tell me its job id, call wait_for_job once, then stop waiting; get_job tells how far it is whenever I ask.",
      "When it is done, make one test picture: render_image with the trigger word in the prompt, count 1, and in loras the name that the job gave; then wait_for_job.",
      "If a call or a job fails, say so in its own words, with the remedy that it names.",
    ];
    return `Train a LoRA with the tools of MySpinBot.\n\n${given({ photos: ids, kind, ...wish })}\n\n${numbered(steps)}`;
  },
});
