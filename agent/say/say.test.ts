/** What is said of a LoRA and of a dataset that are there, and what is said once. */
import { expect, it } from "vitest";
import { wordsOfAsset } from "../../core/asset-words.ts";
import { createTestChat, textOf } from "../testing/chat.ts";
import { ownDataset, ownLora, photos } from "../testing/training.ts";

it("of a LoRA its name, its trigger words and how to draw with it", () => {
  const chat = createTestChat();
  ownLora(chat);
  const [asset] = chat.studio.things;
  if (asset?.details.kind !== "lora") throw new Error("no LoRA");
  Object.assign(asset.details, { samples: ["art_1", "art_2"], stepsAsked: 400 });
  expect(wordsOfAsset(asset)).toBe(
    'The LoRA "biscuit" is ready: 100 of 400 steps with 12 pictures on base (licence: unknown). Its 2 samples are among the files.\nSay "draw biscuit on the beach", for example. Its trigger words are put in by themselves: bsct dog.',
  );
});

it("of a dataset twelve numbered captions, how many more there are, its warnings and how to change one", () => {
  const chat = createTestChat();
  ownDataset(chat, "dogs", 20);
  const [asset] = chat.studio.things;
  if (!asset) throw new Error("no dataset");
  const lines = wordsOfAsset(asset).split("\n");
  expect(lines[0]).toContain('"dogs" is ready: 20 pictures');
  expect(lines.slice(1, 13)).toEqual(Array.from({ length: 12 }, (_, at) => `${at + 1}. dog number ${at + 1}`));
  expect(lines.slice(13)).toEqual([
    "… and 8 more: /captions dogs shows all.",
    "2 photos are blurred.",
    'Say "caption 3: a dog on grass" for another caption, "leave out picture 5" to do without one.',
  ]);
});

it("both where somebody asks whether it is done", async () => {
  const chat = createTestChat();
  await chat.turn("train a lora called biscuit, trigger bsct dog", { attachments: photos(chat) });
  for (const { id } of chat.studio.jobs) chat.studio.finish(id);
  expect(textOf(await chat.turn("is the training done?"))).toContain('is done. The LoRA "biscuit" is ready');
  expect(textOf(await chat.turn(`/job ${chat.studio.jobs[0]?.id}`))).toContain('The dataset "biscuit" is ready');
});

it("how it was planned once a conversation", async () => {
  const chat = createTestChat();
  const note = "Planned by rules: no chat model is set up.";
  expect(textOf(await chat.turn("draw a fox"))).toContain(note);
  for (const text of ["draw a hare", "hello"]) expect(textOf(await chat.turn(text))).not.toContain(note);
  expect(textOf(await chat.turn("draw an owl", { conversation: "another" }))).toContain(note);
});
