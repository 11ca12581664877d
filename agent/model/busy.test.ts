/** Where the chat model answers while a job has the card, over an Ollama that keeps its scheduler's rules. */
import { HumanMessage } from "@langchain/core/messages";
import { afterEach, describe, expect, it } from "vitest";
import { createCard } from "../../core/card.ts";
import { silentLog } from "../../core/log.ts";
import { memoryLedger } from "../../core/testing/memory-ledger.ts";
import { chatModelOf } from "../model.ts";
import { type FakeOllamaOptions, startFakeOllama } from "../testing/fake-ollama.ts";
import type { WhileBusy } from "./placement.ts";

const closing: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0)) await close();
});

const never = new AbortController().signal;
const sdxl = { family: "comfy-sdxl", vramGb: 10 };

async function rig(options: FakeOllamaOptions = {}, whileBusy?: WhileBusy) {
  const ollama = await startFakeOllama({ models: ["mistral:7b", "qwen3:4b"], ...options });
  closing.push(ollama.close);
  const kept = memoryLedger();
  const card = createCard(kept);
  const source = () =>
    chatModelOf({
      ollama: { url: ollama.url, configured: true, model: "mistral:7b" },
      seen: { get: async () => true, set: async () => undefined },
      log: silentLog,
      card,
      ...(whileBusy ? { whileBusy } : {}),
    });
  const model = source();
  const ask = async (signal = never) => {
    const choice = await model.choose(never);
    if (choice.planner === "rules") throw new Error("no model was chosen");
    return choice.model.ask([new HumanMessage("hello")], [], { signal, onText: () => undefined });
  };
  const last = () => ollama.chats().at(-1) as { model: string; keep_alive?: unknown; options: Record<string, unknown> };
  return { ollama, card, kept, model, source, ask, last, memory: model.memory as NonNullable<typeof model.memory> };
}

describe("while nothing runs", () => {
  it("it answers on the card as always, and leaves its seat", async () => {
    const { ask, last, ollama, card } = await rig();
    await ask();
    expect(last().options).not.toHaveProperty("num_gpu");
    expect(last().keep_alive).toBe("5m");
    expect(ollama.memory.list()).toMatchObject([{ name: "mistral:7b", cardGb: expect.closeTo(4.78, 1) }]);
    expect(await (await card.take("w", sdxl)).turns()).toBeUndefined();
  });
  it("a job that comes in mid-answer knows of it, and of its size", async () => {
    const { ask, ollama, card } = await rig({ replies: [{ text: ["I "], hang: true }] });
    const stop = new AbortController();
    const turn = ask(stop.signal);
    await expect.poll(() => ollama.chats().length).toBe(1);
    const hold = await card.take("w", sdxl);
    // from the file's size: Ollama has not told yet
    expect(await hold.turns()).toBeCloseTo(5.4, 1);
    stop.abort(new Error("left"));
    await expect(turn).rejects.toThrow("left");
    expect(await hold.turns()).toBeUndefined();
  });
  it("a request that fails leaves its seat too", async () => {
    const { ask, card } = await rig({ replies: [{ status: 500, error: "no" }] });
    await expect(ask()).rejects.toMatchObject({ code: "model_failed" });
    expect(await (await card.take("w", sdxl)).turns()).toBeUndefined();
  });
});

describe("while a job has the card", () => {
  it("it answers on the processor, and its copy does not stay for long", async () => {
    const { ask, last, ollama, card } = await rig();
    await card.take("w", sdxl);
    await ask();
    expect(last()).toMatchObject({ model: "mistral:7b", keep_alive: "1m", options: { num_gpu: 0, num_ctx: 8192 } });
    expect(ollama.memory.loads).toEqual([{ name: "mistral:7b", cardGb: 0 }]);
  });
  it("a model that lies on the card leaves it with the first answer on the processor", async () => {
    const { ask, ollama, card } = await rig();
    await ask();
    await card.take("w", sdxl);
    await ask();
    expect(ollama.memory.list()).toMatchObject([{ cardGb: 0 }]);
  });
  it("it stays on the card where it fits beside the job, by the size that Ollama told", async () => {
    const { ask, last, card, memory } = await rig();
    await ask();
    await memory.held(never);
    const hold = await card.take("w", { family: "comfy-sd15", vramGb: 4 });
    await hold.spare(4.8);
    await ask();
    expect(last().options).not.toHaveProperty("num_gpu");
    await hold.spare(4.7);
    await ask();
    expect(last().options).toMatchObject({ num_gpu: 0 });
  });
  it("afterwards it is on the card again: Ollama would go on answering from the copy on the processor", async () => {
    const { ask, last, ollama, card } = await rig();
    const hold = await card.take("w", sdxl);
    await ask();
    await hold.end();
    await ask();
    expect(last().options).not.toHaveProperty("num_gpu");
    expect(ollama.memory.loads.map(({ cardGb }) => cardGb > 0)).toEqual([false, true]);
  });
  it("a copy on the processor that another answer still comes from is tried again with the next question", async () => {
    let answers = 0;
    const { ask, ollama, card } = await rig({ replies: () => (answers++ === 0 ? { text: ["I "], hang: true } : { text: "Hi." }) });
    const hold = await card.take("w", sdxl);
    const stop = new AbortController();
    const long = ask(stop.signal).catch(() => undefined);
    await expect.poll(() => ollama.chats().length).toBe(1);
    await hold.end();
    await ask();
    expect(ollama.memory.list()).toMatchObject([{ cardGb: 0 }]);
    stop.abort(new Error("left"));
    await long;
    await expect.poll(() => ollama.calls.some(({ aborted }) => aborted)).toBe(true);
    await ask();
    expect(ollama.memory.list()).toMatchObject([{ cardGb: expect.closeTo(4.78, 1) }]);
  });
  it("a copy on the processor is in the way of a warm model too", async () => {
    const { ask, ollama, card, memory } = await rig();
    const hold = await card.take("w", sdxl);
    await ask();
    await hold.end();
    await memory.warm({ model: "mistral:7b" }, never);
    expect(ollama.memory.list()).toMatchObject([{ cardGb: expect.closeTo(4.78, 1) }]);
  });
  it("a database that cannot tell is taken for a job: nothing is loaded onto the card on a guess", async () => {
    const { ask, last, kept } = await rig();
    kept.away = true;
    await ask();
    expect(last().options).toMatchObject({ num_gpu: 0 });
  });
  it("asking what state the model is in loads nothing", async () => {
    const { model, ollama, card } = await rig();
    await card.take("w", sdxl);
    await model.status();
    expect(ollama.calls.map(({ path }) => path)).toEqual(["/api/tags", "/api/show"]);
  });
});

describe("as the person configured it", () => {
  it("gpu: on the card all the same", async () => {
    const { ask, last, card } = await rig({}, "gpu");
    await card.take("w", sdxl);
    await ask();
    expect(last().options).not.toHaveProperty("num_gpu");
  });
  it("model:NAME: the other model, on the processor unless it fits", async () => {
    const { ask, last, card } = await rig({}, { model: "qwen3:4b" });
    await ask();
    expect(last()).toMatchObject({ model: "mistral:7b" });
    const hold = await card.take("w", sdxl);
    await ask();
    expect(last()).toMatchObject({ model: "qwen3:4b", options: { num_gpu: 0 } });
    await hold.end();
    await ask();
    expect(last()).toMatchObject({ model: "mistral:7b" });
  });
  it("model:NAME that is not installed is named with the command that gets it", async () => {
    const { ask, card } = await rig({}, { model: "tiny:1b" });
    await card.take("w", sdxl);
    await expect(ask()).rejects.toMatchObject({ code: "model_unavailable", message: expect.stringContaining("ollama pull tiny:1b") });
  });
  it("model:NAME that fits beside the job is on the card", async () => {
    const bytes = (name: string) => (name === "qwen3:4b" ? 1 : 5) * 1024 ** 3;
    const { ask, last, card, memory } = await rig({ bytes }, { model: "qwen3:4b" });
    await card.take("w", sdxl);
    await ask();
    const hold = await card.take("w", sdxl);
    await hold.spare(5.3);
    // by its file alone it would not
    await ask();
    expect(last()).toMatchObject({ model: "qwen3:4b", options: { num_gpu: 0 } });
    expect(await memory.held(never)).toEqual([]);
  });
});

describe("a caption for a picture", () => {
  it("stays off the card while a job has it, and makes a job wait that comes right after it was let on", async () => {
    const { model, card, ollama } = await rig();
    expect(await model.onCpu("gemma3:4b")).toBe(false);
    const hold = await card.take("w", sdxl);
    expect(await hold.turns()).toBeDefined();
    expect(await model.onCpu("gemma3:4b")).toBe(true);
    expect(ollama.calls).toEqual([]);
  });
});

describe("memory of the card", () => {
  it("is told by model, and whose it is, also to a process that never talked", async () => {
    const { ask, ollama, source } = await rig();
    await ask();
    await fetch(`${ollama.url}/api/generate`, { method: "POST", body: JSON.stringify({ model: "qwen3:4b" }) });
    const held = await source().memory?.held(never);
    expect(held).toEqual([
      { name: "mistral:7b", gb: expect.closeTo(4.78, 1), ours: true },
      { name: "qwen3:4b", gb: expect.closeTo(4.78, 1), ours: false },
    ]);
  });
  it("is given back when the answer that uses it has ended, and not said to be before", async () => {
    const { ask, ollama, memory } = await rig({ replies: [{ text: ["I "], hang: true }] });
    const stop = new AbortController();
    const turn = ask(stop.signal).catch(() => undefined);
    await expect.poll(() => ollama.memory.list().length).toBe(1);
    let given = false;
    const release = memory.release(never).then(() => {
      given = true;
    });
    await expect.poll(() => ollama.calls.some(({ path }) => path === "/api/generate")).toBe(true);
    expect(given).toBe(false);
    stop.abort();
    await Promise.all([turn, release]);
    expect(ollama.memory.list()).toEqual([]);
  });
  it("of a copy on the processor is none: it is left alone", async () => {
    const { ask, ollama, card, memory } = await rig();
    await card.take("w", sdxl);
    await ask();
    await memory.release(never);
    expect(ollama.memory.list()).toHaveLength(1);
  });
  it("is taken again as the next turn would: that loads nothing anew", async () => {
    const { ask, ollama, memory } = await rig();
    const load = await memory.next(never);
    expect(load).toMatchObject({ model: "mistral:7b" });
    if (load) await memory.warm(load, never);
    await ask();
    expect(ollama.memory.loads).toHaveLength(1);
  });
});
