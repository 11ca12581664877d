/** Streams of the 2025 era that break off are taken up again, by whom they belong to only, and cost no more than their bounds. */
import type { JSONRPCMessage } from "@modelcontextprotocol/server";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { silentLog } from "../core/log.ts";
import { studioDoor } from "./door.ts";
import { createEventStore } from "./event-store.ts";
import { createMcpHttp, type McpHttp } from "./http.ts";
import { connectHttp } from "./testing/clients.ts";
import { startServer } from "./testing/http-server.ts";
import { answer, type Event, events, initialize, mcpUrl, post } from "./testing/raw.ts";
import { type ScriptedStudio, scriptedStudio } from "./testing/scripted-studio.ts";

const ann = { id: "ann" };
const bob = { id: "bob" };
const newest = "2025-11-25";

let version: Record<string, string>;
let studio: ScriptedStudio;
let mcp: McpHttp;
beforeEach(() => {
  version = { "mcp-protocol-version": newest };
  studio = scriptedStudio();
  mcp = createMcpHttp({ door: (principal) => studioDoor(studio, principal), version: "1", log: silentLog });
});
afterEach(() => mcp.close());

async function openSession(principal = ann): Promise<string> {
  const response = await mcp.handle(post(initialize), principal);
  await response.text();
  return response.headers.get("mcp-session-id") ?? "";
}
const call = (session: string, id: number, name: string, args: object, meta: object = {}) =>
  mcp.handle(
    post(
      { jsonrpc: "2.0", id, method: "tools/call", params: { name, arguments: args, _meta: meta } },
      { ...version, "mcp-session-id": session },
    ),
    ann,
  );
const resume = (session: string, last: string, principal = ann) =>
  mcp.handle(
    new Request(mcpUrl, { headers: { accept: "text/event-stream", "mcp-session-id": session, "last-event-id": last, ...version } }),
    principal,
  );
async function submit(session: string): Promise<string> {
  const { result } = await answer(await call(session, 2, "render_image", { prompt: "x" }));
  const { job } = (result?.["structuredContent"] ?? {}) as { job: { id: string } };
  return job.id;
}
/** Begins a wait, reads its first event and drops the stream. */
async function dropped(session: string, job: string, id: number): Promise<Event> {
  const response = await call(session, id, "wait_for_job", { job_id: job });
  for await (const first of events(response)) return first;
  throw new Error("no first event");
}

describe("a stream that broke off", () => {
  it("says at once where it can be taken up again, and when", async () => {
    const session = await openSession();
    const first = await dropped(session, await submit(session), 3);
    expect(first).toEqual({ id: expect.stringMatching(/\S/), retry: "1000" });
  });

  it.each([newest, "2025-06-18"])("goes on after the last event that its client saw, in %s", async (revision) => {
    version = { "mcp-protocol-version": revision };
    const session = await openSession();
    const job = await submit(session);
    const response = await call(session, 3, "wait_for_job", { job_id: job }, { progressToken: "p" });
    let last = "";
    for await (const event of events(response)) {
      last = event.id ?? "";
      if (event.message?.method === "notifications/progress") break;
      studio.progress(job, 0.2, "sampling");
    }
    studio.succeed(job);
    await vi.waitFor(() => expect(studio.waiting.get(job)).toBe(0));
    const rest: Event[] = [];
    for await (const event of events(await resume(session, last))) rest.push(event);
    expect(rest.map(({ message }) => message?.id)).toEqual([3]);
    expect(JSON.stringify(rest[0]?.message?.result)).toContain('"state":"succeeded"');
  });

  it("is taken up while the answer is still to come", async () => {
    const session = await openSession();
    const job = await submit(session);
    const first = await dropped(session, job, 3);
    const again = await resume(session, first.id ?? "");
    expect(again.status).toBe(200);
    studio.succeed(job);
    expect(JSON.stringify((await answer(again)).result)).toContain('"state":"succeeded"');
  });

  it("belongs to its session: a forged id, one of another session and another person's are refused", async () => {
    const [session, other] = [await openSession(), await openSession()];
    const { id = "" } = await dropped(session, await submit(session), 3);
    const tag = id.slice(0, id.lastIndexOf("."));
    for (const forged of ["1", "_GET_stream", `${tag}.0`, `${tag}.99999`, `${tag}.-1`, "../../etc"])
      expect((await resume(session, forged)).status, forged).toBe(400);
    expect((await resume(other, id)).status).toBe(400);
    expect((await resume(session, id, bob)).status).toBe(404);
    expect((await resume("no-session", id)).status).toBe(404);
    expect((await resume(session, id)).status).toBe(200);
  });

  it("does not cost the session, nor the job, when a client drops every one", async () => {
    const session = await openSession();
    const job = await submit(session);
    for (let id = 3; id < 103; id++) await dropped(session, job, id);
    expect(studio.jobs.get(job)?.state).toBe("queued");
    studio.succeed(job);
    await vi.waitFor(() => expect(studio.waiting.get(job)).toBe(0));
    const { result } = await answer(await call(session, 200, "get_job", { job_id: job }));
    expect(JSON.stringify(result)).toContain('"state":"succeeded"');
  });
});

describe.each(["v2 legacy", "v1"] as const)("%s", (kind) => {
  it("gets the answer that it waits for over a connection that broke", async () => {
    const server = await startServer({ heartbeatMs: 20 });
    try {
      const client = await connectHttp(kind, server.url);
      const { job } = ((await client.call("render_image", { prompt: "x" })).structuredContent ?? {}) as { job: { id: string } };
      let beats = 0;
      const wait = client.call("wait_for_job", { job_id: job.id }, { onprogress: () => beats++ });
      await vi.waitFor(() => expect(beats).toBeGreaterThan(0), { timeout: 10_000 });
      server.cut();
      const before = beats;
      await vi.waitFor(() => expect(beats).toBeGreaterThan(before), { timeout: 20_000 });
      server.studio.succeed(job.id);
      expect((await wait).structuredContent).toMatchObject({ job: { id: job.id, state: "succeeded" } });
      await client.close();
    } finally {
      await server.close();
    }
  });
});

describe("the events that a session keeps", () => {
  const message = (text: string): JSONRPCMessage => ({
    jsonrpc: "2.0",
    method: "notifications/message",
    params: { level: "info", data: text },
  });
  const replay = async (store: ReturnType<typeof createEventStore>, id: string): Promise<string[]> => {
    const seen: string[] = [];
    await store.replayEventsAfter(id, { send: async (_id, sent) => void seen.push(JSON.stringify(sent)) });
    return seen;
  };

  it("are bounded in number and size, and never replayed with a gap", async () => {
    const store = createEventStore({ maxEvents: 3, maxChars: 1000 });
    const ids: string[] = [];
    for (const text of ["a", "b", "c", "d"]) ids.push(await store.storeEvent("s", message(text)));
    expect(await store.getStreamIdForEventId?.(ids[0] ?? "")).toBeUndefined();
    expect(await replay(store, ids[1] ?? "")).toHaveLength(2);
    const huge = await store.storeEvent("s", message("x".repeat(2000)));
    for (const id of [...ids, huge]) {
      expect(await store.getStreamIdForEventId?.(id)).toBeUndefined();
      await expect(replay(store, id)).rejects.toThrow();
    }
  });

  it("are told apart by stream, and what only names a stream is not replayed", async () => {
    const store = createEventStore();
    const first = await store.storeEvent("one", {} as JSONRPCMessage);
    await store.storeEvent("two", message("other"));
    await store.storeEvent("one", {} as JSONRPCMessage);
    await store.storeEvent("one", message("mine"));
    expect(await replay(store, first)).toEqual([JSON.stringify(message("mine"))]);
  });
});
