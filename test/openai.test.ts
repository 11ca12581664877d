/** The OpenAI client library against the whole product: one job a turn, the same bytes however it is asked for, and nothing lost with a connection. */
import { createHash } from "node:crypto";
import OpenAI, { APIError } from "openai";
import type { ChatCompletionMessageParam } from "openai/resources/chat/completions";
import sharp from "sharp";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { JobView } from "../core/view.ts";
import { components } from "../http/openapi/schemas.ts";
import { type Product, startProduct } from "./setup/product.ts";

const model = "myspinbot";
/** Nobody else's words: jobs of other tests are not counted. */
let turn = 0;
const fresh = (): ChatCompletionMessageParam[] => [{ role: "user", content: `draw a red fox ${turn++}, 256x256, seed 7` }];
const links = (content: string) => [...content.matchAll(/!\[[^\]]*\]\((\S+?)\)/g)].map((match) => match[1] ?? "");
const sha256 = (bytes: Uint8Array) => createHash("sha256").update(bytes).digest("hex");

interface Extra {
  conversation: string;
  message: string;
  jobs: { id: string; state: string }[];
  artifacts: { id: string; sha256: string }[];
}
const extraOf = (answer: object) => (answer as { x_myspinbot: Extra }).x_myspinbot;

let product: Product;
let client: OpenAI;

beforeAll(async () => {
  product = await startProduct();
  client = new OpenAI({ baseURL: `${product.url}/v1`, apiKey: "none", maxRetries: 0 });
});
afterAll(() => product.close());

const answerTo = async (messages: ChatCompletionMessageParam[], more: object = {}, headers: Record<string, string> = {}) => {
  const answer = await client.chat.completions.create({ model, messages, ...more }, { headers });
  return { content: answer.choices[0]?.message.content ?? "", extra: extraOf(answer), answer };
};

async function streamed(messages: ChatCompletionMessageParam[], more: object = {}) {
  const stream = await client.chat.completions.create({ model, messages, stream: true, ...more });
  const chunks: OpenAI.Chat.Completions.ChatCompletionChunk[] = [];
  for await (const chunk of stream) chunks.push(chunk);
  const content = chunks.map((chunk) => chunk.choices[0]?.delta.content ?? "").join("");
  const last = chunks.find((chunk) => chunk.choices[0]?.finish_reason);
  return { chunks, content, last, extra: extraOf(last ?? {}) };
}

async function bytesAt(url: string): Promise<Uint8Array> {
  const response = await fetch(url);
  expect(response.status).toBe(200);
  return new Uint8Array(await response.arrayBuffer());
}

async function allJobs(): Promise<JobView[]> {
  const response = await fetch(`${product.url}/v1/jobs?limit=200`);
  return ((await response.json()) as { jobs: JobView[] }).jobs;
}

describe("one conversation", () => {
  it("is one job and the same bytes: whole, streamed, retried, and by the file API", async () => {
    const before = (await allJobs()).length;
    const messages = fresh();
    const [whole, stream, again] = [await answerTo(messages), await streamed(messages), await answerTo(messages)];
    const ids = [whole, stream, again].map(({ extra }) => extra.jobs.map(({ id }) => id));
    expect(ids[0]).toHaveLength(1);
    expect(ids).toEqual([ids[0], ids[0], ids[0]]);
    expect((await allJobs()).length - before).toBe(1);
    const digests: string[] = [];
    for (const { content } of [whole, stream, again]) {
      expect(links(content)).toHaveLength(1);
      digests.push(sha256(await bytesAt(links(content)[0] ?? "")));
    }
    const job = await product.ended(ids[0]?.[0] ?? "");
    expect(digests).toEqual([1, 2, 3].map(() => job.artifacts[0]?.sha256));
    expect(whole.content).toContain("PREVIEW, not a real render");
  });

  it("asked for twice at the same moment is one job", async () => {
    const messages = fresh();
    const both = await Promise.all([answerTo(messages), streamed(messages)]);
    expect(both[0]?.extra.jobs).toHaveLength(1);
    expect(both[1]?.extra.jobs).toEqual(both[0]?.extra.jobs);
    expect(both[1]?.extra.artifacts).toEqual(both[0]?.extra.artifacts);
  });

  it("goes on by its own history: that is this branch's picture", async () => {
    const messages = fresh();
    const fox = await answerTo(messages);
    const say = (text: string, of: string, past = messages): ChatCompletionMessageParam[] => [
      ...past,
      { role: "assistant", content: of },
      { role: "user", content: text },
    ];
    const tower = await answerTo(say("draw a green tower, 256x256", fox.content));
    expect(tower.extra.conversation).toBe(fox.extra.conversation);
    // an edit: the tower is on the other branch
    const big = await answerTo(say("upscale that 2x", fox.content));
    const job = await product.client.job(big.extra.jobs[0]?.id ?? "");
    expect(job.input["image"]).toBe(fox.extra.artifacts[0]?.id);
    const other = await answerTo(say("upscale that 2x", tower.content, say("draw a green tower, 256x256", fox.content)));
    expect((await product.client.job(other.extra.jobs[0]?.id ?? "")).input["image"]).toBe(tower.extra.artifacts[0]?.id);
  });

  it("is rolled again by a key, and what follows is about the picture that was kept", async () => {
    const messages = [{ role: "user" as const, content: `draw a blue bird ${turn++}, 256x256` }];
    const first = await answerTo(messages);
    const second = await answerTo(messages, {}, { "x-idempotency-key": "again" });
    const third = await answerTo(messages, { metadata: { message_id: "again" } });
    expect(second.extra.jobs[0]?.id).not.toBe(first.extra.jobs[0]?.id);
    expect(third.extra.jobs).toEqual(second.extra.jobs);
    expect(second.extra.artifacts[0]?.sha256).not.toBe(first.extra.artifacts[0]?.sha256);
    for (const kept of [first, second]) {
      const big = await answerTo([...messages, { role: "assistant", content: kept.content }, { role: "user", content: "upscale that 2x" }]);
      expect((await product.client.job(big.extra.jobs[0]?.id ?? "")).input["image"]).toBe(kept.extra.artifacts[0]?.id);
    }
  });

  it("that is named goes on without its history", async () => {
    const metadata = { conversation_id: `my chat ${turn++}` };
    const fox = await answerTo(fresh(), { metadata });
    const big = await answerTo([{ role: "user", content: "upscale that 2x" }], { metadata });
    expect((await product.client.job(big.extra.jobs[0]?.id ?? "")).input["image"]).toBe(fox.extra.artifacts[0]?.id);
  });

  it("brings pictures along, once however often it is sent", async () => {
    const png = await sharp({ create: { width: 32, height: 16, channels: 3, background: `#0000${(10 + turn++).toString(16)}` } })
      .png()
      .toBuffer();
    const url = `data:image/png;base64,${png.toString("base64")}`;
    const messages: ChatCompletionMessageParam[] = [
      {
        role: "user",
        content: [
          { type: "text", text: "upscale this 2x" },
          { type: "image_url", image_url: { url } },
        ],
      },
    ];
    const [one, two] = [await answerTo(messages), await answerTo(messages)];
    const job = await product.client.job(one.extra.jobs[0]?.id ?? "");
    expect([job.artifacts[0]?.width, job.artifacts[0]?.height]).toEqual([64, 32]);
    expect(two.extra.jobs).toEqual(one.extra.jobs);
    const source = await product.client.artifact(String(job.input["image"]));
    expect(source.sha256).toBe(sha256(png));
  });
});

describe("a connection that breaks", () => {
  it.each([true, false])("is retried by the library itself, and that makes no second job (stream: %s)", async (stream) => {
    let tries = 0;
    const flaky = new OpenAI({
      baseURL: `${product.url}/v1`,
      apiKey: "none",
      maxRetries: 2,
      async fetch(url, init) {
        const answer = await fetch(url, init);
        if (++tries > 1) return answer;
        // the request arrived and its job was accepted: only the answer is lost
        await answer.text();
        throw new TypeError("fetch failed");
      },
    });
    const before = (await allJobs()).length;
    const messages = fresh();
    if (stream) for await (const _ of await flaky.chat.completions.create({ model, messages, stream }));
    else await flaky.chat.completions.create({ model, messages });
    expect(tries).toBe(2);
    expect((await allJobs()).length - before).toBe(1);
  });
});

describe("another person", () => {
  const keyFor = async (principal: string, scopes: string[]) => {
    const response = await fetch(`${product.url}/v1/keys`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ name: principal, principal, scopes }),
    });
    const { secret } = (await response.json()) as { secret: string };
    return new OpenAI({ baseURL: `${product.url}/v1`, apiKey: secret, maxRetries: 0 });
  };
  const stripped = (answer: object) => JSON.stringify(answer).replace(/oai_[\w.]+|"created":\d+|art_\w{16}/g, "");

  it("who knows all ids of a conversation is answered as by unknown ones", async () => {
    const june = await keyFor("june", ["jobs:read", "jobs:write"]);
    const messages = fresh();
    const fox = await answerTo(messages);
    const known = { conversation_id: fox.extra.conversation, message_id: fox.extra.message };
    const unknown = { conversation_id: fox.extra.conversation.replace(/.$/, (sign) => (sign === "0" ? "1" : "0")), message_id: "oai_none" };
    const bigger = (image: string) => [
      ...messages,
      { role: "assistant" as const, content: fox.content },
      { role: "user" as const, content: `/upscale ${image}` },
    ];
    const asked = async (metadata: object, image: string) =>
      stripped(await june.chat.completions.create({ model, metadata: { ...metadata }, messages: bigger(image) }));
    const theirs = await asked(known, fox.extra.artifacts[0]?.id ?? "");
    expect(theirs).toBe(await asked(unknown, "art_0000000000000000"));
    expect(theirs).toContain("There is no file");
    // "that" means nothing to her, whatever the history says
    const that = await june.chat.completions.create({
      model,
      metadata: known,
      messages: [...messages, { role: "assistant", content: fox.content }, { role: "user", content: "upscale that 2x" }],
    });
    expect(that.choices[0]?.message.content).toContain("no finished picture");
    // the same words are a job of her own
    const own = extraOf(await june.chat.completions.create({ model, messages }));
    expect(own.jobs[0]?.id).not.toBe(fox.extra.jobs[0]?.id);
  });

  it("who may only look is refused in the library's own errors, and so is a wrong key", async () => {
    const reader = await keyFor("guest", ["jobs:read"]);
    expect((await reader.models.list()).data).toHaveLength(1);
    await expect(reader.chat.completions.create({ model, messages: fresh() })).rejects.toMatchObject({
      status: 403,
      type: "permission_error",
      code: "not_allowed",
      message: expect.stringContaining("jobs:write"),
    });
    const wrong = new OpenAI({ baseURL: `${product.url}/v1`, apiKey: `${String(reader.apiKey).slice(0, -4)}AAAA`, maxRetries: 0 });
    await expect(wrong.models.list()).rejects.toMatchObject({ status: 401, type: "authentication_error", code: "unauthorized" });
  });
});

describe("a stream", () => {
  it("is chunks of one answer, with usage where it is asked, and no progress in the text", async () => {
    const { chunks, content, last } = await streamed(fresh(), { stream_options: { include_usage: true } });
    expect(new Set(chunks.map(({ id }) => id)).size).toBe(1);
    expect(chunks[0]?.choices[0]?.delta).toEqual({ role: "assistant", content: "" });
    expect(last?.choices[0]).toMatchObject({ finish_reason: "stop", delta: {} });
    expect(chunks.at(-1)?.usage).toEqual({ prompt_tokens: 0, completion_tokens: 0, total_tokens: 0 });
    expect(content).not.toMatch(/sampling|%/);
    expect(chunks.length).toBeLessThan(12);
  });

  it("works with the library's own runner, which checks every chunk", async () => {
    const runner = client.chat.completions.stream({ model, messages: fresh() });
    const final = await runner.finalChatCompletion();
    expect(final.choices[0]).toMatchObject({
      finish_reason: "stop",
      message: { role: "assistant", content: expect.stringContaining("![") },
    });
  });

  it("that is left in the middle leaves the job, and a retry finds its result", async () => {
    const messages = [{ role: "user" as const, content: `draw a slow castle ${turn++}, 256x256, 60 steps` }];
    const stream = await client.chat.completions.create({ model, messages, stream: true });
    let said = "";
    for await (const chunk of stream) {
      said += chunk.choices[0]?.delta.content ?? "";
      // leaving the loop aborts the request
      if (/job_\w{16}/.test(said)) break;
    }
    expect(stream.controller.signal.aborted).toBe(true);
    expect(links(said)).toEqual([]);
    const id = /job_\w{16}/.exec(said)?.[0] ?? "";
    const job = await product.ended(id);
    expect([job.state, job.attempt]).toEqual(["succeeded", 1]);
    const again = await streamed(messages);
    expect(again.extra.jobs).toEqual([{ id, state: "succeeded" }]);
    expect(sha256(await bytesAt(links(again.content)[0] ?? ""))).toBe(job.artifacts[0]?.sha256);
  });
});

describe("refusals are the library's own errors", () => {
  const picture = (url: string): ChatCompletionMessageParam[] => [{ role: "user", content: [{ type: "image_url", image_url: { url } }] }];
  const table: [what: string, body: object, status: number, code: string, param: string | undefined, words: RegExp][] = [
    ["another model", { model: "gpt-4o" }, 404, "model_not_found", "model", /myspinbot/],
    ["two answers", { n: 2 }, 400, "invalid_input", "n", /must be 1/],
    ["a picture elsewhere", { messages: picture("http://127.0.0.1:9/a.png") }, 400, "invalid_input", "messages.0.content", /data:/],
    [
      "a text called .png",
      { messages: picture(`data:image/png;base64,${btoa("hello")}`) },
      415,
      "unsupported_media",
      "messages.0.content",
      /PNG/,
    ],
    ["a picture of 0 bytes", { messages: picture("data:image/png;base64,") }, 400, "invalid_input", "messages.0.content", /empty/],
    ["no message", { messages: [] }, 400, "invalid_input", "messages", /at least 1/],
  ];
  it.each(table)("%s", async (_what, body, status, code, param, words) => {
    const before = (await allJobs()).length;
    const error = await client.chat.completions.create({ model, messages: fresh(), ...body }).then(
      () => undefined,
      (thrown: unknown) => thrown,
    );
    expect(error).toBeInstanceOf(APIError);
    expect(error).toMatchObject({ status, code, param, type: "invalid_request_error", message: expect.stringMatching(words) });
    expect((await allJobs()).length).toBe(before);
  });

  it("a message of 1 MB, and a wish that no engine grants, are answered in words", async () => {
    const long = await answerTo([{ role: "user", content: `draw ${"x".repeat(1_000_000)}` }]);
    expect(long.content).toMatch(/1000005 characters; at most 32000/);
    const large = await answerTo([{ role: "user", content: "/render a fox --size 9000x9000" }]);
    expect(large.content).toMatch(/MYSPINBOT_MAX_SIDE/);
    expect([...long.extra.jobs, ...large.extra.jobs]).toEqual([]);
  });
});

it("models and the API's own description are served", async () => {
  expect((await client.models.list()).data.map(({ id }) => id)).toEqual([model]);
  expect(await client.models.retrieve(model)).toMatchObject({ id: model, object: "model" });
  const document = (await (await fetch(`${product.url}/openapi.json`)).json()) as { openapi: string; paths: Record<string, object> };
  expect(document.openapi).toMatch(/^3\.1\./);
  expect(Object.keys(document.paths)).toContain("/v1/chat/completions");
});

it("what is sent fits the API's own description", async () => {
  const { extra, answer } = await answerTo(fresh());
  expect(components["ChatCompletion"]?.safeParse(answer).error).toBeUndefined();
  const sent: Record<string, string> = {
    Job: `/v1/jobs/${extra.jobs[0]?.id}`,
    Jobs: "/v1/jobs",
    File: `/v1/files/${extra.artifacts[0]?.id}`,
    Tools: "/v1/tools",
    Status: "/v1/status",
    Models: "/v1/models",
    Deliveries: "/v1/deliveries",
    Keys: "/v1/keys",
  };
  for (const [name, path] of Object.entries(sent)) {
    const body: unknown = await (await fetch(`${product.url}${path}`)).json();
    expect(components[name]?.safeParse(body).error, name).toBeUndefined();
  }
});
