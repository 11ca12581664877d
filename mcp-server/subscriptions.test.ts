/** Jobs that are followed by their resource, in both eras and over both transports: told of changes, of one's own only, as long as the client is there. */
import { PassThrough } from "node:stream";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { silentLog } from "../core/log.ts";
import { studioDoor } from "./door.ts";
import { createMcpHttp, type McpHttp, type McpHttpOptions } from "./http.ts";
import { createJobWatches } from "./job-watches.ts";
import { honoured, type ListenRequest } from "./listen.ts";
import { serveStdio } from "./stdio.ts";
import { answer, type Event, events, initialize, type Message, mcpUrl, modern, modernMeta, post } from "./testing/raw.ts";
import { type ScriptedStudio, scriptedStudio } from "./testing/scripted-studio.ts";

const ann = { id: "ann" };
const bob = { id: "bob" };
const version = { "mcp-protocol-version": "2025-11-25" };
const patience = { timeout: 10_000, interval: 10 };
const uriOf = (job: string) => `myspinbot://jobs/${job}`;

let studio: ScriptedStudio;
let mcp: McpHttp;
function start(options: Partial<McpHttpOptions> = {}): void {
  studio = scriptedStudio();
  mcp = createMcpHttp({ door: (principal) => studioDoor(studio, principal), version: "1", log: silentLog, ...options });
}
beforeEach(() => start());
afterEach(() => mcp.close());

async function submit(principal = ann): Promise<string> {
  const { job } = (await studio.invoke(principal, { tool: "render_image", input: { prompt: "x" } })) as { job: { id: string } };
  return job.id;
}
async function next(stream: AsyncGenerator<Event>): Promise<Message | undefined> {
  return ((await stream.next()).value as Event | undefined)?.message;
}
/** Passes over what else is said on the stream. */
async function update(stream: AsyncGenerator<Event>): Promise<Message | undefined> {
  for await (const { message } of { [Symbol.asyncIterator]: () => ({ next: () => stream.next() }) })
    if (message?.method === "notifications/resources/updated") return message;
  return undefined;
}

describe("subscriptions/listen over HTTP", () => {
  const listen = (uris: string[], principal = ann) =>
    mcp.handle(modern("subscriptions/listen", { notifications: { resourceSubscriptions: uris } }), principal);

  it("acknowledges what it follows, says when it changes, and marks it with the request", async () => {
    const job = await submit();
    const stream = events(await listen([uriOf(job)]));
    expect(await next(stream)).toMatchObject({
      method: "notifications/subscriptions/acknowledged",
      params: { notifications: { resourceSubscriptions: [uriOf(job)] } },
    });
    const first = await next(stream);
    expect(first).toMatchObject({ method: "notifications/resources/updated", params: { uri: uriOf(job) } });
    expect(JSON.stringify(first?.params?.["_meta"])).toContain('"io.modelcontextprotocol/subscriptionId":7');
    studio.succeed(job);
    expect(await next(stream)).toMatchObject({ method: "notifications/resources/updated" });
    await stream.return(undefined);
  });

  it("follows nobody else's job, nor what is none: a stranger hears nothing, and learns nothing", async () => {
    const job = await submit();
    const never = "myspinbot://jobs/job_0000000000000000";
    for (const uri of [uriOf(job), never, "myspinbot://artifacts/art_0000000000000000", "file:///etc/passwd"]) {
      const stream = events(await listen([uri], bob));
      const said: (Message | undefined)[] = [];
      for await (const { message } of stream) said.push(message);
      expect(said[0]).toMatchObject({ method: "notifications/subscriptions/acknowledged", params: { notifications: {} } });
      expect(JSON.stringify(said[0])).not.toContain("job_");
      // nothing is left to wait for
      expect(said[1]).toMatchObject({ result: { resultType: "complete" } });
    }
    expect(studio.watching.get(job) ?? 0).toBe(0);
  });

  it("ends when its client leaves, the job goes on, and the place is free", async () => {
    start({ listening: { maxEach: 1 } });
    const job = await submit();
    const stream = events(await listen([uriOf(job)]));
    await next(stream);
    await vi.waitFor(() => expect(studio.watching.get(job)).toBe(1), patience);
    expect((await answer(await listen([uriOf(job)]))).error?.message).toMatch(/limit reached/);
    await stream.return(undefined);
    await vi.waitFor(() => expect(studio.watching.get(job)).toBe(0), patience);
    expect(studio.jobs.get(job)?.state).toBe("queued");
    expect((await listen([uriOf(job)])).headers.get("content-type")).toContain("event-stream");
  });

  it("is capped for all, and one person's streams leave room for another's", async () => {
    start({ listening: { max: 3, maxEach: 2 } });
    const [hers, his] = [await submit(ann), await submit(bob)];
    const kinds: string[] = [];
    for (const [job, principal] of [
      [hers, ann],
      [hers, ann],
      [hers, ann],
      [his, bob],
      [his, bob],
    ] as const)
      kinds.push((await listen([uriOf(job)], principal)).headers.get("content-type")?.split(";")[0] ?? "");
    const [stream, refused] = ["text/event-stream", "application/json"];
    expect(kinds).toEqual([stream, stream, refused, stream, refused]);
  });

  it("follows at most so many jobs", async () => {
    start({ listening: { maxJobs: 2 } });
    const jobs = [await submit(), await submit(), await submit()];
    const stream = events(await listen(jobs.map(uriOf)));
    expect((await next(stream))?.params?.["notifications"]).toEqual({ resourceSubscriptions: jobs.slice(0, 2).map(uriOf) });
    await stream.return(undefined);
  });

  it("ends politely when the server ends", async () => {
    const job = await submit();
    const stream = events(await listen([uriOf(job)]));
    await next(stream);
    await mcp.close();
    const said: (Message | undefined)[] = [];
    for await (const { message } of stream) said.push(message);
    expect(said.at(-1)).toMatchObject({ result: { resultType: "complete" } });
    await vi.waitFor(() => expect(studio.watching.get(job)).toBe(0), patience);
  });
});

describe("resources/subscribe over HTTP", () => {
  const open = async (principal = ann): Promise<string> => {
    const response = await mcp.handle(post(initialize), principal);
    await response.text();
    return response.headers.get("mcp-session-id") ?? "";
  };
  const ask = async (session: string, method: string, uri: string, principal = ann) =>
    answer(
      await mcp.handle(post({ jsonrpc: "2.0", id: 5, method, params: { uri } }, { ...version, "mcp-session-id": session }), principal),
    );
  const stream = async (session: string) =>
    events(await mcp.handle(new Request(mcpUrl, { headers: { accept: "text/event-stream", "mcp-session-id": session, ...version } }), ann));

  it("tells of changes on the session's own stream, until it is unsubscribed", async () => {
    const [session, job] = [await open(), await submit()];
    const heard = await stream(session);
    expect((await ask(session, "resources/subscribe", uriOf(job))).result).toEqual({});
    expect(await update(heard)).toMatchObject({ params: { uri: uriOf(job) } });
    studio.progress(job, 0.5, "sampling");
    expect(await update(heard)).toMatchObject({ params: { uri: uriOf(job) } });
    expect((await ask(session, "resources/unsubscribe", uriOf(job))).result).toEqual({});
    await vi.waitFor(() => expect(studio.watching.get(job)).toBe(0), patience);
    await heard.return(undefined);
  });

  it("ends with the session", async () => {
    const [session, job] = [await open(), await submit()];
    await ask(session, "resources/subscribe", uriOf(job));
    await vi.waitFor(() => expect(studio.watching.get(job)).toBe(1), patience);
    await mcp.handle(new Request(mcpUrl, { method: "DELETE", headers: { "mcp-session-id": session, ...version } }), ann);
    await vi.waitFor(() => expect(studio.watching.get(job)).toBe(0), patience);
  });

  it("refuses another's job like one that never was, what never changes, and more than its share", async () => {
    const [session, job] = [await open(), await submit(bob)];
    for (const uri of [uriOf(job), "myspinbot://jobs/job_0000000000000000", "myspinbot://artifacts/art_0000000000000000", "x"])
      expect((await ask(session, "resources/subscribe", uri)).error).toMatchObject({ code: -32602 });
    const jobs = await Promise.all(Array.from({ length: 33 }, () => submit()));
    const errors: unknown[] = [];
    for (const one of jobs) errors.push((await ask(session, "resources/subscribe", uriOf(one))).error?.message);
    expect(errors.slice(0, 32)).toEqual(Array.from({ length: 32 }));
    expect(errors[32]).toMatch(/At most 32 subscriptions/);
    // one that has ended makes room
    studio.succeed(jobs[5] ?? "");
    await vi.waitFor(() => expect(studio.watching.get(jobs[5] ?? "")).toBe(0), patience);
    expect((await ask(session, "resources/subscribe", uriOf(jobs[32] ?? ""))).result).toEqual({});
  });

  it("shows a job as it stands, and the recipe of what it made", async () => {
    const job = await submit();
    studio.succeed(job);
    const file = studio.jobs.get(job)?.artifacts[0]?.id;
    const read = async (uri: string, principal = ann) => answer(await mcp.handle(modern("resources/read", { uri }), principal));
    const textOf = ({ result }: Message) => (result?.["contents"] as { text: string }[] | undefined)?.[0]?.text ?? "";
    expect(JSON.parse(textOf(await read(uriOf(job))))).toMatchObject({ id: job, state: "succeeded", artifacts: [{ id: file }] });
    expect(JSON.parse(textOf(await read(`myspinbot://artifacts/${file}/recipe`)))).toMatchObject({
      tool: "render_image",
      input: { seed: 42 },
    });
    for (const uri of [uriOf(job), `myspinbot://artifacts/${file}/recipe`])
      expect((await read(uri, bob)).error).toMatchObject({ code: -32602 });
  });
});

describe("the watches of one connection", () => {
  it("follow nothing for whoever left while their job was looked up", async () => {
    const job = await submit();
    let found = () => {};
    const door = studioDoor(studio, ann);
    const slow = { ...door, job: (id: string) => new Promise<void>((resolve) => (found = resolve)).then(() => door.job(id)) };
    const watches = createJobWatches(slow, () => undefined);
    const added = watches.add(uriOf(job));
    watches.close();
    found();
    await added;
    expect(studio.watching.get(job) ?? 0).toBe(0);
  });

  it("follow a job again that was retried after its end", async () => {
    const job = await submit();
    const told: string[] = [];
    const watches = createJobWatches(studioDoor(studio, ann), (uri) => told.push(uri), { gapMs: 1 });
    await watches.add(uriOf(job));
    studio.fail(job);
    await vi.waitFor(() => expect(studio.watching.get(job)).toBe(0), patience);
    await studio.retry(ann, job);
    await watches.add(uriOf(job));
    await vi.waitFor(() => expect(studio.watching.get(job)).toBe(1), patience);
    watches.close();
    await vi.waitFor(() => expect(studio.watching.get(job)).toBe(0), patience);
  });

  it("look for no more jobs than they can follow", async () => {
    const door = studioDoor(studio, ann);
    const looked: string[] = [];
    const uris = Array.from({ length: 5000 }, (_, number) => uriOf(`job_${String(number).padStart(16, "0")}`));
    const request = { jsonrpc: "2.0", id: 1, method: "subscriptions/listen", params: { notifications: { resourceSubscriptions: uris } } };
    await honoured(request as ListenRequest, { job: (id) => door.job(looked[looked.push(id) - 1] ?? "") }, 32);
    expect(looked).toHaveLength(32);
  });
});

describe("over stdio", () => {
  const line = (message: object) => `${JSON.stringify({ jsonrpc: "2.0", ...message })}\n`;
  const begin = () => {
    const [input, output] = [new PassThrough(), new PassThrough()];
    const said: Message[] = [];
    output.on("data", (chunk: Buffer) => {
      for (const text of chunk.toString().trim().split("\n")) said.push(JSON.parse(text) as Message);
    });
    const served = serveStdio(studioDoor(studio, ann), { version: "1", input, output });
    const updates = () => said.filter(({ method }) => method === "notifications/resources/updated");
    return { input, said, served, updates };
  };

  it("subscriptions/listen follows own jobs, until it is canceled", async () => {
    const { input, said, served, updates } = begin();
    const [mine, his] = [await submit(), await submit(bob)];
    const params = { notifications: { resourceSubscriptions: [uriOf(mine), uriOf(his)] }, _meta: modernMeta() };
    input.write(line({ id: 1, method: "subscriptions/listen", params }));
    input.write(line({ id: 2, method: "tools/list", params: { _meta: modernMeta() } }));
    await vi.waitFor(() => expect(updates()).toHaveLength(1), patience);
    expect(said[0]).toMatchObject({
      method: "notifications/subscriptions/acknowledged",
      params: { notifications: { resourceSubscriptions: [uriOf(mine)] } },
    });
    expect(updates()[0]).toMatchObject({ params: { uri: uriOf(mine), _meta: { "io.modelcontextprotocol/subscriptionId": 1 } } });
    await vi.waitFor(() => expect(said.find(({ id }) => id === 2)).toBeDefined(), patience);
    expect(studio.watching.get(his) ?? 0).toBe(0);
    input.write(line({ method: "notifications/cancelled", params: { requestId: 1, _meta: modernMeta() } }));
    await vi.waitFor(() => expect(studio.watching.get(mine)).toBe(0), patience);
    input.end();
    await served;
  });

  it("resources/subscribe follows own jobs, until the client goes", async () => {
    const { input, said, served, updates } = begin();
    const mine = await submit();
    input.write(line(initialize));
    input.write(line({ id: 2, method: "resources/subscribe", params: { uri: uriOf(mine) } }));
    await vi.waitFor(() => expect(updates()).toHaveLength(1), patience);
    expect(said.find(({ id }) => id === 2)).toMatchObject({ result: {} });
    input.end();
    await served;
    await vi.waitFor(() => expect(studio.watching.get(mine)).toBe(0), patience);
  });
});
