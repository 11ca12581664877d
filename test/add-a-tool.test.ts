/** Adding a tool is one file and one line: here is the file, and `[...createTools(), countLetters]` is the line. Every face must then have it. */
import { MemorySaver } from "@langchain/langgraph";
import { afterAll, beforeAll, expect, it } from "vitest";
import { z } from "zod";
import { createAgent } from "../agent/agent.ts";
import type { OfferedTool } from "../agent/model/answer.ts";
import type { ChatModelSource } from "../agent/model.ts";
import { createAccessKeys } from "../core/access-keys.ts";
import { createApprovals } from "../core/approvals.ts";
import { createCard } from "../core/card.ts";
import type { Part } from "../core/chat.ts";
import { createStudio } from "../core/create-studio.ts";
import { createDeliveries } from "../core/deliveries.ts";
import { defaultLimits } from "../core/limits.ts";
import { createLinks } from "../core/links.ts";
import { silentLog } from "../core/log.ts";
import { noMetrics } from "../core/ports/metrics.ts";
import { defaultPolicy } from "../core/schedule.ts";
import { defineJobTool } from "../core/tool.ts";
import { toolsPage } from "../core/tool-docs.ts";
import { toolView } from "../core/tool-view.ts";
import { createApp } from "../http/app.ts";
import { studioDoor } from "../mcp-server/door.ts";
import { createMcpHttp } from "../mcp-server/http.ts";
import { type Database, openPostgres } from "../platform/postgres/open.ts";
import { createDatabase, type TestDatabase } from "../platform/postgres/testing/database.ts";
import { createTools } from "../tools/index.ts";
import { createAttempts } from "../workers/attempt.ts";
import { createGpu } from "../workers/gpu.ts";
import { createLane, type Lane } from "../workers/lane.ts";
import { memoryBus, memoryFiles, memoryQueue, plainMedia } from "../workers/testing/memory.ts";
import { engineList, scriptedEngine } from "../workers/testing/scripted-engine.ts";

/** The one file. */
const countLetters = defineJobTool({
  name: "count_letters",
  title: "Count letters",
  alias: "letters",
  description: "Count the letters of a text and write the number into a file.",
  input: z.strictObject({
    text: z.string().min(1).describe("The text to count."),
    unit: z.enum(["letters", "words"]).default("letters").describe("What is counted."),
  }),
  positional: ["text"],
  annotations: { readOnly: false, destructive: false, idempotent: true },
  prepare: async (input) => ({ input, title: "Count", engine: "scripted", family: "scripted", vramGb: 0, class: "interactive" }),
  run: ({ text, unit }, _engines, run) =>
    run.save({
      name: "count.txt",
      mediaType: "text/plain",
      body: Buffer.from(`${unit === "words" ? text.split(/\s+/).length : text.length} ${unit}`),
      recipe: { tool: "count_letters", input: run.job.input, engine: { id: "scripted", version: "1" }, preview: false, generated: false },
    }),
});

let test: TestDatabase;
let database: Database;
let lane: Lane;
let closing: () => Promise<void>;
let app: ReturnType<typeof createApp>;
/** What the chat model was offered in its last turn. */
let offered: OfferedTool[] = [];

const model: ChatModelSource = {
  choose: async () => ({
    planner: "native",
    model: {
      name: "scripted",
      url: "none",
      async ask(_messages, tools) {
        offered = tools;
        return { text: "", calls: [{ id: "call_1", name: "count_letters", input: { text: "one two three", unit: "words" } }], cut: false };
      },
    },
  }),
  status: async () => ({ planner: "native", model: "scripted" }),
  onCpu: async () => false,
  release: async () => undefined,
};

beforeAll(async () => {
  test = await createDatabase();
  database = await openPostgres({ url: test.url, log: silentLog });
  const tools = [...createTools(), countLetters];
  const { jobs, artifacts, assets, settings, plans } = database;
  const [queue, files, bus, engines] = [memoryQueue(), memoryFiles(), memoryBus(), engineList(scriptedEngine())];
  const approvals = createApprovals({ store: database.approvals, secret: Buffer.alloc(32), log: silentLog });
  const listening = await database.listen(bus.publish, () => undefined);
  const common = { tools, jobs, artifacts, assets, files, media: plainMedia, engines, bus, log: silentLog };
  const studio = createStudio({ ...common, queue, settings, approvals, limits: defaultLimits, accepted() {} });
  const gpu = createGpu({ engines, card: createCard(database.card), vramGb: 16, worker: "test", metrics: noMetrics, log: silentLog });
  const attempts = createAttempts({ ...common, gpu, metrics: noMetrics, worker: "test" });
  const families = ["scripted"];
  lane = await createLane({
    ...{ name: "test", families, attempts, queue, jobs, settings, bus, policy: defaultPolicy, metrics: noMetrics, log: silentLog },
  });
  const agent = createAgent({ studio, plans, checkpointer: new MemorySaver(), model, metrics: noMetrics, log: silentLog });
  const mcp = createMcpHttp({ door: (principal) => studioDoor(studio, principal), version: "1.0.0", log: silentLog });
  const deliveries = createDeliveries({ store: database.deliveries, jobs, bus, metrics: noMetrics });
  app = createApp({
    keys: createAccessKeys({ store: database.accessKeys, log: silentLog }),
    links: createLinks({ secret: Buffer.alloc(32), owner: artifacts.owner }),
    ...{ studio, agent, deliveries, mcp, limits: defaultLimits, log: silentLog, version: "1.0.0", access: { hosts: [] }, local: true },
    metrics: { ...noMetrics, text: async () => ({ contentType: "text/plain", body: "" }) },
    status: async () => ({ version: "1.0.0", pid: 1, data: "none", rows: [] }),
    ready: async () => undefined,
  });
  closing = async () => {
    await mcp.close();
    await lane.close(0);
    await listening.close();
  };
});

afterAll(async () => {
  await closing();
  await database.close();
  await test.drop();
});

const post = (path: string, body: object, headers: Record<string, string> = {}) =>
  app.request(path, { method: "POST", body: JSON.stringify(body), headers: { "content-type": "application/json", ...headers } });

async function turn(text: string): Promise<Part[]> {
  const response = await post("/v1/chat", { text });
  expect(response.status).toBe(200);
  return (await response.text()).split("\n").flatMap((line) => (line.startsWith("data: ") ? (JSON.parse(line.slice(6)) as Part) : []));
}

const wordsOf = (parts: readonly Part[]) => parts.map((part) => (part.type === "text" ? part.text : "")).join("");

async function fileOf(parts: readonly Part[]): Promise<string> {
  const made = parts.find((part) => part.type === "artifact");
  if (!made) throw new Error(`no file in ${JSON.stringify(parts)}`);
  return (await app.request(made.artifact.path)).text();
}

async function rpc(method: string, params: object): Promise<Record<string, unknown>> {
  const meta = {
    "io.modelcontextprotocol/protocolVersion": "2026-07-28",
    "io.modelcontextprotocol/clientInfo": { name: "test", version: "1" },
    "io.modelcontextprotocol/clientCapabilities": {},
  };
  const name = "name" in params ? { "mcp-name": String(params.name) } : {};
  const response = await post(
    "/mcp",
    { jsonrpc: "2.0", id: 1, method, params: { ...params, _meta: meta } },
    { accept: "application/json, text/event-stream", "mcp-protocol-version": "2026-07-28", "mcp-method": method, ...name },
  );
  const text = await response.text();
  const data = text.startsWith("{")
    ? text
    : (text
        .split("\n")
        .findLast((line) => line.startsWith("data: "))
        ?.slice(6) ?? text);
  const { result, error } = JSON.parse(data) as { result?: Record<string, unknown>; error?: unknown };
  if (!result) throw new Error(JSON.stringify(error));
  return result;
}

it("in the chat as a slash command with its flags", async () => {
  const parts = await turn("/letters a red fox --unit words");
  expect(await fileOf(parts)).toBe("3 words");
  expect(parts.at(-1)).toMatchObject({ type: "done", planner: "slash", jobs: [{ tool: "count_letters", state: "succeeded" }] });
});

it("in the chat in plain words: the model is offered it with its schema, and its call runs", async () => {
  const parts = await turn("how many words has: one two three");
  expect(offered.find((tool) => tool.function.name === "count_letters")?.function.parameters).toMatchObject({ required: ["text"] });
  expect(await fileOf(parts)).toBe("3 words");
  expect(parts.at(-1)).toMatchObject({ type: "done", planner: "native", jobs: [{ tool: "count_letters", state: "succeeded" }] });
});

it("in the list of slash commands, and with a page of help of its own", async () => {
  expect(wordsOf(await turn("/help"))).toContain("/letters <text>  Count the letters of a text");
  expect(wordsOf(await turn("/help letters"))).toContain('--unit letters|words  What is counted. Default "letters".');
});

it("over MCP, listed and called", async () => {
  const { tools } = (await rpc("tools/list", {})) as { tools: { name: string; inputSchema: object; annotations: object }[] };
  const listed = tools.find((tool) => tool.name === "count_letters");
  expect(listed).toMatchObject({
    title: "Count letters",
    inputSchema: { type: "object", required: ["text"] },
    annotations: { idempotentHint: true },
  });
  const result = await rpc("tools/call", { name: "count_letters", arguments: { text: "fox" } });
  expect(result["isError"] ?? false).toBe(false);
  expect(JSON.stringify(result)).toMatch(/job_[\w-]+/);
});

it("over HTTP, listed, called, and refused with the field's name", async () => {
  const { tools } = (await (await app.request("/v1/tools")).json()) as { tools: { name: string; alias: string }[] };
  expect(tools).toContainEqual(expect.objectContaining({ name: "count_letters", alias: "letters", kind: "job" }));
  const accepted = await post("/v1/tools/count_letters", { text: "fox" });
  expect(accepted.status).toBe(202);
  expect(await accepted.json()).toMatchObject({
    kind: "job",
    created: true,
    job: { tool: "count_letters", input: { text: "fox", unit: "letters" } },
  });
  const refused = await post("/v1/tools/count_letters", { txt: "fox" });
  expect(refused.status).toBe(400);
  expect(await refused.json()).toMatchObject({ error: { code: "invalid_input" } });
});

it("on the docs page", () => {
  const page = toolsPage([...createTools(), countLetters].map(toolView));
  expect(page).toContain("## Count letters: `count_letters`, `/letters`");
  expect(page).toContain('| `unit` | one of: letters, words | "letters" | What is counted. |');
  expect(page).not.toContain("undefined");
});
