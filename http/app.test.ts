/** The routes in memory: what each answers, and that every error is JSON with the right status. */
import { describe, expect, it } from "vitest";
import type { Part } from "../core/chat.ts";
import { Failure, failureCodes } from "../core/failure.ts";
import { isId } from "../core/ids.ts";
import { jobView } from "../core/view.ts";
import { createApp } from "./app.ts";
import { maxJson } from "./body.ts";
import { statusByCode } from "./failures.ts";
import { routes } from "./routes.ts";
import { scriptedAgent, testParts, until } from "./testing/app-parts.ts";

const json = (body: unknown, headers: Record<string, string> = {}) => ({
  method: "POST",
  body: typeof body === "string" ? body : JSON.stringify(body),
  headers: { "content-type": "application/json", ...headers },
});

type Body = { error: { code: string; message: string; fields?: { path: string }[] } } & Record<string, unknown>;

function start(more: Parameters<typeof testParts>[0] = {}) {
  const parts = testParts(more);
  const app = createApp(parts);
  return {
    parts,
    studio: parts.studio,
    async ask(path: string, init: RequestInit = {}) {
      const response = await app.request(path, init);
      return { status: response.status, headers: response.headers, body: (await response.json()) as Body };
    },
    raw: async (path: string, init: RequestInit = {}) => app.request(path, init),
  };
}

const events = (text: string) =>
  text
    .split("\n\n")
    .filter((block) => block.includes("data: "))
    .map((block) => ({
      event: /^event: (.*)$/m.exec(block)?.[1],
      id: /^id: (.*)$/m.exec(block)?.[1],
      data: JSON.parse(/^data: (.*)$/m.exec(block)?.[1] ?? "null") as Record<string, unknown>,
    }));

describe("every route of the table", () => {
  it("is there, and nothing else is", () => {
    const app = createApp(testParts({ mcp: { handle: async () => new Response("mcp") } }));
    const served = app.routes.filter((route) => route.path !== "/*").map((route) => `${route.method} ${route.path}`);
    expect(new Set(served)).toEqual(new Set(routes.map((route) => `${route.method} ${route.path}`)));
  });
  it.each(routes.filter((route) => route.method !== "ALL"))(
    "answers another method than $method $path with 405",
    async ({ method, path }) => {
      const { status, body, headers } = await start().ask(path.replaceAll(":", "x"), { method: "PATCH" });
      expect([status, body.error.code]).toEqual([405, "unknown_route"]);
      expect(headers.get("allow")).toContain(method);
    },
  );
  it("is all that is known", async () => {
    const { ask, parts } = start();
    const { status, body } = await ask("/v1/nothing/../here?secret=1");
    expect([status, body.error.code]).toEqual([404, "unknown_route"]);
    expect(parts.measured).toEqual([["GET", "unmatched", 404]]);
  });
});

describe("errors", () => {
  it("have one status for every code", () => {
    for (const code of failureCodes) expect(statusByCode[code], code).toBeGreaterThanOrEqual(400);
  });
  it("hide what was not foreseen, and log it", async () => {
    const { ask, studio, parts } = start();
    studio.list = () => Promise.reject(new Error("password=hunter2 at /srv/secret"));
    const { status, body } = await ask("/v1/jobs");
    expect([status, body.error.code]).toEqual([500, "internal"]);
    expect(JSON.stringify(body)).not.toMatch(/hunter2|secret/);
    expect(parts.logged.filter((line) => line.level === "error")).toHaveLength(1);
  });
  it("say when to come back", async () => {
    const { ask, studio } = start();
    studio.list = () => Promise.reject(new Failure("database_unavailable", "gone", { retryable: true }));
    const { status, headers } = await ask("/v1/jobs");
    expect([status, headers.get("retry-after")]).toEqual([503, "5"]);
  });
  it("of a foreign id and an unknown one are the same", async () => {
    const { ask, studio } = start();
    const foreign = studio.make("queued", { principal: "somebody" }).id;
    const file = studio.addFile(Buffer.from("x"), { principal: "somebody" }).id;
    for (const [path, method, theirs, nobodys] of [
      ["/v1/jobs/ID", "GET", foreign, "job_0000000000000000"],
      ["/v1/jobs/ID/events", "GET", foreign, "job_0000000000000000"],
      ["/v1/jobs/ID/cancel", "POST", foreign, "job_0000000000000000"],
      ["/v1/jobs/ID/retry", "POST", foreign, "job_0000000000000000"],
      ["/v1/files/ID", "GET", file, "art_0000000000000000"],
      ["/v1/files/ID/x", "GET", file, "art_0000000000000000"],
      ["/v1/files/ID/thumbnail", "GET", file, "art_0000000000000000"],
    ] as const) {
      const one = await ask(path.replace("ID", theirs), { method });
      const two = await ask(path.replace("ID", nobodys), { method });
      expect(one.status).toBe(404);
      expect(JSON.stringify(one.body).replace(theirs, "ID")).toBe(JSON.stringify(two.body).replace(nobodys, "ID"));
    }
    expect(studio.canceled).toEqual([]);
  });
});

describe("bodies", () => {
  const chat = "/v1/chat";
  it.each([
    ["no JSON", "not json", 400],
    ["NUL", '{"text":"a\\u0000b"}', 400],
    ["half a surrogate pair", '{"text":"\\ud800"}', 400],
    ["NUL in a name", '{"te\\u0000xt":"a"}', 400],
    ["an unknown field", '{"text":"a","extra":1}', 400],
    ["a number for text", '{"text":7}', 400],
    ["nothing said", '{"text":"  "}', 400],
    ["a path for an id", '{"text":"a","conversation":"../../x"}', 400],
    ["an array", "[]", 400],
    ["null", "null", 400],
    ["a deep nest", `${"[".repeat(200_000)}${"]".repeat(200_000)}`, 400],
    ["more than 1 MB", JSON.stringify({ text: "x".repeat(maxJson) }), 413],
  ])("with %s are refused", async (_what, body, wanted) => {
    const { ask, parts } = start();
    const { status, body: answer } = await ask(chat, json(body));
    expect(status).toBe(wanted);
    expect(answer.error.code).toBe(wanted === 413 ? "limit_exceeded" : "invalid_input");
    // our words, not a library's
    expect(answer.error.message).not.toMatch(/Invalid|expected|received|Unrecognized/);
    expect(parts.agent).toHaveProperty("turns", []);
  });
  it("are refused in broken UTF-8", async () => {
    const { ask } = start();
    const { status } = await ask(chat, {
      method: "POST",
      body: Uint8Array.from([0x22, 0xff, 0x22]),
      headers: { "content-type": "application/json" },
    });
    expect(status).toBe(400);
  });
  it("that a foreign form could send are refused", async () => {
    const { ask } = start();
    const { status, body } = await ask(chat, { method: "POST", body: '{"text":"a"}', headers: { "content-type": "text/plain" } });
    expect([status, body.error.code]).toEqual([415, "unsupported_media"]);
  });
  it("over the limit are not read to their end", async () => {
    let pulled = 0;
    const body = new ReadableStream<Uint8Array>({
      pull(controller) {
        pulled++;
        controller.enqueue(new Uint8Array(100_000));
      },
    });
    const init = { method: "POST", body, duplex: "half", headers: { "content-type": "application/json" } } as RequestInit;
    const { status } = await start().ask(chat, init);
    expect(status).toBe(413);
    expect(pulled).toBeLessThan(20);
  });
});

describe("POST /v1/chat", () => {
  it("streams parts, makes the ids, and passes the trace on", async () => {
    const agent = scriptedAgent(async function* (request): AsyncGenerator<Part> {
      yield { type: "text", text: "line\n\nbreak 🦊" };
      yield { type: "done", conversation: request.conversation, message: request.message, planner: "rules", jobs: [] };
    });
    const { raw } = start({ agent });
    const traceparent = `00-${"a".repeat(32)}-${"b".repeat(16)}-01`;
    const response = await raw("/v1/chat", json({ text: "hi" }, { traceparent }));
    expect(response.headers.get("content-type")).toBe("text/event-stream");
    expect(events(await response.text()).map((event) => [event.event, event.data["text"]])).toEqual([
      ["text", "line\n\nbreak 🦊"],
      ["done", undefined],
    ]);
    const [turn] = agent.turns;
    expect(isId("conv", turn?.conversation ?? "") && isId("msg", turn?.message ?? "")).toBe(true);
    expect(turn?.traceparent).toBe(traceparent);
  });
  it("goes on when it is closed: only the following ends", async () => {
    let aborted = false;
    const { raw, studio } = start({
      agent: scriptedAgent(async function* (request, signal): AsyncGenerator<Part> {
        signal.addEventListener("abort", () => {
          aborted = true;
        });
        const job = jobView(studio.make());
        yield { type: "done", conversation: request.conversation, message: request.message, planner: "rules", jobs: [job] };
      }),
    });
    const response = await raw("/v1/chat", json({ text: "hi" }));
    const reader = response.body?.getReader();
    await reader?.read();
    await reader?.read();
    await until(() => studio.watchers() === 1, "it follows");
    await reader?.cancel();
    await until(() => studio.watchers() === 0, "it follows no more");
    expect(aborted).toBe(true);
    expect([...studio.jobs.values()].map((job) => job.state)).toEqual(["queued"]);
  });
  it("ends with a failure event where the turn breaks", async () => {
    const { raw } = start({
      agent: scriptedAgent(() => ({
        [Symbol.asyncIterator]: () => ({ next: () => Promise.reject(new Failure("not_allowed", "This conversation is somebody else's.")) }),
      })),
    });
    const sent = events(await (await raw("/v1/chat", json({ text: "hi" }))).text());
    expect(sent).toEqual([
      { event: "failure", id: undefined, data: new Failure("not_allowed", "This conversation is somebody else's.").view() },
    ]);
  });
  it("names an attachment that is not there before it begins", async () => {
    const { status, body } = await start().ask("/v1/chat", json({ text: "upscale", attachments: ["art_0000000000000000"] }));
    expect([status, body.error.code]).toEqual([404, "unknown_artifact"]);
  });
});

describe("tools", () => {
  it("are listed with their schemas", async () => {
    const { body } = await start().ask("/v1/tools");
    expect((body["tools"] as { name: string }[]).map((tool) => tool.name)).toEqual(["render_image", "wait_for_job"]);
  });
  it("make a job once a key, by name and by alias", async () => {
    const { ask, studio } = start();
    const first = await ask("/v1/tools/render_image", json({ prompt: "fox" }, { "idempotency-key": "k" }));
    const again = await ask("/v1/tools/render", json({ prompt: "fox" }, { "idempotency-key": "k" }));
    expect([first.status, first.body["created"], again.body["created"]]).toEqual([202, true, false]);
    expect(studio.jobs.size).toBe(1);
    expect(first.headers.get("location")).toBe(`/v1/jobs/${[...studio.jobs.keys()][0]}`);
  });
  it("say what is wrong with their input, field by field", async () => {
    const { status, body } = await start().ask("/v1/tools/render_image", json({ prompt: 7 }));
    expect([status, body.error.code, body.error.fields?.[0]?.path]).toEqual([400, "invalid_input", "prompt"]);
    expect((await start().ask("/v1/tools/make_coffee", json({}))).status).toBe(404);
  });
  it("answer at once, or after their progress", async () => {
    const { ask, raw, studio } = start();
    const { id } = studio.make("succeeded");
    expect(await ask("/v1/tools/wait_for_job", json({ job_id: id }))).toMatchObject({
      status: 200,
      body: { kind: "answer", text: "It is succeeded." },
    });
    const streamed = await raw("/v1/tools/wait_for_job", json({ job_id: id }, { accept: "text/event-stream" }));
    expect(events(await streamed.text())).toMatchObject([
      { event: "progress", data: { fraction: 0.5, note: "half way" } },
      { event: "result", data: { kind: "answer" } },
    ]);
    const failed = await raw("/v1/tools/wait_for_job", json({ job_id: "job_x" }, { accept: "text/event-stream" }));
    expect(events(await failed.text()).at(-1)).toMatchObject({ event: "failure", data: { code: "unknown_job" } });
  });
});

describe("jobs", () => {
  it("are submitted, listed, read, canceled and started again", async () => {
    const { ask, studio } = start();
    studio.position = 1;
    const made = await ask("/v1/jobs", json({ tool: "render_image", input: { prompt: "fox" } }));
    expect([made.status, made.body["state"], made.body["position"]]).toEqual([202, "queued", 1]);
    const path = `/v1/jobs/${made.body["id"]}`;
    expect((await ask("/v1/jobs?state=queued,running&limit=5")).body["jobs"]).toHaveLength(1);
    expect((await ask("/v1/jobs?state=succeeded")).body["jobs"]).toEqual([]);
    expect((await ask(path)).body["id"]).toBe(made.body["id"]);
    expect((await ask(`${path}/cancel`, { method: "POST" })).body["state"]).toBe("canceled");
    expect((await ask(`${path}/retry`, { method: "POST" })).body["state"]).toBe("queued");
    expect((await ask(`${path}/retry`, { method: "POST" })).status).toBe(409);
  });
  it.each(["?limit=0", "?limit=201", "?limit=x", "?state=lost", "?colour=red"])("cannot be listed by %s", async (query) => {
    expect((await start().ask(`/v1/jobs${query}`)).status).toBe(400);
  });
  it("are not made of tools that make none", async () => {
    const { status, body } = await start().ask("/v1/jobs", json({ tool: "wait_for_job", input: {} }));
    expect(status).toBe(400);
    expect(body.error.message).toContain("/v1/tools/wait_for_job");
  });
  it("replay their events after Last-Event-ID, live ones without an id, and end", async () => {
    const { raw, studio } = start();
    const { id } = studio.make();
    studio.move(id, "running");
    const response = raw(`/v1/jobs/${id}/events`, { headers: { "last-event-id": "1" } }).then((answer) => answer.text());
    await until(() => studio.watchers() === 1, "it watches");
    studio.live({ type: "progress", job: id, attempt: 1, progress: { stage: "sampling", fraction: 0.5 } });
    studio.publish(id, Buffer.from("x"));
    studio.move(id, "succeeded");
    const text = await response;
    expect(events(text).map((event) => [event.event, event.id])).toEqual([
      ["state", "2"],
      ["progress", undefined],
      ["artifact", "3"],
      ["state", "4"],
      ["end", undefined],
    ]);
    expect(text).not.toContain("storageKey");
    expect(text).not.toContain("secret/");
    // a browser that reconnects after the end is told to stop
    expect((await raw(`/v1/jobs/${id}/events?after=4`)).status).toBe(204);
    expect(studio.watchers()).toBe(0);
    expect((await raw(`/v1/jobs/${id}/events`, { headers: { "last-event-id": "x" } })).status).toBe(400);
  });
});

describe("the service", () => {
  it("is alive, ready or not, and measured", async () => {
    let ready = true;
    const { ask, raw, parts } = start({
      ready: async () => {
        if (!ready) throw new Failure("database_unavailable", "The database does not answer.", { retryable: true });
      },
    });
    expect((await ask("/healthz")).body).toEqual({ status: "ok", name: "myspinbot" });
    expect((await ask("/readyz")).status).toBe(200);
    ready = false;
    expect(await ask("/readyz")).toMatchObject({ status: 503, body: { error: { code: "database_unavailable" } } });
    expect(await (await raw("/metrics")).text()).toBe("up 1\n");
    expect((await ask("/v1/status")).body).toMatchObject({ version: "0.0.0" });
    expect(parts.measured.map(([, route]) => route)).toEqual(["/healthz", "/readyz", "/readyz", "/metrics", "/v1/status"]);
  });
  it("measures patterns and logs neither ids, prompts nor keys", async () => {
    const { ask, parts, studio } = start();
    const { id } = studio.make();
    await ask(`/v1/jobs/${id}?token=tok`, { headers: { authorization: "Bearer tok" } });
    await ask("/v1/tools/render_image", json({ prompt: "a secret fox" }));
    expect(parts.measured).toEqual([
      ["GET", "/v1/jobs/:id", 200],
      ["POST", "/v1/tools/:name", 202],
    ]);
    expect(JSON.stringify(parts.logged)).not.toMatch(/tok|secret fox|job_/);
  });
  it("hands MCP the whole request", async () => {
    const seen: string[] = [];
    const { raw } = start({
      mcp: {
        async handle(request, principal) {
          seen.push(`${request.method} ${principal.id} ${await request.text()}`);
          return new Response("ok");
        },
      },
    });
    for (const method of ["GET", "DELETE"]) await raw("/mcp", { method });
    await raw("/mcp", { method: "POST", body: "x" });
    expect(seen).toEqual(["GET local ", "DELETE local ", "POST local x"]);
  });
});
