/** The tasks extension over jobs: for clients that declare it a call is answered by a task that is the job, over HTTP and stdio. */
import { PassThrough } from "node:stream";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { Failure } from "../../core/failure.ts";
import { silentLog } from "../../core/log.ts";
import { studioDoor } from "../door.ts";
import { createMcpHttp, type McpHttp } from "../http.ts";
import { serveStdio } from "../stdio.ts";
import { answer, initialize, type Message, modern, modernMeta, post, tasksCapability } from "../testing/raw.ts";
import { type ScriptedStudio, scriptedStudio } from "../testing/scripted-studio.ts";

type Ask = (method: string, params: Record<string, unknown>) => Promise<Message>;

const ann = { id: "ann" };
const bob = { id: "bob" };
const render = { name: "render_image", arguments: { prompt: "a fox" } };
let studio: ScriptedStudio;

describe.each(["HTTP", "stdio"])("over %s", (transport) => {
  let ask: Ask;
  let end: () => Promise<void>;
  const task = async (): Promise<string> => String((await ask("tools/call", render)).result?.["taskId"]);
  const get = async (taskId: string) => (await ask("tasks/get", { taskId })).result;

  beforeEach(() => {
    studio = scriptedStudio();
    if (transport === "HTTP") {
      const mcp = createMcpHttp({ door: (principal) => studioDoor(studio, principal), version: "1", log: silentLog });
      ask = async (method, params) => answer(await mcp.handle(modern(method, params, { capabilities: tasksCapability }), ann));
      end = () => mcp.close();
      return;
    }
    const [input, output] = [new PassThrough(), new PassThrough()];
    const said: Message[] = [];
    output.on("data", (chunk: Buffer) => {
      for (const text of chunk.toString().trim().split("\n")) said.push(JSON.parse(text) as Message);
    });
    const origin = () => "http://127.0.0.1:3000";
    const served = serveStdio(studioDoor(studio, ann), { version: "1", input, output, origin });
    let last = 0;
    ask = async (method, params) => {
      last += 1;
      const id = last;
      input.write(`${JSON.stringify({ jsonrpc: "2.0", id, method, params: { ...params, _meta: modernMeta(tasksCapability) } })}\n`);
      return vi.waitFor(() => {
        const found = said.find((message) => message.id === id);
        if (!found) throw new Error("no answer yet");
        return found;
      });
    };
    end = async () => {
      input.end();
      await served;
    };
  });
  afterEach(() => end());

  it("is announced, and answers a submit by a task whose id is the job's", async () => {
    const { result: about } = await ask("server/discover", {});
    expect(about).toMatchObject({ capabilities: { extensions: tasksCapability.extensions } });
    const { result } = await ask("tools/call", render);
    const [job] = [...studio.jobs.values()];
    expect(result).toMatchObject({
      resultType: "task",
      taskId: job?.id,
      status: "working",
      statusMessage: "queued, number 2 in line, done in about 20 s to 40 s",
      createdAt: "2026-01-01T00:00:00.000Z",
      lastUpdatedAt: "2026-01-01T00:00:00.000Z",
      ttlMs: null,
      pollIntervalMs: 2000,
    });
    for (const field of ["result", "error", "inputRequests", "requestState", "task"]) expect(result).not.toHaveProperty(field);
  });

  it("says where the job stands, then what wait_for_job says", async () => {
    const id = await task();
    expect(await get(id)).toMatchObject({ resultType: "complete", taskId: id, status: "working", ttlMs: null, pollIntervalMs: 2000 });
    const job = studio.jobs.get(id);
    if (job)
      Object.assign(job, { state: "running", startedAt: new Date("2026-01-01T00:01:00Z"), progress: { stage: "sampling", fraction: 0.4 } });
    expect(await get(id)).toMatchObject({
      status: "working",
      statusMessage: "running, sampling 40 %",
      lastUpdatedAt: "2026-01-01T00:01:00.000Z",
    });
    studio.succeed(id);
    const ended = await get(id);
    expect(ended).toMatchObject({ status: "completed", statusMessage: "succeeded" });
    const { result: waited } = await ask("tools/call", { name: "wait_for_job", arguments: { job_id: id } });
    const { content, structuredContent } = waited as { content: { type: string }[]; structuredContent: object };
    expect(content.map(({ type }) => type)).toEqual(["text", "resource_link", "image"]);
    expect(ended?.["result"]).toEqual({ resultType: "complete", content, structuredContent });
  });

  it("tells a failed job by a completed task with an error in its result", async () => {
    const id = await task();
    studio.fail(id);
    const ended = await get(id);
    expect(ended).toMatchObject({
      status: "completed",
      result: { isError: true, structuredContent: { job: { state: "failed", error: { code: "engine_failed" } } } },
    });
    expect(ended).not.toHaveProperty("error");
  });

  it("cancels the job, and leaves what has ended as it is", async () => {
    const [one, other] = [await task(), await task()];
    const { result } = await ask("tasks/cancel", { taskId: one });
    expect(result).toMatchObject({ resultType: "complete" });
    for (const field of ["taskId", "status", "result"]) expect(result).not.toHaveProperty(field);
    expect(studio.jobs.get(one)?.state).toBe("canceled");
    expect(await get(one)).toMatchObject({ status: "cancelled" });
    studio.succeed(other);
    expect((await ask("tasks/cancel", { taskId: other })).result).toMatchObject({ resultType: "complete" });
    expect(await get(other)).toMatchObject({ status: "completed" });
  });

  it("is canceled only by whom cancel_job obeys", async () => {
    const id = await task();
    const { invoke } = studio;
    studio.invoke = async (principal, call, options) => {
      if (call.tool === "cancel_job") throw new Failure("not_allowed", "This needs the scope jobs:write.");
      return invoke(principal, call, options);
    };
    expect((await ask("tasks/cancel", { taskId: id })).error?.message).toMatch(/^not_allowed: This needs the scope jobs:write/);
    expect(await get(id)).toMatchObject({ status: "working" });
  });

  it("ignores answers that nothing asked for", async () => {
    const id = await task();
    const { result } = await ask("tasks/update", { taskId: id, inputResponses: { what: { action: "accept" } } });
    expect(result).toMatchObject({ resultType: "complete" });
    expect(await get(id)).toMatchObject({ status: "working" });
  });

  it("does not know another person's task, nor what is none", async () => {
    const { job } = (await studio.invoke(bob, { tool: "render_image", input: { prompt: "x" } })) as { job: { id: string } };
    const errors = new Set<string>();
    for (const taskId of [job.id, "job_0000000000000000", "no-task", "../../etc", ""])
      for (const method of ["tasks/get", "tasks/update", "tasks/cancel"]) {
        const { error } = await ask(method, { taskId, inputResponses: {} });
        expect(error, `${method} ${taskId}`).toMatchObject({ code: -32602 });
        if (taskId !== "") errors.add(error?.message.replace(taskId, "ID") ?? "");
      }
    expect([...errors]).toEqual(["There is no task ID of yours. list_jobs shows the jobs there are."]);
    expect(studio.jobs.get(job.id)?.state).toBe("queued");
  });

  it("gives a task that has ended at once as its result, and an answer tool never a task", async () => {
    const keyed = { ...render, arguments: { ...render.arguments, idempotency_key: "k" } };
    const id = String((await ask("tools/call", keyed)).result?.["taskId"]);
    studio.succeed(id);
    expect((await ask("tools/call", keyed)).result).toMatchObject({
      resultType: "complete",
      structuredContent: { job: { state: "succeeded" } },
    });
    expect((await ask("tools/call", { name: "list_jobs", arguments: {} })).result).toMatchObject({ resultType: "complete" });
  });
});

describe("a client that does not declare tasks", () => {
  let mcp: McpHttp;
  beforeEach(() => {
    studio = scriptedStudio();
    mcp = createMcpHttp({ door: (principal) => studioDoor(studio, principal), version: "1", log: silentLog });
  });
  afterEach(() => mcp.close());

  it("gets ordinary results, and is told what to declare when it asks for tasks", async () => {
    const { result } = await answer(await mcp.handle(modern("tools/call", render), ann));
    expect(result).toMatchObject({ resultType: "complete", structuredContent: { job: { state: "queued" } } });
    const [id = ""] = studio.jobs.keys();
    for (const method of ["tasks/get", "tasks/update", "tasks/cancel"]) {
      const response = await mcp.handle(modern(method, { taskId: id }), ann);
      expect(response.status).toBe(400);
      expect((await answer(response)).error).toMatchObject({ code: -32021, data: { requiredCapabilities: tasksCapability } });
    }
    expect(studio.jobs.get(id)?.state).toBe("queued");
  });

  it("has none of it in the 2025 era, whatever it declares", async () => {
    const first = await mcp.handle(post({ ...initialize, params: { ...initialize.params, capabilities: tasksCapability } }), ann);
    expect((await answer(first)).result?.["capabilities"]).not.toHaveProperty("extensions");
    const headers = { "mcp-session-id": first.headers.get("mcp-session-id") ?? "", "mcp-protocol-version": "2025-11-25" };
    const ask = async (method: string, params: object) =>
      answer(await mcp.handle(post({ jsonrpc: "2.0", id: 3, method, params }, headers), ann));
    expect((await ask("tools/call", render)).result).toMatchObject({ structuredContent: { job: { state: "queued" } } });
    expect((await ask("tasks/get", { taskId: "job_0000000000000000" })).error).toMatchObject({ code: -32601 });
  });
});
