/** The client against a real server, over the socket and over TCP: every call, and connections that break. */
import { mkdtemp, readFile, rm } from "node:fs/promises";
import type { RequestListener } from "node:http";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { Readable } from "node:stream";
import { buffer } from "node:stream/consumers";
import { afterEach, describe, expect, it } from "vitest";
import type { Part } from "../core/chat.ts";
import { Failure } from "../core/failure.ts";
import { jobView } from "../core/view.ts";
import { createApp } from "./app.ts";
import { createHttpClient } from "./client.ts";
import { type Listening, listen } from "./listen.ts";
import type { AppParts } from "./parts.ts";
import { createReplayFilter } from "./replay.ts";
import { scriptedAgent, type TestParts, testParts, until } from "./testing/app-parts.ts";
import { startOddServer } from "./testing/odd-server.ts";

const key = "0123456789abcdef";
const patience = { tries: 3, firstMs: 5 };
const ends: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});

async function start(more: Partial<AppParts> = {}): Promise<{ parts: TestParts; server: Listening; socketPath: string }> {
  const parts = testParts({ local: false, access: { key, hosts: [] }, ...more });
  const folder = await mkdtemp(join(tmpdir(), "http-"));
  ends.push(() => rm(folder, { recursive: true }));
  const socketPath = join(folder, "s.sock");
  const server = await listen(createApp(parts), { host: "127.0.0.1", port: 0, socketPath, log: parts.log });
  ends.push(() => server.close(0));
  return { parts, server, socketPath };
}

const bad = (listener: RequestListener) => startOddServer(listener, ends);

async function collect<T>(source: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const one of source) all.push(one);
  return all;
}

describe.each(["socket", "tcp"] as const)("every call over %s", (way) => {
  async function both(more: Partial<AppParts> = {}) {
    const { parts, server, socketPath } = await start(more);
    const client = createHttpClient(way === "socket" ? { socketPath } : { url: server.url, key }, { patience });
    return { client, parts, studio: parts.studio };
  }

  it("status, tools, jobs", async () => {
    const { client, studio } = await both();
    expect((await client.status()).version).toBe("0.0.0");
    expect((await client.tools()).map((tool) => tool.name)).toContain("render_image");
    const made = await client.invoke("render_image", { prompt: "fox" }, { key: "k" });
    const again = await client.invoke("render_image", { prompt: "fox" }, { key: "k", progress: () => {} });
    expect([made.kind, again]).toMatchObject(["job", { kind: "job", created: false }]);
    const [id] = [...studio.jobs.keys()] as [string];
    expect((await client.job(id)).id).toBe(id);
    expect((await client.cancel(id)).state).toBe("canceled");
    expect((await collect(client.watch(id))).map((event) => event["type"])).toEqual(["state", "state"]);
    expect(await collect(client.watch(id, { after: 2 }))).toEqual([]);
  });
  it("failures as they were thrown", async () => {
    const { client } = await both();
    const error = await client.invoke("render_image", { prompt: 7 }).catch((thrown: unknown) => thrown as Failure);
    expect(error).toBeInstanceOf(Failure);
    expect(error).toMatchObject({ code: "invalid_input", fields: [{ path: "prompt" }] });
    await expect(client.job("job_x")).rejects.toMatchObject({ code: "unknown_job" });
    await expect(collect(client.watch("job_x"))).rejects.toMatchObject({ code: "unknown_job" });
    await expect(client.invoke("wait_for_job", { job_id: "job_x" }, { progress: () => {} })).rejects.toMatchObject({ code: "unknown_job" });
  });
  it("progress of a tool that waits", async () => {
    const { client, studio } = await both();
    const { id } = studio.make();
    const heard: number[] = [];
    const answer = client.invoke("wait_for_job", { job_id: id, timeout_s: 50 }, { progress: (fraction) => heard.push(fraction) });
    await until(() => studio.watchers() === 1, "it waits");
    studio.live({ type: "progress", job: id, attempt: 1, progress: { stage: "sampling", fraction: 0.7 } });
    await until(() => heard.length === 2, "it hears");
    studio.move(id, "canceled");
    expect(await answer).toMatchObject({ kind: "answer", text: "It is canceled." });
    expect(heard).toEqual([0.5, 0.7]);
  });
  it("an invoke that is aborted, and its job goes on", async () => {
    const { client, studio } = await both();
    const { id } = studio.make();
    const stop = new AbortController();
    const answer = client.invoke("wait_for_job", { job_id: id, timeout_s: 50 }, { signal: stop.signal });
    await until(() => studio.watchers() === 1, "it waits");
    stop.abort();
    await expect(answer).rejects.toMatchObject({ name: "AbortError" });
    await until(() => studio.watchers() === 0, "the wait ends");
    expect(studio.jobs.get(id)?.state).toBe("queued");
  });
  it("files there and back", async () => {
    const { client, studio } = await both();
    const content = Buffer.alloc(3_000_000, "fox");
    const sized = await client.upload("größe.png", Readable.from([content]), content.length);
    const unsized = await client.upload("x.png", Readable.from([content.subarray(0, 10)]));
    expect([sized.name, sized.bytes, unsized.bytes]).toEqual(["größe.png", 3_000_000, 10]);
    expect((await client.artifact(sized.id)).sha256).toBe(sized.sha256);
    expect((await buffer(await client.download(sized.id))).equals(content)).toBe(true);
    expect((await buffer(await client.download(sized.id, { strip: true }))).toString()).toBe("stripped");
    expect(Buffer.from((await client.thumbnail(sized.id)) ?? []).toString()).toBe("webp");
    expect(await client.thumbnail(studio.addFile(content, { mediaType: "audio/wav" }).id)).toBeUndefined();
    await expect(client.download("art_x")).rejects.toMatchObject({ code: "unknown_artifact" });
  });
  it("an upload that is too large, and one whose source breaks", async () => {
    const { client } = await both({ limits: { ...testParts().limits, maxUpload: 1000 } });
    const endless = () =>
      new Readable({
        read() {
          this.push(Buffer.alloc(65_536));
        },
      });
    const [known, unknown] = [endless(), endless()];
    await expect(client.upload("x.png", known, 10 ** 9)).rejects.toMatchObject({ code: "limit_exceeded" });
    const parts = await both();
    parts.studio.upload = () => Promise.reject(new Failure("limit_exceeded", "too large"));
    await expect(parts.client.upload("x.png", unknown)).rejects.toMatchObject({ code: "limit_exceeded" });
    expect([known.destroyed, unknown.destroyed]).toEqual([true, true]);
    const broken = new Readable({
      read() {
        this.destroy(Object.assign(new Error("disk"), { code: "EIO" }));
      },
    });
    await expect(client.upload("x.png", broken, 500)).rejects.toMatchObject({ code: "EIO" });
  });
  it("a turn with its job; leaving early closes the request and ends no job", async () => {
    const { client, studio } = await both({
      agent: scriptedAgent(async function* (request): AsyncGenerator<Part> {
        const job = jobView(studio.make());
        yield { type: "text", text: "On it." };
        yield { type: "done", conversation: request.conversation, message: request.message, planner: "rules", jobs: [job] };
      }),
    });
    for await (const part of client.chat({ text: "fox" })) if (part.type === "job") break;
    await until(() => studio.watchers() === 0, "the request is closed");
    const [first] = [...studio.jobs.keys()] as [string];
    expect([studio.jobs.get(first)?.state, studio.canceled]).toEqual(["queued", []]);

    const turn = collect(client.chat({ text: "fox", conversation: "conv_a", message: "msg_a" }));
    await until(() => studio.watchers() === 1, "it follows");
    const [, second] = [...studio.jobs.keys()] as [string, string];
    studio.publish(second, Buffer.from("x"));
    studio.move(second, "succeeded");
    const parts = await turn;
    expect(parts.map((part) => part.type)).toEqual(["text", "job", "artifact", "job", "done"]);
    expect(parts.at(-1)).toMatchObject({ conversation: "conv_a", message: "msg_a", jobs: [{ state: "succeeded" }] });
  });
});

describe("no studio", () => {
  it("is not_running at once, for every call", async () => {
    const absent = createHttpClient({ socketPath: "/nonexistent/s.sock" });
    await expect(absent.status()).rejects.toMatchObject({ code: "not_running", message: expect.stringContaining("myspinbot start") });
    await expect(collect(absent.chat({ text: "x" }))).rejects.toMatchObject({ code: "not_running" });
    await expect(absent.upload("x", Readable.from(["x"]))).rejects.toMatchObject({ code: "not_running" });
    const url = await bad(() => {});
    await ends.pop()?.();
    await expect(createHttpClient({ url }).tools()).rejects.toMatchObject({ code: "not_running" });
  });
  it("but another program is called that", async () => {
    const url = await bad((_request, response) => response.writeHead(200).end("<html>"));
    await expect(createHttpClient({ url }).status()).rejects.toMatchObject({
      code: "not_running",
      message: expect.stringContaining("other than"),
    });
    const wrong = await bad((_request, response) => response.writeHead(502).end("<html>"));
    await expect(createHttpClient({ url: wrong }).status()).rejects.toMatchObject({ code: "not_running" });
  });
  it("or a wrong key", async () => {
    const { server } = await start();
    await expect(createHttpClient({ url: server.url, key: "wrong" }).tools()).rejects.toMatchObject({ code: "unauthorized" });
  });
});

const sse = (event: string, data: unknown, id?: number) =>
  `event: ${event}\n${id === undefined ? "" : `id: ${id}\n`}data: ${JSON.stringify(data)}\n\n`;

describe("a connection that breaks in mid-stream", () => {
  it("is taken up by asking for the same turn again: nothing twice, no second job", async () => {
    const bodies: Record<string, string>[] = [];
    const job = jobView({ ...testParts().studio.make(), artifacts: [] });
    const artifact = { id: "art_1", name: "fox.png" };
    const url = await bad((request, response) => {
      let text = "";
      request.on("data", (part) => {
        text += part;
      });
      request.on("end", () => {
        bodies.push(JSON.parse(text) as Record<string, string>);
        response.writeHead(200, { "content-type": "text/event-stream" });
        response.write(sse("text", { type: "text", text: "On " }) + sse("text", { type: "text", text: "it" }));
        response.write(sse("job", { type: "job", job }));
        if (bodies.length === 1) return response.write(sse("text", { type: "text", text: ", so" }), () => response.destroy());
        response.write(sse("text", { type: "text", text: ", soon." }) + sse("artifact", { type: "artifact", job: job.id, artifact }));
        // the second time it ends without `done`, as a server does that is being stopped
        if (bodies.length === 2) return response.end();
        response.end(sse("artifact", { type: "artifact", job: job.id, artifact }) + sse("done", { type: "done", jobs: [] }));
      });
    });
    const parts = await collect(createHttpClient({ url }, { patience }).chat({ text: "fox" }));
    expect(parts.map((part) => (part.type === "text" ? part.text : part.type))).toEqual([
      "On ",
      "it",
      "job",
      ", so",
      "on.",
      "artifact",
      "done",
    ]);
    expect(bodies).toHaveLength(3);
    expect(bodies[0]?.["message"]).toMatch(/^msg_/);
    expect(bodies[1]).toEqual(bodies[0]);
    expect(bodies[2]).toEqual(bodies[0]);
  });
  it("is taken up a bounded number of times", async () => {
    let asked = 0;
    const url = await bad((_request, response) => {
      asked++;
      response.writeHead(200, { "content-type": "text/event-stream" });
      response.write(": hello\n\n", () => response.destroy());
    });
    await expect(collect(createHttpClient({ url }, { patience }).chat({ text: "fox" }))).rejects.toMatchObject({
      code: "not_running",
      message: expect.stringContaining("jobs go on"),
    });
    expect(asked).toBe(patience.tries + 1);
  });
  it("of a job's events goes on after the last one", async () => {
    const after: unknown[] = [];
    const url = await bad((request, response) => {
      after.push(request.headers["last-event-id"]);
      response.writeHead(200, { "content-type": "text/event-stream" });
      if (after.length === 1)
        response.write(sse("state", { n: 1 }, 1) + sse("state", { n: 2 }, 2) + sse("progress", {}), () => response.destroy());
      else response.end(sse("state", { n: 3 }, 3) + sse("end", {}));
    });
    const events = await collect(createHttpClient({ url }, { patience }).watch("job_x"));
    expect([events.map((event) => event["n"]), after]).toEqual([
      [1, 2, undefined, 3],
      ["0", "2"],
    ]);
  });
  it("of a call without a key is not asked again: it could be two jobs", async () => {
    let asked = 0;
    const url = await bad((request) => {
      asked++;
      request.socket.destroy();
    });
    const client = createHttpClient({ url }, { patience });
    await expect(client.invoke("render_image", {}, { progress: () => {} })).rejects.toMatchObject({ code: "not_running" });
    await expect(client.invoke("render_image", {})).rejects.toMatchObject({ code: "not_running" });
    expect(asked).toBe(2);
  });
  it("survives a restart of the real server on its socket", async () => {
    const { parts, server, socketPath } = await start();
    const { id } = parts.studio.make();
    const events: unknown[] = [];
    const watched = (async () => {
      for await (const event of createHttpClient({ socketPath }, { patience: { tries: 50, firstMs: 5 } }).watch(id))
        events.push(event["state"]);
    })();
    await until(() => events.length === 1, "it watches");
    await server.close(1000);
    parts.studio.move(id, "running");
    const next = await listen(createApp(parts), { host: "127.0.0.1", port: 0, socketPath, log: parts.log });
    ends.push(() => next.close(0));
    await until(() => events.length === 2, "it watches again");
    parts.studio.move(id, "succeeded");
    await watched;
    expect(events).toEqual(["queued", "running", "succeeded"]);
  });
});

it("tells a replayed turn that goes another way in full", () => {
  const filter = createReplayFilter();
  const say = (text: string) => filter.pass({ type: "text", text });
  say("On it.");
  filter.restart();
  expect([say("Sorry"), say(", no.")]).toEqual([
    { type: "text", text: "\nSorry" },
    { type: "text", text: ", no." },
  ]);
});

it("loads nothing of the server", async () => {
  const packages = new Set<string>();
  const seen = new Set<string>();
  async function read(path: string): Promise<void> {
    if (seen.has(path)) return;
    seen.add(path);
    for (const [statement, from = ""] of (await readFile(path, "utf8")).matchAll(/^(?:import|export)[^;]*? from "([^"]+)"/gms)) {
      if (/^import type/.test(statement)) continue;
      if (from.startsWith(".")) await read(resolve(dirname(path), from));
      else if (!from.startsWith("node:")) packages.add(from);
    }
  }
  await read(resolve(import.meta.dirname, "client.ts"));
  expect([...packages]).toEqual(["eventsource-parser"]);
  expect(seen.size).toBeGreaterThan(4);
});
