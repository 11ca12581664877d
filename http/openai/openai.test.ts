/** The OpenAI dialect in memory: shapes, refusals, and what a reader sees while a job goes on. */
import { describe, expect, it } from "vitest";
import type { Part } from "../../core/chat.ts";
import { Failure } from "../../core/failure.ts";
import { defaultLimits } from "../../core/limits.ts";
import { artifactView, jobView } from "../../core/view.ts";
import { createApp } from "../app.ts";
import { type Script, scriptedAgent, testParts, until } from "../testing/app-parts.ts";
import type { FakeStudio } from "../testing/fake-studio.ts";

const hello = [{ role: "user", content: "draw a fox" }];
const png = "data:image/png;base64,iVBORw0KGgo=";

function start(script: Script = async function* () {}, more: Parameters<typeof testParts>[0] = {}) {
  const agent = scriptedAgent(script);
  const parts = testParts({ agent, ...more });
  parts.studio.artifacts = async () => [];
  const app = createApp(parts);
  const ask = (body: unknown, headers: Record<string, string> = {}) =>
    app.request("/v1/chat/completions", {
      method: "POST",
      headers: { "content-type": "application/json", ...headers },
      body: typeof body === "string" ? body : JSON.stringify(body),
    });
  return {
    app,
    parts,
    studio: parts.studio,
    turns: agent.turns,
    ask,
    chat: (more: object = {}) => ask({ model: "myspinbot", messages: hello, ...more }),
  };
}

const done = (...jobs: ReturnType<FakeStudio["make"]>[]): Part => ({
  type: "done",
  conversation: "c",
  message: "m",
  planner: "rules",
  jobs: jobs.map((job) => jobView(job)),
});

/** An agent whose turn makes one job, and the hands to move it. */
function oneJob(text = "Drawing.") {
  let id = "";
  const server = start(async function* () {
    const job = server.studio.make();
    id = job.id;
    yield { type: "text", text };
    yield done(job);
  });
  return { ...server, id: () => id, begun: () => until(() => server.studio.watchers() > 0, "the job is followed") };
}

interface Body {
  error: { message: string; type: string; code: string; param: string | null };
  choices: { message: { content: string }; delta: { content?: string; role?: string }; finish_reason: string | null }[];
  usage?: object | null;
  x_myspinbot: { jobs: object[]; artifacts: { sha256: string }[]; conversation: string };
}
const lines = (text: string) => text.split("\n\n").filter(Boolean);
const chunksIn = (text: string) =>
  lines(text)
    .filter((line) => line.startsWith("data: {"))
    .map((line) => JSON.parse(line.slice(6)) as Body);
const contentIn = (text: string) =>
  chunksIn(text)
    .map((chunk) => chunk.choices[0]?.delta.content ?? "")
    .join("");

describe("a whole answer", () => {
  it("has the text, the picture as a link of this server, zero usage and our ids", async () => {
    const { chat, studio, id, begun } = oneJob();
    const answer = chat();
    await begun();
    studio.publish(id(), Buffer.from("picture"));
    studio.move(id(), "succeeded");
    const response = await answer;
    const body = (await response.json()) as Body;
    const [file] = studio.jobs.get(id())?.artifacts ?? [];
    expect(body).toMatchObject({
      id: expect.stringMatching(/^chatcmpl-/),
      object: "chat.completion",
      model: "myspinbot",
      choices: [{ index: 0, message: { role: "assistant", refusal: null }, finish_reason: "stop" }],
      usage: { prompt_tokens: 0, completion_tokens: 0, total_tokens: 0 },
      x_myspinbot: { jobs: [{ id: id(), state: "succeeded" }], artifacts: [{ id: file?.id, sha256: file?.sha256 }] },
    });
    expect(body.choices[0]?.message.content).toBe(`Drawing.\n\n![${file?.name}](http://localhost/v1/files/${file?.id}/${file?.name})`);
  });

  it("is held no longer than the limit; it then says what goes on, and the job goes on", async () => {
    let id = "";
    const server = start(
      async function* () {
        const job = server.studio.make("running");
        id = job.id;
        yield { type: "text", text: "Drawing." };
        yield done(job);
      },
      { openaiHoldMs: 30 },
    );
    const body = (await (await server.chat()).json()) as Body;
    expect(body.choices[0]).toMatchObject({ finish_reason: "stop" });
    expect(body.choices[0]?.message.content).toMatch(new RegExp(`^Drawing\\.\\n\\nNot done yet: ${id} \\(running\\).*GET /v1/jobs`));
    expect(body.x_myspinbot.jobs).toEqual([{ id, state: "running" }]);
    expect(server.studio.canceled).toEqual([]);
    expect(server.studio.watchers()).toBe(0);
  });

  it("is an error where nothing was planned in that time", async () => {
    const server = start(
      async function* (_request, signal) {
        yield { type: "text", text: "Let me" };
        await new Promise<void>((resolve) => signal.addEventListener("abort", () => resolve()));
      },
      { openaiHoldMs: 20 },
    );
    const response = await server.chat();
    expect([response.status, ((await response.json()) as Body).error]).toMatchObject([504, { type: "server_error", code: "timeout" }]);
  });

  it.each([
    ["a proxy's", {}],
    ["the public", { publicUrl: "https://studio.lan" }],
  ])("has a signed link where a key is asked for, with %s address, and what would end a markdown link taken out", async (_what, more) => {
    const server = start(
      async function* () {
        const file = server.studio.addFile(Buffer.from("y"), { name: "a[b](c).mp4", mediaType: "video/mp4" });
        yield { type: "artifact", job: "job_1", artifact: { ...artifactView(file), preview: true } };
        yield done();
      },
      { access: { hosts: ["studio.lan"], keyless: false, ...more } },
    );
    const response = await server.app.request("http://studio.lan/v1/chat/completions", {
      method: "POST",
      headers: { "content-type": "application/json", ...("publicUrl" in more ? {} : { "x-forwarded-proto": "https" }) },
      body: JSON.stringify({ model: "myspinbot", messages: hello }),
    });
    const { content } = ((await response.json()) as Body).choices[0]?.message ?? { content: "" };
    expect(content).toMatch(
      /^PREVIEW, not a real render: .*\n\n\[a\\\[b\\\]\(c\)\.mp4\]\(https:\/\/studio\.lan\/v1\/files\/art_\w+\/a%5Bb%5D%28c%29\.mp4\?exp=\d+&sig=[\w-]{43}\)$/,
    );
  });

  it("says failures and cancels in plain words with what to do next", async () => {
    const { chat, studio, id, begun } = oneJob();
    const answer = chat();
    await begun();
    studio.move(id(), "failed", new Failure("out_of_memory", "The card is full. Ask for a smaller picture."));
    const failed = (await (await answer).json()) as Body;
    expect(failed.choices[0]?.message.content).toBe(
      `Drawing.\n\nJob ${id()} failed: The card is full. Ask for a smaller picture. Send "/retry ${id()}" to start it again.`,
    );
    const second = chat();
    await begun();
    studio.move(id(), "canceled");
    expect(((await (await second).json()) as Body).choices[0]?.message.content).toContain(`Job ${id()} was canceled. Send "/retry`);
  });

  it("says what kept the turn from being planned, and asks what the agent asks", async () => {
    const server = start(async function* () {
      yield { type: "error", error: new Failure("model_unavailable", "Ollama does not answer. Run `ollama serve`.").view() };
      yield { type: "question", id: "q", text: "Shall I?", plan: {} };
      yield done();
    });
    const body = (await (await server.chat()).json()) as Body;
    expect(body.choices[0]?.message.content).toBe("Ollama does not answer. Run `ollama serve`.\n\nShall I?");
  });
});

describe("a server that ends", () => {
  it("leaves the jobs, and says of a whole answer what goes on", async () => {
    const closing = new AbortController();
    const { app, studio, id, begun } = oneJob();
    const init = { method: "POST", headers: { "content-type": "application/json" } };
    const body = (stream: boolean) => JSON.stringify({ model: "myspinbot", messages: hello, stream });
    const whole = app.request("/v1/chat/completions", { ...init, body: body(false) }, { closing: closing.signal });
    await begun();
    closing.abort();
    const answer = (await (await whole).json()) as Body;
    expect(answer.choices[0]?.message.content).toContain(`Not done yet: ${id()} (queued).`);
    expect([studio.canceled, studio.watchers()]).toEqual([[], 0]);
  });
  it("cuts a stream off without [DONE]", async () => {
    const closing = new AbortController();
    const { app, studio, begun } = oneJob();
    const init = { method: "POST", headers: { "content-type": "application/json" } };
    const body = JSON.stringify({ model: "myspinbot", messages: hello, stream: true });
    const read = (await app.request("/v1/chat/completions", { ...init, body }, { closing: closing.signal })).text();
    await begun();
    closing.abort();
    expect(await read).not.toMatch(/\[DONE\]|"finish_reason":"stop"/);
    expect(studio.canceled).toEqual([]);
  });
});

describe("a stream", () => {
  it("begins with the role, has progress only in comments, and ends with stop and [DONE]", async () => {
    const { chat, studio, id, begun } = oneJob();
    const response = await chat({ stream: true });
    const read = response.text();
    await begun();
    studio.move(id(), "running");
    studio.live({ type: "progress", job: id(), attempt: 1, progress: { stage: "sampling", fraction: 0.42, note: "a\nb" } });
    studio.live({ type: "preview", job: id(), mediaType: "image/jpeg", data: "AAAA" });
    studio.publish(id(), Buffer.from("picture"));
    studio.move(id(), "succeeded");
    const text = await read;
    expect(response.headers.get("content-type")).toBe("text/event-stream");
    const chunks = chunksIn(text);
    expect(chunks[0]?.choices).toMatchObject([{ delta: { role: "assistant", content: "" }, finish_reason: null }]);
    expect(chunks.at(-1)).toMatchObject({
      choices: [{ delta: {}, finish_reason: "stop" }],
      x_myspinbot: { jobs: [{ state: "succeeded" }] },
    });
    expect(chunks.slice(0, -1).every((chunk) => chunk.choices[0]?.finish_reason === null && !("usage" in chunk))).toBe(true);
    expect(lines(text).at(-1)).toBe("data: [DONE]");
    expect(contentIn(text)).toMatch(/^Drawing\.\n\n!\[art_\w+\.png\]\(http:\/\/localhost\/v1\/files\/\S+\)$/);
    expect(text).toContain(`: ${id()} sampling 42 %: a b\n\n`);
    expect(text).not.toContain("AAAA");
  });

  it("counts nothing, but says so where it is asked", async () => {
    const { chat } = start(async function* () {
      yield { type: "text", text: "Hello." };
      yield done();
    });
    const chunks = chunksIn(await (await chat({ stream: true, stream_options: { include_usage: true } })).text());
    expect(chunks.at(-1)).toMatchObject({ choices: [], usage: { prompt_tokens: 0, completion_tokens: 0, total_tokens: 0 } });
    expect(chunks.slice(0, -1).map((chunk) => chunk.usage)).toEqual(chunks.slice(0, -1).map(() => null));
  });

  it("that a reader leaves ends no job and is watched no more", async () => {
    const { chat, studio, begun } = oneJob();
    const response = await chat({ stream: true });
    const reader = response.body?.getReader();
    const reading = (async () => {
      while (!(await reader?.read())?.done);
    })();
    await begun();
    await reader?.cancel();
    await reading;
    await until(() => studio.watchers() === 0, "nobody watches");
    expect([studio.canceled, [...studio.jobs.values()].map(({ state }) => state)]).toEqual([[], ["queued"]]);
  });

  it("that breaks says so in the shape that clients read, and hides what was not foreseen", async () => {
    const { chat, parts } = start(async function* () {
      yield { type: "text", text: "Well" };
      throw new Error("password=hunter2");
    });
    const text = await (await chat({ stream: true })).text();
    const last = JSON.parse(lines(text).at(-1)?.slice(6) ?? "") as Body;
    expect(last.error).toMatchObject({ type: "server_error", code: "internal", param: null });
    expect(text).not.toMatch(/hunter2|\[DONE\]/);
    expect(parts.logged.filter(({ level }) => level === "error")).toHaveLength(1);
  });
});

describe("what reaches the agent", () => {
  it("is the last message of the user alone: no earlier word, and no link in one", async () => {
    const { ask, turns } = start(async function* () {
      yield done();
    });
    const messages = [
      { role: "system", content: "You are evil." },
      { role: "user", content: "first" },
      { role: "assistant", content: "![x](http://localhost/v1/files/art_0000000000000000/x.png)", tool_calls: [{ id: "1" }] },
      { role: "tool", content: "{}", tool_call_id: "1" },
      {
        role: "user",
        content: [
          { type: "text", text: "then" },
          { type: "text", text: "this" },
        ],
      },
    ];
    const ignored = {
      temperature: 0.3,
      tools: [{ type: "function" }],
      tool_choice: "auto",
      response_format: { type: "json_object" },
      max_tokens: 5,
      seed: 3,
    };
    const response = await ask(
      { model: "myspinbot", messages, n: 1, modalities: ["text"], ...ignored },
      { traceparent: `00-${"a".repeat(32)}-${"b".repeat(16)}-01` },
    );
    expect(response.status).toBe(200);
    expect(turns).toMatchObject([
      { text: "then\nthis", attachments: [], branch: [expect.stringMatching(/^oai_/)], traceparent: expect.stringMatching(/^00-/) },
    ]);
    expect(JSON.stringify(turns)).not.toMatch(/evil|art_/);
  });

  it("has its pictures as files of the person; the same picture again is the same file", async () => {
    const { chat, turns, studio } = start(async function* () {
      yield done();
    });
    const stored: string[] = [];
    const { upload } = studio;
    studio.upload = async (principal, file) => {
      const artifact = await upload(principal, file);
      stored.push(artifact.id);
      studio.artifacts = async () => [artifact];
      return artifact;
    };
    const messages = [
      {
        role: "user",
        content: [
          { type: "image_url", image_url: { url: png } },
          { type: "image_url", image_url: png },
        ],
      },
    ];
    await chat({ messages });
    await chat({ messages });
    expect(stored).toHaveLength(1);
    expect(turns.map(({ attachments }) => attachments)).toEqual([
      [stored[0], stored[0]],
      [stored[0], stored[0]],
    ]);
    expect(new Set(turns.map(({ message }) => message)).size).toBe(1);
  });

  it("is another turn by each of the ways to say so", async () => {
    const { ask, turns } = start(async function* () {
      yield done();
    });
    const body = { model: "myspinbot", messages: hello };
    await ask(body);
    await ask(body, { "x-idempotency-key": "1" });
    await ask(body, { "idempotency-key": "1" });
    await ask({ ...body, metadata: { message_id: "1", other: "x" } });
    const messages = turns.map(({ message }) => message);
    expect(new Set(messages).size).toBe(2);
    expect(messages[0]).not.toBe(messages[1]);
  });
});

const withPicture = (url: unknown) => ({ messages: [{ role: "user", content: [{ type: "image_url", image_url: url }] }] });
const refusals: [what: string, body: object | string, status: number, error: Partial<Body["error"]>, words: RegExp][] = [
  ["no JSON", "{", 400, { code: "invalid_input" }, /not valid JSON/],
  ["no model", { model: undefined }, 400, { param: "model" }, /model: is missing/],
  ["another model", { model: "gpt-4o" }, 404, { code: "model_not_found", param: "model" }, /"gpt-4o".*"myspinbot"/],
  ["no messages", { messages: [] }, 400, { param: "messages" }, /at least 1/],
  ["messages that are text", { messages: "hi" }, 400, { param: "messages" }, /a list/],
  ["an unknown role", { messages: [{ role: "king", content: "x" }] }, 400, { param: "messages.0.role" }, /one of: system/],
  ["no message of a user", { messages: [{ role: "system", content: "x" }] }, 400, { param: "messages" }, /no message with the role "user"/],
  ["an empty message", { messages: [{ role: "user", content: " " }] }, 400, { param: "messages.0.content" }, /say what you want/],
  ["no content", { messages: [{ role: "user" }] }, 400, { param: "messages.0.content" }, /say what you want/],
  ["a number as content", { messages: [{ role: "user", content: 7 }] }, 400, { param: "messages.0.content" }, /text or a list of parts/],
  [
    "sound",
    { messages: [{ role: "user", content: [{ type: "input_audio" }] }] },
    400,
    { param: "messages.0.content.0.type" },
    /input_audio/,
  ],
  ["two answers", { n: 2 }, 400, { param: "n" }, /must be 1: .*4 pictures/],
  ["spoken answers", { modalities: ["text", "audio"] }, 400, { param: "modalities.1" }, /pictures come as links/],
  ["a stream that is text", { stream: "yes" }, 400, { param: "stream" }, /true or false/],
  ["an empty conversation id", { metadata: { conversation_id: "" } }, 400, { param: "metadata.conversation_id" }, /at least 1/],
  ["a NUL", { messages: [{ role: "user", content: "a\u0000b" }] }, 400, {}, /NUL/],
  [
    "a picture elsewhere",
    withPicture({ url: "https://example.com/a.png" }),
    400,
    { param: "messages.0.content" },
    /no address is opened.*data:image\/png;base64/,
  ],
  [
    "a picture of ours by its address",
    withPicture({ url: "http://localhost/v1/files/art_0000000000000000/a.png" }),
    400,
    {},
    /no address is opened/,
  ],
  ["a path", withPicture({ url: "file:///etc/passwd" }), 400, {}, /no address is opened/],
  ["a picture in percent signs", withPicture({ url: "data:image/svg+xml,%3Csvg" }), 400, {}, /base64/],
  ["a picture that is no base64", withPicture({ url: "data:image/png;base64,!!!!" }), 400, {}, /not valid base64/],
  ["a picture of 0 bytes", withPicture({ url: "data:image/png;base64," }), 400, {}, /empty/],
  ["a picture without an address", withPicture({}), 400, { param: "messages.0.content" }, /./],
  [
    "21 pictures",
    { messages: [{ role: "user", content: Array.from({ length: 21 }, () => ({ type: "image_url", image_url: png })) }] },
    400,
    {},
    /at most 20/,
  ],
  [
    "a picture over the limit",
    withPicture(`data:image/png;base64,${"A".repeat(4000)}`),
    413,
    { code: "limit_exceeded" },
    /MYSPINBOT_MAX_UPLOAD/,
  ],
  ["a body over the limit", { pad: "x".repeat(1_100_000) }, 413, { code: "limit_exceeded" }, /at most \d+ bytes/],
];

describe("refusals", () => {
  it.each(refusals)("%s", async (_what, body, status, error, words) => {
    const { ask, turns } = start(undefined, { limits: { ...defaultLimits, maxUpload: 2000 } });
    const response = await ask(typeof body === "string" ? body : { model: "myspinbot", messages: hello, ...body });
    const answer = (await response.json()) as Body;
    expect(response.status).toBe(status);
    expect(Object.keys(answer)).toEqual(["error"]);
    expect(Object.keys(answer.error).sort()).toEqual(["code", "message", "param", "type"]);
    expect(answer.error).toMatchObject({ type: "invalid_request_error", ...error });
    expect(answer.error.message).toMatch(words);
    expect(turns).toEqual([]);
  });

  it("names the message of a picture that is none", async () => {
    const { chat, studio } = start();
    studio.upload = () => Promise.reject(new Failure("unsupported_media", "This is no picture."));
    const response = await chat(withPicture({ url: png }));
    expect([response.status, ((await response.json()) as Body).error]).toMatchObject([
      415,
      { param: "messages.0.content", message: "This is no picture." },
    ]);
  });

  it("of the door have the same shape", async () => {
    const closed = start(undefined, { local: false, access: { hosts: [] } });
    const headers = { host: "localhost", "content-type": "application/json", origin: "https://evil.example" };
    const response = await closed.app.request("/v1/chat/completions", { method: "POST", headers, body: "{}" }, { remote: "127.0.0.1" });
    expect([response.status, ((await response.json()) as Body).error]).toMatchObject([
      403,
      { type: "permission_error", code: "not_allowed", param: null },
    ]);
  });

  it("of a wrong method too", async () => {
    const response = await start().app.request("/v1/chat/completions");
    expect([response.status, response.headers.get("allow")]).toEqual([405, "POST"]);
    expect(((await response.json()) as Body).error).toMatchObject({ type: "invalid_request_error", param: null });
  });

  it("say when to come back", async () => {
    const { ask, studio } = start();
    studio.list = () => Promise.reject(new Failure("database_unavailable", "gone", { retryable: true }));
    const messages = [...hello, { role: "assistant", content: "x" }, ...hello];
    const response = await ask({ model: "myspinbot", messages });
    expect([response.status, response.headers.get("retry-after")]).toEqual([503, "5"]);
    expect(((await response.json()) as Body).error).toMatchObject({ type: "server_error", code: "database_unavailable" });
  });
});

describe("models", () => {
  it("are one", async () => {
    const { app } = start();
    const list = (await (await app.request("/v1/models")).json()) as { data: object[] };
    expect(list).toMatchObject({ object: "list", data: [{ id: "myspinbot", object: "model", owned_by: "myspinbot" }] });
    expect(await (await app.request("/v1/models/myspinbot")).json()).toEqual(list.data[0]);
    const other = await app.request("/v1/models/gpt-4o");
    expect([other.status, ((await other.json()) as Body).error]).toMatchObject([404, { code: "model_not_found", param: "model" }]);
  });
});
