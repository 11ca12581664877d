/** Training by slash commands. */
import { expect, it } from "vitest";
import { createTestChat, errorOf, textOf } from "../testing/chat.ts";
import { ownDataset, ownLora, photos, training } from "../testing/training.ts";

it("takes the attached photos, and makes the dataset first", async () => {
  const chat = createTestChat();
  const ids = photos(chat, 12, { zip: true });
  await chat.turn('/train biscuit --trigger-words "bsct dog" --steps 1200 --rank 16', { attachments: ids });
  expect(chat.studio.invoked.map(({ tool, input }) => [tool, input])).toEqual([
    ["make_dataset", { name: "biscuit", pictures: ids }],
    ["train_lora", { name: "biscuit", trigger_words: ["bsct dog"], steps: 1200, rank: 16, dataset: "biscuit" }],
  ]);
});

it("makes a dataset of those of the message before, or of some by their number", async () => {
  const chat = createTestChat();
  const ids = photos(chat);
  await chat.turn("/help", { attachments: ids });
  await chat.turn("/dataset dogs");
  await chat.turn("/dataset two --pictures 1 --pictures 2", { attachments: ids });
  expect(chat.studio.invoked.map(({ input }) => (input as { pictures: string[] }).pictures)).toEqual([ids, ids.slice(0, 2)]);
});

it("changes captions and leaves pictures out by number", async () => {
  const chat = createTestChat();
  ownDataset(chat);
  expect(errorOf(await chat.turn('/captions biscuit --captions "3: a dog: on grass" --leave-out 5 --leave-out 6'))).toBeUndefined();
  expect(chat.studio.invoked[0]?.input).toEqual({
    dataset: "biscuit",
    captions: [{ picture: 3, caption: "a dog: on grass" }],
    leave_out: [5, 6],
  });
});

it("steers the one training that runs", async () => {
  const chat = createTestChat();
  const id = training(chat, "running", undefined, "elsewhere");
  await chat.turn("/steer keep");
  expect(chat.studio.orders).toEqual([{ id, name: "keep" }]);
});

it("renames, deletes and lists", async () => {
  const chat = createTestChat();
  ownLora(chat);
  await chat.turn("/rename biscuit bella");
  expect(textOf(await chat.turn("/assets lora"))).toContain("bella");
  await chat.turn("/delete bella");
  expect(chat.studio.things).toEqual([]);
});

it("shows in its help what lists hold", async () => {
  const help = textOf(await createTestChat().turn("/help captions"));
  expect(help).toContain("--captions <picture:caption>");
  expect(help).toContain("--leave-out <number>");
});
