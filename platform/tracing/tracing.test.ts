/** Traces by OpenTelemetry, against a collector that takes them, and against one that does not. */
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { ApprovalView } from "../../core/approval.ts";
import { Failure } from "../../core/failure.ts";
import type { Log } from "../../core/log.ts";
import { noTracing, within } from "../../core/ports/tracing.ts";
import { type FakeCollector, startFakeCollector } from "./testing/fake-collector.ts";
import { createTracing, type OtelTracing, type TracingOptions } from "./tracing.ts";

let collector: FakeCollector;
let warnings: { facts: object; text: string | undefined }[];
const open: OtelTracing[] = [];

beforeEach(async () => {
  collector = await startFakeCollector();
  warnings = [];
});
afterEach(async () => {
  for (const tracing of open.splice(0)) await tracing.close(0);
  await collector.close();
});

function tracingTo(endpoint: string, more: Partial<TracingOptions> = {}): OtelTracing {
  const warn = (facts: object, text?: string) => void warnings.push({ facts, text });
  const log: Log = { debug() {}, info() {}, warn, error() {}, child: () => log };
  const tracing = createTracing({ ...{ endpoint, headers: {}, log, service: "test", version: "1", ratio: 1, everyMs: 20 }, ...more });
  open.push(tracing);
  return tracing;
}

async function until(so: () => boolean): Promise<void> {
  for (const deadline = Date.now() + 20_000; !so(); await new Promise((resolve) => setTimeout(resolve, 10)))
    if (Date.now() > deadline) throw new Error("it never came to this");
}

const outside = (flags: string) => `00-${"a".repeat(32)}-${"b".repeat(16)}-${flags}`;

describe("a span", () => {
  it("hangs below its parent, which another process may have made", async () => {
    const [one, other] = [tracingTo(collector.url, { service: "one" }), tracingTo(`${collector.url}/`, { service: "other" })];
    const chat = one.begin("chat", {
      parent: outside("01"),
      attributes: { "myspinbot.planner": "rules", nothing: undefined, count: 2, yes: true },
    });
    const attempt = other.begin("attempt", { parent: chat.traceparent });
    attempt.end();
    chat.end();
    const spans = await collector.until((all) => all.length === 2);
    const [first, second] = [spans.find(({ name }) => name === "chat"), spans.find(({ name }) => name === "attempt")];
    expect(first).toMatchObject({ trace: "a".repeat(32), parent: "b".repeat(16), service: "one" });
    expect(first?.attributes).toEqual({ "myspinbot.planner": "rules", count: 2, yes: true });
    expect(second).toMatchObject({ trace: first?.trace, parent: first?.id, service: "other" });
    expect(collector.requests.map(({ path }) => path)).toEqual(["/v1/traces", "/v1/traces"]);
  });

  it("begins a new trace where what came is no trace context", async () => {
    const tracing = tracingTo(collector.url);
    const none = [
      undefined,
      "",
      "x\ny",
      `00-${"0".repeat(32)}-${"b".repeat(16)}-01`,
      `00-${"a".repeat(32)}-${"0".repeat(16)}-01`,
      `ff-${"a".repeat(32)}-${"b".repeat(16)}-01`,
      outside("01").toUpperCase(),
    ];
    for (const parent of none) tracing.begin("chat", { parent }).end();
    const spans = await collector.until((all) => all.length === none.length);
    expect(spans.map(({ parent }) => parent)).toEqual(none.map(() => ""));
    expect(new Set(spans.map(({ trace }) => trace)).size).toBe(none.length);
  });

  it("of a request that is not sampled is not sent, and tells those below it", async () => {
    const tracing = tracingTo(collector.url);
    const chat = tracing.begin("chat", { parent: outside("00") });
    expect(chat.traceparent).toMatch(new RegExp(`^00-${"a".repeat(32)}-[0-9a-f]{16}-00$`));
    tracing.begin("plan", { parent: chat.traceparent }).end();
    chat.end();
    tracing.begin("answer").end();
    await collector.until((all) => all.length > 0);
    await tracing.close(2000);
    expect(collector.spans().map(({ name }) => name)).toEqual(["answer"]);
    expect(tracing.dropped()).toBe(0);
  });

  it("of no request is kept with the share of the settings", async () => {
    const tracing = tracingTo(collector.url, { ratio: 0 });
    tracing.begin("chat").end();
    tracing.begin("chat", { parent: outside("01") }).end();
    await tracing.close(2000);
    expect(collector.spans().map(({ trace }) => trace)).toEqual(["a".repeat(32)]);
  });

  it("may be told of when it is over, and ends once", async () => {
    const tracing = tracingTo(collector.url);
    tracing.record("queue wait", { parent: outside("01"), from: 1_700_000_000_000, to: 1_700_000_005_000 });
    const span = tracing.begin("chat");
    span.end("engine_failed");
    span.end();
    await collector.until((all) => all.length === 2);
    const [wait, chat] = collector.spans();
    expect(wait).toMatchObject({ name: "queue wait", from: 1_700_000_000_000, to: 1_700_000_005_000 });
    expect(chat).toMatchObject({ failed: "engine_failed", attributes: { "error.type": "engine_failed" } });
  });

  it("tells of a failure its code and none of its words", async () => {
    const tracing = tracingTo(collector.url);
    const failing = (error: Error) => within(tracing, "submit", {}, () => Promise.reject(error)).catch(() => undefined);
    await failing(new Failure("unknown_model", "There is no model secret-words."));
    await failing(new Error("secret-words at /home/june"));
    await collector.until((all) => all.length === 2);
    expect(collector.spans().map(({ failed }) => failed)).toEqual(["unknown_model", "internal"]);
    expect(collector.bytes()).not.toMatch(/secret-words|june/);
  });

  it("that ends with a question to a person is no error, and says that it asked", async () => {
    const tracing = tracingTo(collector.url);
    const approval = { id: "apr_1", text: "secret-words" } as ApprovalView;
    const asking = new Failure("approval_required", "Answer the question first.", { approval });
    await expect(within(tracing, "submit", {}, () => Promise.reject(asking))).rejects.toBe(asking);
    const [span] = await collector.until((all) => all.length === 1);
    expect(span).toMatchObject({ attributes: { "myspinbot.asked": "approval_required" } });
    expect(span).not.toHaveProperty("failed");
    expect(collector.bytes()).not.toContain("secret-words");
  });
});

describe("without traces", () => {
  it("what came with a request is passed on as it is", async () => {
    expect(noTracing.begin("chat", { parent: outside("01") }).traceparent).toBe(outside("01"));
    expect(await within(noTracing, "plan", {}, async ({ traceparent }) => [traceparent])).toEqual([undefined]);
  });
});

it("the headers of the settings go with each request", async () => {
  const tracing = tracingTo(collector.url, { headers: { authorization: "Bearer abc", "x-tenant": "home" } });
  tracing.begin("chat").end();
  await collector.until((all) => all.length === 1);
  expect(collector.requests[0]?.headers).toMatchObject({
    authorization: "Bearer abc",
    "x-tenant": "home",
    "content-type": "application/json",
  });
});

describe("a collector", () => {
  it("that refuses costs spans, which are counted, and one line of the log", async () => {
    collector.behave(500);
    const tracing = tracingTo(collector.url);
    for (const dropped of [3, 6]) {
      for (let left = 3; left > 0; left--) tracing.begin("chat").end();
      await until(() => tracing.dropped() === dropped);
    }
    expect(warnings).toEqual([{ facts: { dropped: 3, why: "it answered 500" }, text: expect.stringContaining("collector") }]);
    collector.behave("take");
    tracing.begin("chat").end();
    await collector.until((all) => all.length === 1);
    expect(tracing.dropped()).toBe(6);
  });

  it("that is down costs them too, and its words are not looked at where it answers nonsense", async () => {
    const down = tracingTo("http://127.0.0.1:9", { patienceMs: 100 });
    down.begin("chat").end();
    await until(() => down.dropped() === 1);
    expect(warnings[0]?.facts).toEqual({ dropped: 1, why: "ECONNREFUSED" });
    collector.behave({ body: "<html>" });
    const odd = tracingTo(collector.url);
    odd.begin("chat").end();
    await odd.close(2000);
    expect([odd.dropped(), warnings.length, collector.requests.length]).toEqual([0, 1, 1]);
  });

  it("that never answers holds nothing up: no call waits, what waits is bounded, and the end comes", async () => {
    collector.behave("hang");
    const tracing = tracingTo(collector.url, { most: 100, patienceMs: 60_000, everyMs: 60_000 });
    const made = 20_000;
    for (let left = made; left > 0; left--) tracing.begin("chat").end();
    await until(() => collector.requests.length > 0);
    // one batch is on its way, one is waiting: all others are gone
    expect(tracing.dropped()).toBeGreaterThanOrEqual(made - 1000);
    await tracing.close(50);
    expect(tracing.dropped()).toBe(made);
    expect(warnings).toHaveLength(1);
    tracing.begin("chat").end();
    expect(tracing.dropped()).toBe(made + 1);
  });

  it("gets what there is when the process ends", async () => {
    const tracing = tracingTo(collector.url, { everyMs: 3_600_000 });
    for (let left = 2000; left > 0; left--) tracing.begin("chat").end();
    await tracing.close(10_000);
    expect([collector.spans().length, tracing.dropped()]).toEqual([2000, 0]);
  });
});
