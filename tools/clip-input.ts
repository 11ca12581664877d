/** What `make_clip` takes: what is said, what is seen, and how it is put together. */
import { z } from "zod";
import { maxClipSeconds } from "../core/limits.ts";
import { fileRef, language, pictureFields, rare, stages } from "./fields.ts";

export const clipInput = z.strictObject({
  script: z.string().trim().min(1, "say what is to be spoken").describe("The words that are spoken; write them if the person gave none."),
  prompt: z.string().trim().optional().describe("What is seen, where no picture is given."),
  picture: fileRef.optional().describe("Artifact id of a picture or video of who speaks."),
  person: z.string().trim().min(1).max(80).optional().describe('Whose face it is: a name, "me", or "nobody".'),
  loras: pictureFields.loras,
  voice: z.string().trim().min(1).max(80).optional().describe("As in speak."),
  language: rare(language.optional().describe("As in speak.")),
  speed: rare(z.number().min(0.5).max(2).optional().describe("As in speak.")),
  seconds: z
    .number()
    .min(1)
    .max(maxClipSeconds, `at most ${maxClipSeconds} seconds`)
    .optional()
    .describe("Length; that of the speech when absent."),
  aspect: pictureFields.aspect,
  model: rare(pictureFields.model),
  motion: z.int().min(0).max(10).optional().describe("How much moves, 1 to 10; 0 = a still picture."),
  lip_sync: z.boolean().default(true).describe("Whether the face speaks."),
  who: rare(z.int().min(0).max(20).optional().describe("Which face from the left, where there are several.")),
  captions: z.boolean().default(true).describe("Whether what is said is shown."),
  upscale: z.literal([2, 4]).optional().describe("Times as large."),
  stages,
});

export type ClipWish = z.output<typeof clipInput>;

/** In the order in which they are prepared. */
export const stageNames = ["voice", "picture", "motion", "lips", "upscale"] as const;
export type StageName = (typeof stageNames)[number];

/** Which stage of a clip a changed field belongs to, by the name that it has there. */
export const stageFields: Record<string, readonly [StageName, string]> = {
  text: ["voice", "text"],
  script: ["voice", "text"],
  voice: ["voice", "voice"],
  language: ["voice", "language"],
  speed: ["voice", "speed"],
  prompt: ["picture", "prompt"],
  negative_prompt: ["picture", "negative_prompt"],
  aspect: ["picture", "aspect"],
  width: ["picture", "width"],
  height: ["picture", "height"],
  model: ["picture", "model"],
  loras: ["picture", "loras"],
  steps: ["picture", "steps"],
  seed: ["picture", "seed"],
  motion: ["motion", "motion"],
  scale: ["upscale", "scale"],
};
