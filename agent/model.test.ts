/** Choosing and using the chat model, over HTTP fakes of Ollama and of an OpenAI-compatible server. */
import { afterEach, describe, expect, it, vi } from "vitest";
import { silentLog } from "../core/log.ts";
import { type ChatModelOptions, type ChatModelSource, chatModelOf } from "./model.ts";
import { createTestChat, doneOf, errorOf, textOf } from "./testing/chat.ts";
import { type FakeOllamaOptions, startFakeOllama } from "./testing/fake-ollama.ts";
import { startFakeOpenAi } from "./testing/fake-openai.ts";

const closing: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0)) await close();
});

function memorySeen(value = false) {
  return {
    value,
    async get() {
      return this.value;
    },
    async set() {
      this.value = true;
    },
  };
}

function sourceOf(
  url: string,
  more: Partial<ChatModelOptions["ollama"]> & { seen?: ReturnType<typeof memorySeen>; patience?: number } = {},
): ChatModelSource {
  const { seen = memorySeen(), patience, ...ollama } = more;
  return chatModelOf({ ollama: { url, configured: false, ...ollama }, seen, log: silentLog, tuning: patience ? { patience } : {} });
}

async function fake(options: FakeOllamaOptions = {}) {
  const ollama = await startFakeOllama(options);
  closing.push(ollama.close);
  return ollama;
}

async function fakeOpenAi(options: Parameters<typeof startFakeOpenAi>[0] = {}) {
  const server = await startFakeOpenAi(options);
  closing.push(server.close);
  return server;
}

const fox = { calls: [{ name: "render_image", arguments: { prompt: "a red fox" } }] };
const never = new AbortController().signal;
/** A port where nobody listens: it was ours a moment ago. */
async function deadUrl(): Promise<string> {
  const server = await startFakeOllama();
  await server.close();
  return server.url;
}

describe("the choice of a model", () => {
  it("is the first installed one that calls tools", async () => {
    const ollama = await fake({ models: ["olmo2:7b", "phi3:mini", "mistral:7b"] });
    const seen = memorySeen();
    const source = sourceOf(ollama.url, { seen });
    expect(await source.choose(never)).toMatchObject({ planner: "native", model: { name: "mistral:7b" } });
    expect(await source.status()).toEqual({ planner: "native", model: "mistral:7b", url: ollama.url });
    expect(seen.value).toBe(true);
  });
  it("is the named one, whatever else there is", async () => {
    const ollama = await fake({ models: ["mistral:7b", "qwen3:4b"], replies: [fox] });
    const chat = createTestChat({ model: sourceOf(ollama.url, { model: "qwen3:4b", configured: true }) });
    await chat.turn("draw a red fox");
    expect(ollama.chats()[0]).toMatchObject({ model: "qwen3:4b", think: false });
  });
  it.each(["olmo2:7b", "phi3:mini"])("plans by rules with %s, which cannot call tools, and says so", async (model) => {
    const ollama = await fake({ models: [model] });
    const chat = createTestChat({ model: sourceOf(ollama.url) });
    const parts = await chat.turn("draw a red fox");
    expect(doneOf(parts).planner).toBe("rules");
    expect(textOf(parts)).toMatch(new RegExp(`${model} cannot call tools.*ollama pull`));
    expect(chat.studio.jobs).toHaveLength(1);
    expect(ollama.chats()).toEqual([]);
    expect(await chat.agent.status()).toMatchObject({ planner: "guided", model, note: expect.stringContaining("ollama pull") });
  });
  it("is never one that only embeds", async () => {
    const ollama = await fake({ models: ["nomic-embed-text", "phi3:mini"] });
    expect(await sourceOf(ollama.url).choose(never)).toMatchObject({ planner: "guided", model: { name: "phi3:mini" } });
    const alone = await fake({ models: ["nomic-embed-text"] });
    expect((await sourceOf(alone.url).choose(never)).planner).toBe("rules");
  });
  it("looks again when the list of models changes", async () => {
    const before = await startFakeOllama({ models: ["phi3:mini"] });
    const source = sourceOf(before.url);
    expect((await source.choose(never)).planner).toBe("guided");
    await before.close();
    const after = await startFakeOllama({ models: ["mistral:7b", "phi3:mini"], port: Number(new URL(before.url).port) });
    closing.push(after.close);
    expect((await source.choose(never)).planner).toBe("native");
  });
  it("is rules where nothing was ever configured or seen", async () => {
    const chat = createTestChat({ model: sourceOf(await deadUrl()) });
    const parts = await chat.turn("draw a red fox");
    expect(doneOf(parts).planner).toBe("rules");
    expect(chat.studio.jobs).toHaveLength(1);
    expect(await chat.agent.status()).toMatchObject({ planner: "rules", fix: expect.stringContaining("ollama serve") });
  });
  it.each([
    ["configured", { configured: true }],
    ["named", { configured: true, model: "mistral:7b" }],
    ["seen once", { seen: memorySeen(true) }],
  ])("is never replaced by rules where one was %s: the error names it and the command", async (_name, more) => {
    const chat = createTestChat({ model: sourceOf(await deadUrl(), more) });
    const error = errorOf(await chat.turn("draw a red fox"));
    expect(error).toMatchObject({ code: "model_unavailable", retryable: true });
    expect(error?.message).toContain("ollama serve");
    if ("model" in more) expect(error?.message).toContain("mistral:7b");
    expect(chat.studio.invoked).toEqual([]);
    expect(await chat.agent.status()).toMatchObject({ fix: "ollama serve" });
  });
  it("does not matter to slash commands", async () => {
    const chat = createTestChat({ model: sourceOf(await deadUrl(), { configured: true }) });
    const parts = await chat.turn("/render a red fox --seed 4");
    expect(doneOf(parts).planner).toBe("slash");
    expect(chat.studio.jobs).toHaveLength(1);
  });
  it("that is not installed is named with the command that gets it", async () => {
    const ollama = await fake();
    const source = sourceOf(ollama.url, { configured: true, model: "llama9:70b" });
    const chat = createTestChat({ model: source });
    const error = errorOf(await chat.turn("draw a red fox"));
    expect(error).toMatchObject({ code: "model_unavailable", message: expect.stringContaining("ollama pull llama9:70b") });
    expect(await source.status()).toMatchObject({ fix: "ollama pull llama9:70b" });
  });
  it("works again when the server is back, for the same message too", async () => {
    const before = await startFakeOllama();
    const source = sourceOf(before.url);
    await source.choose(never);
    await before.close();
    const chat = createTestChat({ model: source });
    expect(errorOf(await chat.turn("draw a red fox", { message: "m" }))?.code).toBe("model_unavailable");
    const after = await startFakeOllama({ replies: [fox], port: Number(new URL(before.url).port) });
    closing.push(after.close);
    expect(doneOf(await chat.turn("draw a red fox", { message: "m" })).jobs).toHaveLength(1);
  });
});

describe("what goes wrong at the model", () => {
  it.each([
    ["400 without tools", { status: 400, error: "does not support tools" }, "model_failed", /does not support tools/],
    ["500", { status: 500, error: "llama runner process has terminated" }, "model_failed", /runner process has terminated/],
    ["a proxy's page", { status: 502, html: "<html>Bad Gateway</html>" }, "model_failed", /502/],
    ["a broken stream", { text: ["I will"], breakOff: true }, "model_failed", /broke off/],
    ["a cut answer with calls", { ...fox, doneReason: "length" as const }, "model_failed", /cut off; nothing was submitted/],
    ["silence", { text: "", doneReason: "stop" as const }, "model_failed", /said nothing/],
  ])("%s is one clear error, submits nothing and prints nothing", async (_name, reply, code, message) => {
    const out = vi.spyOn(process.stdout, "write");
    const log = vi.spyOn(console, "log");
    const ollama = await fake({ replies: [reply] });
    const chat = createTestChat({ model: sourceOf(ollama.url) });
    const error = errorOf(await chat.turn("draw a red fox"));
    expect(error?.code).toBe(code);
    expect(error?.message).toMatch(message);
    expect(chat.studio.invoked).toEqual([]);
    expect(log).not.toHaveBeenCalled();
    expect(out.mock.calls.map(([text]) => String(text)).filter((text) => /response|Ollama|error/i.test(text))).toEqual([]);
    out.mockRestore();
    log.mockRestore();
  });
  it("asks once: no retries", async () => {
    const ollama = await fake({ replies: [{ status: 500, error: "no" }] });
    await createTestChat({ model: sourceOf(ollama.url) }).turn("draw a red fox");
    expect(ollama.chats()).toHaveLength(1);
  });
  it("a model that gets stuck is given up after a stated time", async () => {
    const ollama = await fake({ replies: [{ text: ["I "], hang: true }] });
    const chat = createTestChat({ model: sourceOf(ollama.url, { patience: 200 }) });
    const error = errorOf(await chat.turn("draw a red fox"));
    expect(error).toMatchObject({ code: "model_unavailable", message: expect.stringContaining("ollama ps") });
    await expect.poll(() => ollama.calls.at(-1)?.aborted).toBe(true);
  });
  it("an answer that was cut is marked", async () => {
    const ollama = await fake({ replies: [{ text: "A majestic", doneReason: "length" }] });
    expect(textOf(await createTestChat({ model: sourceOf(ollama.url) }).turn("hello"))).toBe("A majestic …");
  });
});

describe("an abort", () => {
  it("reaches the server in mid-answer, and the turn ends with the reason", async () => {
    const ollama = await fake({ replies: [{ text: ["I ", "will "], hang: true }] });
    const chat = createTestChat({ model: sourceOf(ollama.url) });
    const stop = new AbortController();
    const turn = chat.turn("draw a red fox", { signal: stop.signal });
    await expect.poll(() => ollama.chats().length).toBe(1);
    const reason = new Error("the person left");
    stop.abort(reason);
    await expect(turn).rejects.toBe(reason);
    await expect.poll(() => ollama.calls.at(-1)?.aborted).toBe(true);
    expect(chat.studio.invoked).toEqual([]);
  });
  it("reaches the server before its first word", async () => {
    const ollama = await fake({ replies: [{ text: "late", delayMs: 60_000 }] });
    const chat = createTestChat({ model: sourceOf(ollama.url) });
    const stop = new AbortController();
    const turn = chat.turn("draw a red fox", { signal: stop.signal });
    await expect.poll(() => ollama.chats().length).toBe(1);
    stop.abort();
    await expect(turn).rejects.toThrow();
    await expect.poll(() => ollama.calls.at(-1)?.aborted).toBe(true);
  });
});

describe("VRAM", () => {
  it("is given back for models of ours, and for no other", async () => {
    const ollama = await fake({ models: ["mistral:7b", "qwen3:4b"], replies: [{ text: "Hi." }] });
    const chat = createTestChat({ model: sourceOf(ollama.url) });
    await chat.turn("hello");
    await fetch(`${ollama.url}/api/generate`, { method: "POST", body: JSON.stringify({ model: "qwen3:4b" }) });
    expect(ollama.loaded()).toEqual(["mistral:7b", "qwen3:4b"]);
    expect(ollama.chats()[0]).toMatchObject({ keep_alive: "5m", options: { num_ctx: 8192, num_predict: 1024, temperature: 0 } });
    await chat.agent.release?.(never);
    expect(ollama.loaded()).toEqual(["qwen3:4b"]);
    expect(ollama.calls.filter(({ path }) => path === "/api/generate").at(-1)?.body).toMatchObject({ model: "mistral:7b", keep_alive: 0 });
  });
  it("is nobody's where Ollama is down", async () => {
    await expect(sourceOf(await deadUrl(), { configured: true, model: "mistral:7b" }).release(never)).resolves.toBeUndefined();
  });
});

describe("an OpenAI-compatible server", () => {
  const sourceAt = (baseUrl: string, more: { model?: string; apiKey?: string } = {}) =>
    chatModelOf({
      ollama: { url: "http://127.0.0.1:9", configured: false },
      openai: { baseUrl, model: "served-model", ...more },
      seen: memorySeen(),
      log: silentLog,
    });

  it("plans with tool calls that come in pieces", async () => {
    const server = await fakeOpenAi({
      key: "sk-1",
      replies: [
        {
          text: ["Two ", "pictures."],
          calls: [fox.calls[0], { name: "render_image", arguments: { prompt: "a hare", count: 2 } }].flatMap((call) => call ?? []),
        },
      ],
    });
    const chat = createTestChat({ model: sourceAt(server.baseUrl, { apiKey: "sk-1" }) });
    const parts = await chat.turn("a fox and two hares");
    expect(chat.studio.jobs.map((job) => [job.input["prompt"], job.input["count"]])).toEqual([
      ["a red fox", 1],
      ["a hare", 2],
    ]);
    expect(doneOf(parts).planner).toBe("native");
    expect(textOf(parts)).toMatch(/^Two pictures\.\n/);
    expect(server.chats()[0]).toMatchObject({
      stream: true,
      temperature: 0,
      tools: expect.arrayContaining([expect.objectContaining({ type: "function" })]),
    });
    expect(await chat.agent.status()).toMatchObject({ planner: "native", model: "served-model" });
  });
  it.each([
    ["a wrong key", { apiKey: "wrong" }, "model_unavailable", /OPENAI_API_KEY/],
    ["an unknown model", { apiKey: "sk-1", model: "other" }, "model_unavailable", /OPENAI_MODEL/],
  ])("%s is named with its setting, and the key is not", async (_name, more, code, message) => {
    const server = await fakeOpenAi({ key: "sk-1" });
    const error = errorOf(await createTestChat({ model: sourceAt(server.baseUrl, more) }).turn("draw a fox"));
    expect(error?.code).toBe(code);
    expect(error?.message).toMatch(message);
    expect(error?.message).not.toMatch(/sk-1|wrong/);
    expect(server.chats()).toHaveLength(1);
  });
  it("that is away is unavailable, and says so in the status", async () => {
    const chat = createTestChat({ model: sourceAt(`${await deadUrl()}/v1`) });
    expect(errorOf(await chat.turn("draw a fox"))?.code).toBe("model_unavailable");
    expect(await chat.agent.status()).toMatchObject({ model: "served-model", note: expect.stringContaining("does not answer") });
  });
  it("that never comes to an end is left, and nothing is submitted", async () => {
    const words = "so on and ".repeat(1000);
    const server = await fakeOpenAi({ replies: [{ text: Array.from({ length: 40 }, () => words) }] });
    const chat = createTestChat({ model: sourceAt(server.baseUrl) });
    expect(errorOf(await chat.turn("draw a fox"))?.code).toBe("model_failed");
    expect(chat.studio.jobs).toEqual([]);
  });
  it("may break off or be cut", async () => {
    const server = await fakeOpenAi({
      replies: [
        { text: ["I"], breakOff: true },
        { ...fox, doneReason: "length" },
      ],
    });
    const chat = createTestChat({ model: sourceAt(server.baseUrl) });
    expect(errorOf(await chat.turn("draw a fox"))?.code).toBe("model_failed");
    expect(errorOf(await chat.turn("draw a fox"))?.message).toMatch(/cut off/);
    expect(chat.studio.invoked).toEqual([]);
  });
});
