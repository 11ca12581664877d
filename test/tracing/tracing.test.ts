/** From a message to its picture in the chat: one trace, over every face, and over two parts of the studio that share only a database. */
import { randomBytes } from "node:crypto";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { SeenSpan } from "../../platform/tracing/testing/fake-collector.ts";
import { jobsOf } from "../setup/product.ts";
import { startTracedStudio, type TracedStudio } from "./studio.ts";

let studio: TracedStudio;
beforeAll(async () => {
  studio = await startTracedStudio();
}, 120_000);
afterAll(() => studio?.close(), 60_000);

const stages = ["loading model", "sampling", "encoding", "storing"];

/** From outside, sampled or not. */
function outside(flags = "01"): { trace: string; span: string; traceparent: string } {
  const [trace, span] = [randomBytes(16).toString("hex"), randomBytes(8).toString("hex")];
  return { trace, span, traceparent: `00-${trace}-${span}-${flags}` };
}

/** All of this trace, once it has these. */
async function traced(trace: string, ...names: string[]): Promise<SeenSpan[]> {
  const all = await studio.collector.until((spans) =>
    names.every((name) => spans.some((span) => span.trace === trace && span.name === name)),
  );
  return all.filter((span) => span.trace === trace).sort((a, b) => a.from - b.from);
}

const one = (spans: SeenSpan[], name: string): SeenSpan => {
  const [found, ...more] = spans.filter((span) => span.name === name);
  if (!found || more.length > 0) throw new Error(`${more.length} too many of ${name} in ${spans.map((span) => span.name).join(", ")}`);
  return found;
};

/** That a job's part of the trace hangs together: everything below its submit. */
function expectJob(spans: SeenSpan[], submit: SeenSpan, job: string): void {
  const its = spans.filter(({ attributes }) => attributes["myspinbot.job.id"] === job);
  const [wait, attempt, publish] = ["queue wait", "attempt", "publish"].map((name) => one(its, name)) as [SeenSpan, SeenSpan, SeenSpan];
  expect([wait.parent, attempt.parent, publish.parent]).toEqual([submit.id, submit.id, attempt.id]);
  expect([submit.service, wait.service, attempt.service, publish.service]).toEqual(
    ["http", ...["worker", "worker", "worker"]].map((role) => `myspinbot-${role}`),
  );
  const inside = its.filter(({ name }) => stages.includes(name));
  expect(inside.length).toBeGreaterThan(0);
  for (const { parent, from, to } of [...inside, publish]) {
    expect(parent).toBe(attempt.id);
    expect([from >= attempt.from, to <= attempt.to, from <= to]).toEqual([true, true, true]);
  }
  expect([wait.from >= submit.from, wait.to <= attempt.from, publish.from >= (inside.at(-1)?.to ?? 0)]).toEqual([true, true, true]);
  expect(attempt.attributes).toMatchObject({ "myspinbot.attempt": 1, "myspinbot.outcome": "succeeded", "myspinbot.tool": "render_image" });
}

const picture = (words: string) => `/render ${words} --size 64x64`;

describe("a chat that makes a picture", () => {
  it("is one trace, that of its request, from the message to the delivery", async () => {
    const { trace, span, traceparent } = outside();
    const wish = { target: { chat: "c" }, worker: "pipe", lease_seconds: 60 };
    const turn = { text: picture("a purple-heron-of-words"), conversation: "conv-traced", message: "m1", delivery: wish };
    const parts = await studio.chat(turn, { traceparent });
    const [job] = jobsOf(parts);
    expect(job?.state).toBe("succeeded");
    const delivery = parts.flatMap((part) => (part.type === "job" ? (part.delivery ?? []) : []))[0];
    // the first try fails, and is made again
    await studio.post(`/v1/deliveries/${delivery}/fail`, { worker: "pipe", error: "heron-of-errors" });
    expect((await studio.post(`/v1/deliveries/${delivery}/ack`, { worker: "pipe" })).status).toBe(200);

    await studio.collector.until((all) => all.filter((each) => each.trace === trace && each.name === "delivery").length === 2);
    const spans = await traced(trace, "chat", "publish", "attempt");
    const [chat, plan, submit] = ["chat", "plan", "submit"].map((name) => one(spans, name)) as [SeenSpan, SeenSpan, SeenSpan];
    expect([chat.parent, plan.parent, submit.parent]).toEqual([span, chat.id, chat.id]);
    expect([plan.from >= chat.from, plan.to <= submit.from, submit.to <= chat.to]).toEqual([true, true, true]);
    expect(chat.attributes).toEqual({ "myspinbot.conversation.id": "conv-traced", "myspinbot.planner": "slash", "myspinbot.jobs": 1 });
    expect(submit.attributes).toMatchObject({ "myspinbot.face": "chat", "myspinbot.created": true, "myspinbot.engine": "preview" });
    expectJob(spans, submit, job?.id ?? "");
    const deliveries = spans.filter(({ name }) => name === "delivery").sort((a, b) => a.to - b.to);
    expect(
      deliveries.map(({ parent, failed, attributes }) => [
        parent,
        failed,
        attributes["myspinbot.outcome"],
        attributes["myspinbot.delivery.try"],
      ]),
    ).toEqual([
      [submit.id, "delivery_failed", "failed", 1],
      [submit.id, undefined, "delivered", 2],
    ]);
    const known = ["chat", "plan", "submit", "queue wait", "attempt", ...stages, "publish", "delivery"];
    expect(spans.map(({ name }) => name).filter((name) => !known.includes(name))).toEqual([]);

    // the log says the same trace, and the span that its job hangs below
    const logged = studio.lines.filter(({ facts }) => facts["job"] === job?.id && "traceparent" in facts);
    expect(new Set(logged.map(({ facts }) => facts["traceparent"]))).toEqual(new Set([`00-${trace}-${submit.id}-01`]));
    const [file] = job?.artifacts ?? [];
    expect(file?.name).toContain("heron");
    expect(studio.collector.bytes()).not.toMatch(new RegExp(`heron|${studio.key}|${file?.name}|spin-traced`));
  });

  it("is a trace of its own where the request brings none, or none that is one", async () => {
    for (const headers of [{}, { traceparent: `00-${"0".repeat(32)}-${"0".repeat(16)}-01` }]) {
      const conversation = `conv-${randomBytes(4).toString("hex")}`;
      const [job] = jobsOf(await studio.chat({ text: picture("a tower"), conversation }, headers));
      const all = await studio.collector.until((spans) =>
        spans.some(({ name, attributes }) => name === "attempt" && attributes["myspinbot.job.id"] === job?.id),
      );
      const chat = all.find(({ attributes, name }) => name === "chat" && attributes["myspinbot.conversation.id"] === conversation);
      const spans = await traced(chat?.trace ?? "", "publish");
      expect([chat?.parent, spans.every(({ trace }) => Number.parseInt(trace, 16) > 0)]).toEqual(["", true]);
      expectJob(spans, one(spans, "submit"), job?.id ?? "");
    }
  });

  it("is not told where the request says that it is not sampled", async () => {
    const { trace, traceparent } = outside("00");
    const [job] = jobsOf(await studio.chat({ text: picture("a bridge") }, { traceparent }));
    expect(job?.state).toBe("succeeded");
    // what comes later has overtaken nothing
    const next = outside();
    await studio.chat({ text: picture("a bridge") }, { traceparent: next.traceparent });
    await traced(next.trace, "chat", "attempt");
    expect(studio.collector.spans().filter((span) => span.trace === trace)).toEqual([]);
  });
});

describe("the same picture", () => {
  const input = (words: string) => ({ prompt: words, width: 64, height: 64 });

  it("by a tool over HTTP, and asked for twice with one key: one job, one wait in line", async () => {
    const [first, again] = [outside(), outside()];
    const ask = async ({ traceparent }: { traceparent: string }) => {
      const headers = { traceparent, "idempotency-key": "one-key" };
      return (await (await studio.post("/v1/tools/render_image", input("a key"), headers)).json()) as { job: { id: string } };
    };
    const { job } = await ask(first);
    expect((await ask(again)).job.id).toBe(job.id);
    const spans = await traced(first.trace, "attempt");
    const submit = one(spans, "submit");
    expect([submit.parent, submit.attributes["myspinbot.face"]]).toEqual([first.span, "api"]);
    expectJob(spans, submit, job.id);
    const second = await traced(again.trace, "submit");
    expect(second.map(({ name, attributes }) => [name, attributes["myspinbot.created"]])).toEqual([["submit", false]]);
  });

  it("by MCP, with the trace of its _meta", async () => {
    const { trace, span, traceparent } = outside();
    const meta = {
      "io.modelcontextprotocol/protocolVersion": "2026-07-28",
      "io.modelcontextprotocol/clientInfo": { name: "test", version: "1" },
      "io.modelcontextprotocol/clientCapabilities": {},
    };
    const params = { name: "render_image", arguments: input("an mcp-fox"), _meta: { ...meta, traceparent } };
    const headers = {
      accept: "application/json, text/event-stream",
      "mcp-protocol-version": "2026-07-28",
      "mcp-method": "tools/call",
      "mcp-name": "render_image",
    };
    const text = await (await studio.post("/mcp", { jsonrpc: "2.0", id: 1, method: "tools/call", params }, headers)).text();
    const job = /job_[a-z0-9]{16}/.exec(text)?.[0] ?? text;
    const spans = await traced(trace, "attempt");
    const submit = one(spans, "submit");
    expect([submit.parent, submit.attributes["myspinbot.face"]]).toEqual([span, "mcp"]);
    expectJob(spans, submit, job);
  });

  it("by OpenAI's API, and rolled again", async () => {
    const { trace, span, traceparent } = outside();
    const messages = [{ role: "user", content: picture("an openai-fox") }];
    const answer = (await (await studio.post("/v1/chat/completions", { model: "myspinbot", messages }, { traceparent })).json()) as {
      myspinbot: { jobs: { id: string }[] };
    };
    const spans = await traced(trace, "attempt", "chat");
    expect(one(spans, "chat").parent).toBe(span);
    const job = one(spans, "attempt").attributes["myspinbot.job.id"];
    expect(JSON.stringify(answer)).toContain(job);
    const rolled = outside();
    await studio.post("/v1/tools/reroll_job", { job_id: job }, { traceparent: rolled.traceparent });
    const more = await traced(rolled.trace, "attempt", "answer");
    expect([one(more, "answer").parent, one(more, "submit").parent]).toEqual([rolled.span, one(more, "answer").id]);
  });
});

it("a call that is refused tells its code alone", async () => {
  const { trace, traceparent } = outside();
  const refused = await studio.post("/v1/tools/render_image", { prompt: "a heron-of-words", model: "heron.safetensors" }, { traceparent });
  expect(refused.ok).toBe(false);
  const spans = await traced(trace, "submit");
  expect(one(spans, "submit").failed).toBe("unknown_model");
  expect(studio.collector.bytes()).not.toContain("heron");
});

it("each stage of a clip hangs below the submit of the clip", async () => {
  const { trace, span, traceparent } = outside();
  const clip = { script: "Hello.", prompt: "a heron-of-words", lip_sync: false, captions: false, motion: 0 };
  const { job } = (await (await studio.post("/v1/tools/make_clip", clip, { traceparent })).json()) as { job: { id: string } };
  expect((await studio.product.ended(job.id)).state).toBe("succeeded");
  await studio.collector.until((all) =>
    all.some(({ name, attributes }) => name === "attempt" && attributes["myspinbot.job.id"] === job.id),
  );
  const spans = await traced(trace, "attempt");
  const submit = one(spans, "submit");
  const attempts = spans.filter(({ name }) => name === "attempt");
  expect([submit.parent, submit.attributes["myspinbot.job.id"]]).toEqual([span, job.id]);
  expect(attempts.length).toBeGreaterThan(2);
  for (const { parent, attributes } of attempts) {
    expect(parent).toBe(submit.id);
    if (attributes["myspinbot.job.id"] !== job.id) expect(attributes["myspinbot.job.head"]).toBe(job.id);
  }
  expect(studio.collector.bytes()).not.toMatch(/heron|Hello/);
}, 180_000);

it("a collector that refuses or never answers holds up no job, and what it costs is counted", async () => {
  studio.collector.behave(500);
  const metric = async () => {
    const response = await fetch(`${studio.product.url}/metrics`, { headers: { authorization: `Bearer ${studio.key}` } });
    return Number(/^myspinbot_traces_dropped_total (\d+)$/m.exec(await response.text())?.[1]);
  };
  expect(await metric()).toBe(0);
  const [job] = jobsOf(await studio.chat({ text: picture("a slow fox") }));
  expect(job?.state).toBe("succeeded");
  for (const deadline = Date.now() + 20_000; (await metric()) < 3; ) if (Date.now() > deadline) throw new Error("nothing was counted");
  studio.collector.behave("hang");
  const [other] = jobsOf(await studio.chat({ text: picture("a hung fox") }));
  expect(other?.state).toBe("succeeded");
});
