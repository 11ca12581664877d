/** Questions about jobs over a fake Ollama that would have to load its model: it hears nothing of them. */
import { afterEach, describe, expect, it } from "vitest";
import { silentLog } from "../../core/log.ts";
import { chatModelOf } from "../model.ts";
import { createTestChat, doneOf, textOf } from "../testing/chat.ts";
import { startFakeOllama } from "../testing/fake-ollama.ts";
import { training } from "../testing/training.ts";

const closing: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0)) await close();
});

async function start(name = "qwen3:4b") {
  const ollama = await startFakeOllama({ models: [name], replies: [{ text: "A model was asked." }] });
  closing.push(ollama.close);
  const seen = { get: async () => true, set: async () => {} };
  return { ollama, chat: createTestChat({ model: chatModelOf({ ollama: { url: ollama.url, configured: true }, seen, log: silentLog }) }) };
}

const half = { stage: "training", fraction: 0.25, step: 300, steps: 1200, loss: 0.0834, savedStep: 250 } as const;

describe("a question about a job asks no model, not even which there are", () => {
  it.each([
    "Is it done?",
    "is it ready yet",
    "how far is it?",
    "How far along is the training?",
    "is biscuit done?",
    "how is the training going?",
    "what does it look like now?",
    "what does biscuit look like so far?",
    "how much longer?",
    "status?",
    "what's in the queue?",
    "Wie weit ist das Training?",
    "ist es fertig?",
    "wie sieht es jetzt aus?",
    "¿está listo?",
    "¿cómo va el entrenamiento?",
  ])("%s", async (text) => {
    const { chat, ollama } = await start();
    training(chat, "running", half);
    const parts = await chat.turn(text);
    expect(ollama.calls).toEqual([]);
    expect(ollama.loaded()).toEqual([]);
    expect(textOf(parts)).toContain("Train LoRA: biscuit");
    expect(doneOf(parts)).toMatchObject({ planner: "rules", jobs: [] });
  });
  it("in a model that only fills in words as well, and from another conversation", async () => {
    const { chat, ollama } = await start("olmo2:7b");
    training(chat, "running", half, "elsewhere");
    expect(textOf(await chat.turn("is it done?"))).toContain("step 300 of 1200");
    expect(ollama.calls).toEqual([]);
  });
  it.each(["is the dinner ready?", "how far is the moon?", "draw a fox", "is it raining?", "what does a fox look like?"])(
    "and anything else does: %s",
    async (text) => {
      const { chat, ollama } = await start();
      training(chat, "running", half);
      await chat.turn(text);
      expect(ollama.chats()).toHaveLength(1);
    },
  );
  it("and so does a question about nothing that there is", async () => {
    const { chat, ollama } = await start();
    await chat.turn("is it done?");
    expect(ollama.chats()).toHaveLength(1);
  });
});

describe("the answer", () => {
  it("tells step, loss, what is saved and what can be said", async () => {
    const { chat } = await start();
    training(chat, "running", half);
    chat.studio.outlook = async () => ({ seconds: [1200, 1260] });
    const said = textOf(await chat.turn("how far is it?"));
    expect(said).toMatch(/is running: step 300 of 1200, loss 0\.083, last saved at step 250, about 20 min to 21 min left\./);
    expect(said).toContain('"show me a sample now", "save it now" or "stop the training and keep it"');
  });
  it("tells the cause of a failure and from where it goes on", async () => {
    const { chat } = await start();
    training(chat, "failed", half);
    expect(textOf(await chat.turn("is the training done?"))).toMatch(
      /failed: The card fell off the bus\.\nSay "resume the training": it goes on from step 250/,
    );
    const fresh = await start();
    training(fresh.chat, "failed");
    expect(textOf(await fresh.chat.turn("is it done?"))).toContain("it had saved nothing yet");
  });
  it("is about what a waiting job waits for too", async () => {
    const { chat } = await start();
    const id = training(chat, "running", half);
    await chat.turn("/render a fox --lora biscuit");
    expect(chat.studio.jobs[1]?.needs).toEqual([id]);
    expect(textOf(await chat.turn("is it done?"))).toMatch(
      /step 300 of 1200[\s\S]*Render: a fox.* is queued\.\nIt starts by itself when "Train LoRA: biscuit/,
    );
  });
});
