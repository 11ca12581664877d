/** A training in looser words, for a model that cannot call tools: rules find its parts, and the model is not asked. */
import { afterEach, describe, expect, it } from "vitest";
import { createTestChat, doneOf, textOf } from "../testing/chat.ts";
import { copying, startFiller } from "../testing/fillers.ts";
import { ownLora, photos } from "../testing/training.ts";

const closing: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0)) await close();
});

async function start() {
  const { ollama, model } = await startFiller(copying);
  closing.push(ollama.close);
  return { ollama, chat: createTestChat({ model }) };
}

describe("in looser words", () => {
  it.each([
    "be a dear and train something from my 12 photos, it should be called biscuit please, and the trigger is bsct dog",
    "so I would love it if you could learn my dog from the photos here: called biscuit, trigger bsct dog, thanks a lot",
    "ich hätte gern, dass du aus diesen Fotos etwas trainierst, namens biscuit, Trigger bsct dog, danke",
  ])("%s", async (text) => {
    const { chat, ollama } = await start();
    const ids = photos(chat);
    const parts = await chat.turn(text, { attachments: ids });
    expect(chat.studio.invoked.map(({ tool, input }) => [tool, (input as { name: string }).name])).toEqual([
      ["make_dataset", "biscuit"],
      ["train_lora", "biscuit"],
    ]);
    expect(chat.studio.invoked[1]?.input).toMatchObject({ trigger_words: ["bsct dog"] });
    expect(ollama.chats()).toEqual([]);
    expect(doneOf(parts).planner).toBe("rules");
  });
  it.each([
    "my brother trained a lora from photos called biscuit, trigger bsct dog",
    "why do people train loras on photos called biscuit with a trigger bsct dog?",
    "please never train a lora from my photos called biscuit, trigger bsct dog",
    "be a dear and train something from the photos, called biscuit, trigger bsct dog, in 37 ways",
  ])("nothing is begun by: %s", async (text) => {
    const { chat } = await start();
    await chat.turn(text, { attachments: photos(chat) });
    expect(chat.studio.invoked).toEqual([]);
  });
  it("what is missing is asked back", async () => {
    const { chat } = await start();
    const parts = await chat.turn("be a dear and train a lora from my photos, will you", { attachments: photos(chat) });
    expect(textOf(parts)).toMatch(/What shall it be called, and which trigger words/);
  });
  it("a picture of the LoRA's name is drawn with it, whoever filled in the words", async () => {
    const { ollama, model } = await startFiller(() => "biscuit on a sledge");
    closing.push(ollama.close);
    const chat = createTestChat({ model });
    ownLora(chat);
    await chat.turn("be a dear and draw the biscuit on a sledge");
    expect(chat.studio.invoked[0]?.input).toEqual({ prompt: "biscuit on a sledge", loras: [{ name: "biscuit" }] });
    expect(ollama.chats()).toHaveLength(1);
  });
});
