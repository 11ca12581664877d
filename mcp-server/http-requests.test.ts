/** Requests that no well-behaved client sends, straight into `handle`. */
import { afterEach, describe, expect, it, vi } from "vitest";
import { silentLog } from "../core/log.ts";
import { studioDoor } from "./door.ts";
import { createMcpHttp, type McpHttp, type McpHttpOptions } from "./http.ts";
import { answer, initialize as latest, mcpUrl, modern, modernMeta, post } from "./testing/raw.ts";
import { type ScriptedStudio, scriptedStudio } from "./testing/scripted-studio.ts";

const ann = { id: "ann" };
const bob = { id: "bob" };
const initialize = { ...latest, params: { ...latest.params, protocolVersion: "2025-06-18" } };
const list = { jsonrpc: "2.0", id: 2, method: "tools/list" };

let mcp: McpHttp;
let studio: ScriptedStudio;
function start(options: Partial<McpHttpOptions> = {}): void {
  studio = scriptedStudio();
  mcp = createMcpHttp({ door: (principal) => studioDoor(studio, principal), version: "1", log: silentLog, ...options });
}
afterEach(() => mcp.close());

async function openSession(principal = ann): Promise<string> {
  const response = await mcp.handle(post(initialize), principal);
  await response.text();
  return response.headers.get("mcp-session-id") ?? "";
}
async function alive(session: string, principal = ann): Promise<boolean> {
  const response = await mcp.handle(post(list, { "mcp-session-id": session }), principal);
  await response.text();
  return response.status === 200;
}

describe("a bad request", () => {
  it.each([
    ["not JSON", () => post("{nope"), 400, -32700],
    ["no JSON-RPC", () => post({ hello: 1 }), 400, -32600],
    ["an empty body", () => post(""), 400, -32700],
    ["null", () => post("null"), 400, -32600],
    ["another media type", () => post(list, { "content-type": "text/plain" }), 415, -32000],
    ["no session", () => post(list), 400, -32000],
    ["a session that never was", () => post(list, { "mcp-session-id": "0000" }), 404, -32001],
    ["GET without a session", () => new Request(mcpUrl, { headers: { accept: "text/event-stream" } }), 400, -32000],
    ["PUT", () => new Request(mcpUrl, { method: "PUT", body: "x" }), 405, -32000],
    [
      "a revision that does not exist",
      () => post({ ...list, params: { _meta: { ...modernMeta(), "io.modelcontextprotocol/protocolVersion": "2099-01-01" } } }),
      400,
      -32022,
    ],
  ])("is refused: %s", async (_name, request, status, code) => {
    start();
    const response = await mcp.handle(request(), ann);
    expect(response.status).toBe(status);
    expect((await answer(response)).error).toMatchObject({ code, message: expect.stringMatching(/\w/) });
  });

  it("is refused over 1 MB, by its length and without one", async () => {
    start();
    const huge = JSON.stringify({ ...initialize, pad: "x".repeat(1_000_001) });
    expect((await mcp.handle(post(huge), ann)).status).toBe(413);
    const chunk = new TextEncoder().encode("x".repeat(100_000));
    let sent = 0;
    const endless = new ReadableStream<Uint8Array>({
      pull(controller) {
        sent += 1;
        controller.enqueue(chunk);
      },
    });
    const streamed = new Request(mcpUrl, {
      method: "POST",
      body: endless,
      headers: { "content-type": "application/json" },
      duplex: "half",
    } as RequestInit);
    expect((await mcp.handle(streamed, ann)).status).toBe(413);
    expect(sent).toBeLessThan(20);
  });

  it("for a page that was never offered is -32602 in both eras, and no error without one", async () => {
    start();
    expect((await answer(await mcp.handle(modern("tools/list", { cursor: "forged" }), ann))).error).toMatchObject({ code: -32602 });
    expect((await answer(await mcp.handle(modern("tools/list", {}), ann))).result?.["tools"]).toBeDefined();
    const session = await openSession();
    const request = post({ ...list, params: { cursor: "forged" } }, { "mcp-session-id": session });
    expect((await answer(await mcp.handle(request, ann))).error).toMatchObject({ code: -32602 });
  });

  it("with arguments that are no object is -32602 in both eras", async () => {
    start();
    const params = { name: "get_job", arguments: ["job_1"] };
    expect((await answer(await mcp.handle(modern("tools/call", params), ann))).error).toMatchObject({ code: -32602 });
    const session = await openSession();
    const request = post({ ...list, method: "tools/call", params }, { "mcp-session-id": session });
    expect((await answer(await mcp.handle(request, ann))).error).toMatchObject({ code: -32602 });
  });
});

describe("a modern request", () => {
  it("needs no session and makes none", async () => {
    start({ sessions: { max: 0 } });
    const response = await mcp.handle(modern("tools/list", {}), ann);
    expect(response.headers.get("mcp-session-id")).toBeNull();
    expect((await answer(response)).result?.["tools"]).toHaveLength(studio.tools.length);
  });
  it("is served as its own principal", async () => {
    start();
    const submit = () => modern("tools/call", { name: "render_image", arguments: { prompt: "x" } });
    await (await mcp.handle(submit(), ann)).text();
    await (await mcp.handle(submit(), bob)).text();
    expect([...studio.jobs.values()].map((job) => job.principal)).toEqual(["ann", "bob"]);
  });
  it("ends its wait when the response is given up, and the job goes on", async () => {
    start();
    await (await mcp.handle(modern("tools/call", { name: "render_image", arguments: { prompt: "x" } }), ann)).text();
    const [id = ""] = studio.jobs.keys();
    const gone = new AbortController();
    const wait = mcp.handle(
      modern("tools/call", { name: "wait_for_job", arguments: { job_id: id } }, { init: { signal: gone.signal } }),
      ann,
    );
    await vi.waitFor(() => expect(studio.waiting.get(id)).toBe(1));
    gone.abort();
    await wait;
    await vi.waitFor(() => expect(studio.waiting.get(id)).toBe(0));
    expect(studio.jobs.get(id)?.state).toBe("queued");
  });
  it("hands its trace on, and drops one that is none", async () => {
    start();
    const traceparent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
    for (const value of [traceparent, "x\ny"]) {
      const request = modern("tools/call", { name: "resume", arguments: {} });
      const body = JSON.parse(await request.text()) as { params: { _meta: object } };
      body.params._meta = { ...body.params._meta, traceparent: value };
      await (await mcp.handle(post(body, Object.fromEntries(request.headers)), ann)).text();
    }
    expect(studio.traceparents).toEqual([traceparent, undefined]);
  });
});

describe("a session", () => {
  it("is for what whoever began it may do: the same person with another key begins their own", async () => {
    const may = (...scopes: ("admin" | "jobs:read" | "jobs:write")[]) => ({ ...ann, scopes });
    const session = await openSession(may("jobs:write", "jobs:read"));
    expect(await alive(session, may("jobs:read", "jobs:write"))).toBe(true);
    expect(await alive(session, may("jobs:read"))).toBe(false);
    expect(await alive(session, may("admin"))).toBe(false);
  });
  it("belongs to its principal: to another it does not exist", async () => {
    start();
    const [hers, his] = [await openSession(ann), await openSession(bob)];
    expect(await alive(hers, ann)).toBe(true);
    expect(await alive(his, bob)).toBe(true);
    for (const request of [
      () => post(list, { "mcp-session-id": hers }),
      () => new Request(mcpUrl, { headers: { accept: "text/event-stream", "mcp-session-id": hers } }),
      () => new Request(mcpUrl, { method: "DELETE", headers: { "mcp-session-id": hers } }),
    ]) {
      const response = await mcp.handle(request(), bob);
      expect(response.status).toBe(404);
      expect((await answer(response)).error).toEqual({ code: -32001, message: "Session not found" });
    }
    expect(await alive(hers, ann)).toBe(true);
  });

  it("ends by DELETE, with a JSON content type and no body as well", async () => {
    start();
    const session = await openSession();
    const headers = { "mcp-session-id": session, "content-type": "application/json" };
    expect((await mcp.handle(new Request(mcpUrl, { method: "DELETE", headers }), ann)).status).toBe(200);
    expect(await alive(session)).toBe(false);
  });

  it("is capped: of 1,000 opened and left the newest stay, and another person's is served as before", async () => {
    let clock = 0;
    start({ sessions: { now: () => clock++ } });
    const his = await openSession(bob);
    const opened: string[] = [];
    for (let index = 0; index < 1000; index++) opened.push(await openSession());
    expect(new Set(opened).size).toBe(1000);
    const living = await Promise.all(opened.map((session) => alive(session)));
    expect(living.filter(Boolean)).toHaveLength(99);
    expect(living.slice(901).every(Boolean)).toBe(true);
    expect(await alive(his, bob)).toBe(true);
    expect(await openSession(bob)).not.toBe("");
  });

  it("of a person who hoards them goes before that of another", async () => {
    let clock = 0;
    start({ sessions: { max: 3, now: () => clock++ } });
    const his = await openSession(bob);
    const hers = [await openSession(ann), await openSession(ann), await openSession(ann)];
    expect(await alive(his, bob)).toBe(true);
    expect(await alive(hers[0] ?? "")).toBe(false);
    expect(await alive(hers[2] ?? "")).toBe(true);
  });

  it("in use is never taken: a new one is refused with a time to come back", async () => {
    start({ sessions: { max: 1 } });
    const session = await openSession();
    const stream = await mcp.handle(new Request(mcpUrl, { headers: { accept: "text/event-stream", "mcp-session-id": session } }), ann);
    const refused = await mcp.handle(post(initialize), bob);
    expect(refused.status).toBe(503);
    expect(refused.headers.get("retry-after")).toBe("60");
    expect((await answer(refused)).error?.message).toMatch(/All 1 sessions are in use/);
    await stream.body?.cancel();
    expect(await openSession(bob)).not.toBe("");
  });

  it("in use is taken of whoever holds the most, for somebody who holds fewer: nobody keeps others out", async () => {
    start({ sessions: { max: 3 } });
    const hers = [await openSession(ann), await openSession(ann), await openSession(ann)];
    for (const session of hers)
      await mcp.handle(new Request(mcpUrl, { headers: { accept: "text/event-stream", "mcp-session-id": session } }), ann);
    expect((await mcp.handle(post(initialize), ann)).status).toBe(503);
    const his = await openSession(bob);
    expect(await alive(his, bob)).toBe(true);
    expect((await Promise.all(hers.map((session) => alive(session)))).filter(Boolean)).toHaveLength(2);
  });

  it("is swept when nobody uses it", async () => {
    vi.useFakeTimers({ toFake: ["setInterval", "clearInterval"] });
    try {
      let clock = 0;
      start({ sessions: { idleMs: 1000, now: () => clock } });
      const [left, used] = [await openSession(), await openSession()];
      clock = 900;
      expect(await alive(used)).toBe(true);
      clock = 1500;
      vi.advanceTimersByTime(60_000);
      expect(await alive(left)).toBe(false);
      expect(await alive(used)).toBe(true);
    } finally {
      vi.useRealTimers();
    }
  });

  it("is not left behind by an initialize that was refused", async () => {
    start({ sessions: { max: 1 } });
    const refused = await mcp.handle(post(initialize, { accept: "text/plain" }), ann);
    expect(refused.status).toBe(406);
    const session = await openSession(bob);
    expect(await alive(session, bob)).toBe(true);
  });

  it("makes one job of a request that a proxy sends twice", async () => {
    start();
    const session = await openSession();
    const request = () =>
      post(
        { jsonrpc: "2.0", id: 9, method: "tools/call", params: { name: "render_image", arguments: { prompt: "x" } } },
        { "mcp-session-id": session },
      );
    const created: unknown[] = [];
    for (const sent of [request(), request()]) {
      const { result } = await answer(await mcp.handle(sent, ann));
      created.push(result?.["structuredContent"]);
    }
    expect(studio.jobs.size).toBe(1);
    expect(created).toMatchObject([{ created: true }, { created: false }]);
  });

  it("serves 2025-06-18 as asked", async () => {
    start();
    expect((await answer(await mcp.handle(post(initialize), ann))).result).toMatchObject({
      protocolVersion: "2025-06-18",
      serverInfo: { name: "myspinbot", version: "1" },
      capabilities: { tools: {}, resources: { listChanged: false } },
    });
  });
});
