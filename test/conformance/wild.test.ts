/** `/mcp` of a whole studio, asked as strangers, careless programs and busy people ask it. */
import { request as httpRequest } from "node:http";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Log } from "../../core/log.ts";
import { answer, initialize, modern, tasksCapability } from "../../mcp-server/testing/raw.ts";
import { type Product, startProduct } from "../setup/product.ts";

interface Line {
  text: string;
  facts: Record<string, unknown>;
}

/** Keeps what is logged, with the facts that a child was made with. */
function keepingLog(lines: Line[], known: object = {}): Log {
  const keep = (facts: object, text = "") => void lines.push({ text, facts: { ...known, ...facts } });
  return { debug: keep, info: keep, warn: keep, error: keep, child: (facts) => keepingLog(lines, { ...known, ...facts }) };
}

describe("/mcp", () => {
  const lines: Line[] = [];
  let product: Product;
  let url: URL;
  beforeAll(async () => {
    product = await startProduct({ MYSPINBOT_PREVIEW: "1" }, {}, keepingLog(lines));
    url = new URL("/mcp", product.url);
  });
  afterAll(() => product.close());

  const send = async (request: Request, headers: Record<string, string> = {}) =>
    fetch(url, { method: "POST", headers: { ...Object.fromEntries(request.headers), ...headers }, body: await request.text() });
  /** As `fetch` would not: with any Host, and a body of which only the beginning is ever sent. */
  const rawly = (headers: Record<string, string | number>, body = "", method = "POST") =>
    new Promise<{ status: number; text: string }>((resolve, reject) => {
      const sent = httpRequest(url, { method, headers: { "content-type": "application/json", ...headers } }, (response) => {
        let text = "";
        response.setEncoding("utf8").on("data", (chunk: string) => {
          text += chunk;
        });
        response.on("end", () => {
          sent.destroy();
          resolve({ status: response.statusCode ?? 0, text });
        });
      });
      sent.on("error", reject);
      sent.write(body);
      if (headers["content-length"] === undefined) sent.end();
    });

  it("is not there for a stranger's Host or a stranger's page", async () => {
    const first = JSON.stringify(initialize);
    for (const headers of [
      { host: "evil.example" },
      { host: `evil.example:${url.port}` },
      { origin: "https://evil.example" },
      { origin: "null" },
    ]) {
      const { status, text } = await rawly(headers, first);
      expect(status).toBe(403);
      expect(text).toContain("MYSPINBOT_ALLOWED_HOSTS");
    }
  });

  it("refuses 100 MB without waiting for them, and goes on", async () => {
    const { status } = await rawly({ "content-length": 100_000_000, accept: "application/json, text/event-stream" }, "[");
    expect(status).toBe(413);
    expect((await send(modern("tools/list", {}))).status).toBe(200);
  });

  it("makes one job of two submits with one key at once", async () => {
    const render = { name: "render_image", arguments: { prompt: "a fox twice", idempotency_key: "twice", width: 64, height: 64 } };
    const answers = await Promise.all([1, 2].map(async () => answer(await send(modern("tools/call", render)))));
    const jobs = answers.map(({ result }) => result?.["structuredContent"] as { job: { id: string }; created: boolean });
    expect(jobs[0]?.job.id).toBe(jobs[1]?.job.id);
    expect(jobs.map(({ created }) => created).sort()).toEqual([false, true]);
    await product.ended(jobs[0]?.job.id ?? "");
  });

  it("keeps a request's traceparent to the last log line of its job", async () => {
    const traceparent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
    const request = modern("tools/call", { name: "render_image", arguments: { prompt: "a traced fox", width: 64, height: 64 } });
    const message = JSON.parse(await request.text()) as { params: { _meta: object } };
    message.params._meta = { ...message.params._meta, traceparent };
    const body = JSON.stringify(message);
    const { result } = await answer(await fetch(url, { method: "POST", headers: request.headers, body }));
    const { job } = (result?.["structuredContent"] ?? {}) as { job: { id: string } };
    await product.ended(job.id);
    const traced = lines.filter(({ facts }) => facts["job"] === job.id);
    expect(traced.map(({ text }) => text)).toEqual(expect.arrayContaining(["job accepted"]));
    expect(traced.filter(({ facts }) => facts["attempt"] !== undefined).length).toBeGreaterThan(0);
    for (const { text, facts } of traced) expect(facts["traceparent"], text).toBe(traceparent);
  });

  it("gives a real job as a task, until it is done", async () => {
    const ask = async (method: string, params: Record<string, unknown>) =>
      (await answer(await send(modern(method, params, { capabilities: tasksCapability })))).result;
    const created = await ask("tools/call", { name: "render_image", arguments: { prompt: "a fox as a task", width: 64, height: 64 } });
    const taskId = String(created?.["taskId"]);
    expect(created).toMatchObject({ resultType: "task", status: "working" });
    expect(await ask("tasks/get", { taskId })).toMatchObject({ taskId });
    await product.ended(taskId);
    expect(await ask("tasks/get", { taskId })).toMatchObject({
      status: "completed",
      result: { structuredContent: { job: { id: taskId, state: "succeeded" } } },
    });
  });
});
