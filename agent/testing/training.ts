/** A chat with photos at hand, for tests of training. */
import { newId } from "../../core/ids.ts";
import type { JobProgress, JobState } from "../../core/job.ts";
import { testAsset } from "../../core/testing/memory-assets.ts";
import { picture } from "../../tools/testing/context.ts";
import type { TestChat } from "./chat.ts";
import { jobRow } from "./studio.ts";

/** Uploads that many photos, and an archive where one is wanted; gives their ids. */
export function photos(chat: TestChat, count = 12, more: { zip?: boolean; sound?: boolean } = {}): string[] {
  const files = Array.from({ length: count }, (_, at) => picture(newId("art"), { name: `photo-${at + 1}.jpg`, mediaType: "image/jpeg" }));
  if (more.zip) files.push(picture(newId("art"), { name: "photos.zip", mediaType: "application/zip" }));
  if (more.sound) files.push(picture(newId("art"), { name: "note.wav", mediaType: "audio/wav" }));
  chat.studio.files.push(...files);
  return files.map(({ id }) => id);
}

/** A LoRA that is there. */
export function ownLora(chat: TestChat, name = "biscuit", triggerWords = ["bsct dog"]): void {
  chat.studio.things.push(testAsset({ kind: "lora", name, family: "sd15", triggerWords }, { job: newId("job") }));
}

export function ownDataset(chat: TestChat, name = "biscuit", pictures = 20): void {
  const asset = testAsset({ kind: "dataset", name, pictures }, { job: newId("job") });
  const one = asset.details.kind === "dataset" ? asset.details.pictures[0] : undefined;
  if (!one || asset.details.kind !== "dataset") throw new Error("a dataset has pictures");
  const many = Array.from({ length: pictures }, (_, at) => ({ ...one, number: at + 1, caption: `dog number ${at + 1}` }));
  chat.studio.things.push({ ...asset, details: { ...asset.details, pictures: many, warnings: ["2 photos are blurred."] } });
}

/** A training of this conversation, in some state. */
export function training(chat: TestChat, state: JobState, progress?: JobProgress, conversation = "conv"): string {
  const id = newId("job");
  chat.studio.jobs.push(
    jobRow({
      id,
      tool: "train_lora",
      title: "Train LoRA: biscuit (1200 steps)",
      state,
      input: { name: "biscuit", trigger_words: ["bsct dog"] },
      makes: { kind: "lora", name: "biscuit", family: "sd15", triggerWords: ["bsct dog"] },
      origin: { conversation, message: "m0", ordinal: 0 },
      ...(progress ? { progress } : {}),
      ...(state === "failed" ? { error: { code: "engine_failed", message: "The card fell off the bus.", retryable: false } } : {}),
    }),
  );
  return id;
}
