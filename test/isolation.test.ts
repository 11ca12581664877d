/** As another person, with somebody's ids, links and chats, on every route there is: the same status, headers and body as for ids that never were. */
import { randomUUID } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { z } from "zod";
import { assetIdOf } from "../core/asset.ts";
import type { FailureView } from "../core/failure.ts";
import { newId } from "../core/ids.ts";
import type { JobView } from "../core/view.ts";
import { createKeysClient } from "../http/keys-client.ts";
import { routes } from "../http/routes.ts";
import { createTools } from "../tools/index.ts";
import { burnDisc, burner } from "../tools/testing/needs-yes.ts";
import { keepAsset, keeper } from "../workers/testing/asset-tool.ts";
import { scriptedEngine } from "../workers/testing/scripted-engine.ts";
import { type Product, startProduct } from "./setup/product.ts";

interface Ids {
  job: string;
  artifact: string;
  /** Of a LoRA and of a dataset: id and name. */
  lora: string;
  loraName: string;
  dataset: string;
  datasetName: string;
  conversation: string;
  message: string;
  delivery: string;
  key: string;
  approval: string;
  /** Of the link to its page. */
  ticket: string;
  /** `exp=…&sig=…` of a link to the artifact. */
  link: string;
  /** Of the 2025 era of MCP. */
  session: string;
}

interface Ask {
  method?: string;
  path: string;
  body?: object;
  headers?: Record<string, string>;
  /** Without B's key. */
  anonymous?: boolean;
}

type Name = `${(typeof routes)[number]["method"]} ${(typeof routes)[number]["path"]}`;
/** A route of the table that takes no id, and shows nothing of anybody. */
const nobodys = () => [];

const post = (path: string, body: object = {}): Ask => ({ method: "POST", path, body });

/** Each tool with an id in every field that may hold one, and with a name where it takes one. */
function toolInputs({ job, artifact, conversation, lora, loraName, dataset, datasetName }: Ids) {
  const worth: Record<string, unknown> = {
    ...{ job_id: job, conversation, prompt: "a hare", timeout_s: 0, order: "keep" },
    // a name that is somebody's is everybody's to give
    ...{ name: loraName, trigger_words: ["zqx hare"], captions: [] },
  };
  return createTools().flatMap((tool): { tool: string; input: Record<string, unknown> }[] => {
    const shape = tool.input.shape;
    const asked = Object.fromEntries(Object.keys(shape).flatMap((field) => (field in worth ? [[field, worth[field]]] : [])));
    const named: [string, unknown[]][] = [
      ...(tool.artifactFields ?? []).map((field): [string, unknown[]] => [field, [artifact, [artifact]]]),
      ["asset", [lora, loraName, dataset, datasetName]],
      ["dataset", [dataset, datasetName]],
      ["loras", [lora, loraName].map((name) => [{ name }])],
    ];
    const inputs = named.flatMap(([field, values]) =>
      values
        .filter((value) => (shape[field] as z.ZodType | undefined)?.safeParse(value).success)
        .map((value) => ({ ...asked, [field]: value })),
    );
    const all = inputs.length > 0 ? inputs : "job_id" in asked || "conversation" in asked ? [asked] : [];
    return all.map((input) => ({ tool: tool.name, input }));
  });
}

const rpc = (method: string, params: object) => ({ jsonrpc: "2.0", id: 1, method, params });
const mcpHeaders = { accept: "application/json, text/event-stream", "mcp-protocol-version": "2025-11-25" };

const delivery = (ids: Ids, what: string, body: object = {}) => [post(`/v1/deliveries/${ids.delivery}/${what}`, body)];

const cases: Record<string, (ids: Ids) => Ask[]> & Partial<Record<Name, (ids: Ids) => Ask[]>> = {
  "POST /v1/chat": ({ conversation, message, artifact, job }) => [
    post("/v1/chat", { text: "upscale that", conversation, message: "m1" }),
    post("/v1/chat", { text: "upscale that", conversation, message, branch: [message] }),
    post("/v1/chat", { text: "upscale this", message: "m2", conversation: "b1", attachments: [artifact] }),
    ...[`/upscale ${artifact}`, `/cancel ${job}`, `/reroll ${job}`, `/wait ${job}`].map((text, index) =>
      post("/v1/chat", { text, conversation: "b2", message: `m${index}-${job}` }),
    ),
  ],
  "POST /v1/chat/completions": ({ conversation, message }) => [
    post("/v1/chat/completions", {
      model: "myspinbot",
      messages: [{ role: "user", content: "upscale that" }],
      metadata: { conversation_id: conversation, message_id: message },
    }),
  ],
  "GET /v1/models": nobodys,
  "GET /v1/models/:model": nobodys,
  "GET /openapi.json": nobodys,
  "GET /v1/tools": nobodys,
  "POST /v1/tools/:name": (ids) => toolInputs(ids).map(({ tool, input }) => post(`/v1/tools/${tool}`, input)),
  "POST /v1/jobs": (ids) =>
    toolInputs(ids)
      .filter(({ tool }) => createTools().some((one) => one.name === tool && one.kind === "job"))
      .map(({ tool, input }) => post("/v1/jobs", { tool, input })),
  "GET /v1/jobs": ({ job, conversation }) => [{ path: `/v1/jobs?conversation=${conversation}` }, { path: `/v1/jobs?before=${job}` }],
  "GET /v1/jobs/:id": ({ job }) => [{ path: `/v1/jobs/${job}` }],
  "GET /v1/jobs/:id/events": ({ job }) => [{ path: `/v1/jobs/${job}/events` }, { path: `/v1/jobs/${job}/events?after=1` }],
  "POST /v1/jobs/:id/cancel": ({ job }) => [post(`/v1/jobs/${job}/cancel`)],
  "POST /v1/jobs/:id/retry": ({ job }) => [post(`/v1/jobs/${job}/retry`)],
  "POST /v1/files": nobodys,
  "GET /v1/files": () => [{ path: "/v1/files" }, { path: "/v1/files?limit=200" }],
  "GET /v1/limits": nobodys,
  "POST /v1/files/:id/link": ({ artifact }) => [post(`/v1/files/${artifact}/link`)],
  "GET /v1/files/:id": ({ artifact }) => [{ path: `/v1/files/${artifact}` }],
  "GET /v1/files/:id/thumbnail": ({ artifact }) => [{ path: `/v1/files/${artifact}/thumbnail` }],
  "GET /v1/files/:id/:name": ({ artifact, link }) => [
    { path: `/v1/files/${artifact}/fox.png` },
    { path: `/v1/files/${artifact}/fox.png`, method: "HEAD" },
    { path: `/v1/files/${artifact}/fox.png`, headers: { "if-none-match": "*", range: "bytes=0-1" } },
    { path: `/v1/files/${artifact}/fox.png?strip=1` },
    // the link is good: but not for whoever says to be somebody else
    { path: `/v1/files/${artifact}/fox.png?${link}` },
    { path: `/v1/files/${artifact}/fox.png?strip=1&${link}`, anonymous: true },
    { path: `/v1/files/${artifact}/fox.png?${link.replace(/exp=\d+/, "exp=1700000000")}`, anonymous: true },
  ],
  "POST /v1/deliveries": ({ job, conversation, message }) => [post("/v1/deliveries", { job, conversation, message })],
  "GET /v1/deliveries": () => [{ path: "/v1/deliveries" }],
  "POST /v1/deliveries/claim": () => [post("/v1/deliveries/claim", { worker: "b" })],
  "GET /v1/deliveries/:id": (ids) => [{ path: `/v1/deliveries/${ids.delivery}` }],
  "POST /v1/deliveries/:id/renew": (ids) => delivery(ids, "renew", { worker: "a" }),
  "POST /v1/deliveries/:id/ack": (ids) => delivery(ids, "ack"),
  "POST /v1/deliveries/:id/fail": (ids) => delivery(ids, "fail", { error: "no" }),
  "POST /v1/deliveries/:id/redeliver": (ids) => delivery(ids, "redeliver"),
  "GET /v1/approvals": () => [{ path: "/v1/approvals" }, { path: "/v1/approvals?open=1" }],
  "GET /v1/approvals/:id": ({ approval }) => [{ path: `/v1/approvals/${approval}` }],
  "POST /v1/approvals/:id": ({ approval }) => [
    post(`/v1/approvals/${approval}`, { answer: "yes" }),
    post(`/v1/approvals/${approval}`, { answer: "no", how: "elicitation" }),
  ],
  "GET /approve/:id": ({ approval, ticket }) => [
    { path: `/approve/${approval}` },
    // the link is good: but not for whoever says to be somebody else
    { path: `/approve/${approval}?t=${ticket}` },
    { path: `/approve/${approval}?t=${ticket.replace(/^./, (one) => (one === "A" ? "B" : "A"))}`, anonymous: true },
  ],
  "POST /approve/:id": ({ approval, ticket }) => [
    post(`/approve/${approval}`),
    post(`/approve/${approval}?t=${ticket}`, { answer: "yes" }),
    { ...post(`/approve/${approval}?t=${ticket}x`, { answer: "yes" }), anonymous: true },
  ],
  "POST /v1/keys": () => [post("/v1/keys", { principal: "anna", scopes: ["admin"] })],
  "GET /v1/keys": () => [{ path: "/v1/keys" }],
  "DELETE /v1/keys/:id": ({ key }) => [{ method: "DELETE", path: `/v1/keys/${key}` }],
  "GET /v1/status": () => [{ path: "/v1/status" }],
  "GET /healthz": nobodys,
  "GET /readyz": nobodys,
  "GET /metrics": () => [{ path: "/metrics" }],
  "GET /.well-known/oauth-protected-resource": nobodys,
  "GET /.well-known/oauth-protected-resource/mcp": nobodys,
  "ALL /mcp": (ids) => {
    const within = { ...mcpHeaders, "mcp-session-id": ids.session };
    return [
      { ...post("/mcp", rpc("tools/list", {})), headers: within },
      { method: "GET", path: "/mcp", headers: within },
      { method: "DELETE", path: "/mcp", headers: within },
    ];
  },
};

let product: Product;
const adminKey = "isolation-admin-key-0123";
const bearer = (key: string) => ({ authorization: `Bearer ${key}` });
let anna: Record<string, string>;
let bert: Record<string, string>;
let theirs: Ids;
let before: string;

async function ask({ method = "GET", path, body, headers = {} }: Ask, who: Record<string, string>): Promise<Response> {
  const sent = body ? { body: JSON.stringify(body) } : {};
  return fetch(product.url + path, { method, headers: { ...who, "content-type": "application/json", ...headers }, ...sent });
}

async function json<T>(asked: Ask, who: Record<string, string>): Promise<T> {
  const response = await ask(asked, who);
  if (!response.ok) throw new Error(`${asked.path}: ${response.status} ${await response.text()}`);
  return (await response.json()) as T;
}

const initialize = { protocolVersion: "2025-11-25", capabilities: {}, clientInfo: { name: "test", version: "1" } };

async function session(who: Record<string, string>): Promise<string> {
  const response = await ask({ ...post("/mcp", rpc("initialize", initialize)), headers: mcpHeaders }, who);
  await response.text();
  return response.headers.get("mcp-session-id") ?? "";
}

const neverWere = (): Ids => ({
  ...{ lora: newId("ast"), loraName: "never lora", dataset: newId("ast"), datasetName: "never dataset" },
  ...{ job: newId("job"), artifact: newId("art"), conversation: newId("conv"), message: newId("msg"), delivery: newId("dlv") },
  ...{ key: newId("key"), approval: newId("appr"), ticket: theirs.ticket },
  link: theirs.link,
  session: randomUUID(),
});

/** What there is of Anna's, as she sees it. */
async function hers(): Promise<string> {
  const all = ["/v1/jobs", "/v1/deliveries", "/v1/approvals"].map((path) => json<object>({ path }, anna));
  all.push(json<object>(post("/v1/tools/list_assets"), anna));
  return JSON.stringify(await Promise.all(all));
}

beforeAll(async () => {
  product = await startProduct(
    { MYSPINBOT_KEY: adminKey },
    {
      tools: [burnDisc, keepAsset],
      engines: [scriptedEngine(burner), scriptedEngine(keeper)],
    },
  );
  const keys = createKeysClient({ url: product.url, key: adminKey });
  const scopes = ["jobs:read", "jobs:write", "train", "voice"];
  const one = await keys.create({ name: "anna", principal: "anna", scopes });
  [anna, bert] = [bearer(one.secret), bearer((await keys.create({ name: "bert", principal: "bert", scopes })).secret)];
  const [conversation, message] = [newId("conv"), newId("msg")];
  const turn = await ask(post("/v1/chat", { text: "draw a secret fox", conversation, message }), anna);
  await turn.text();
  const { jobs } = await json<{ jobs: JobView[] }>({ path: `/v1/jobs?conversation=${conversation}` }, anna);
  const job = jobs[0]?.id ?? "";
  let artifact = "";
  for (const deadline = Date.now() + 60_000; !artifact && Date.now() < deadline; await sleep(20))
    artifact = (await json<JobView>({ path: `/v1/jobs/${job}` }, anna)).artifacts[0]?.id ?? "";
  const asset = async (kind: string, name: string): Promise<string> => {
    const made = await json<{ job: JobView }>(post("/v1/tools/keep_asset", { kind, name }), anna);
    for (const deadline = Date.now() + 60_000; Date.now() < deadline; await sleep(20))
      if ((await json<JobView>({ path: `/v1/jobs/${made.job.id}` }, anna)).state === "succeeded") return assetIdOf(made.job.id);
    throw new Error(`no ${name}`);
  };
  const [loraName, datasetName] = ["secret fox lora", "secret fox dataset"];
  const [lora, dataset] = [await asset("lora", loraName), await asset("dataset", datasetName)];
  const { path } = await json<{ path: string }>(post(`/v1/files/${artifact}/link`), anna);
  const { delivery: made } = await json<{ delivery: { id: string } }>(
    post("/v1/deliveries", { job, conversation, message, worker: "a" }),
    anna,
  );
  const burning = await ask(post("/v1/tools/burn_disc", { words: "a secret fox" }), anna);
  const { error } = (await burning.json()) as { error: FailureView };
  theirs = {
    ...{ approval: error.approval?.id ?? "", ticket: error.approval?.path.split("t=")[1] ?? "" },
    ...{ lora, loraName, dataset, datasetName },
    job,
    artifact,
    conversation,
    message,
    delivery: made.id,
    key: one.key.id,
    link: path.split("?")[1] ?? "",
    session: await session(anna),
  };
  before = await hers();
}, 90_000);
afterAll(() => product?.close());

/** Ids by their kind, and what is of the moment left out. */
function shown(text: string, ids: Ids): string {
  const known = Object.entries(ids).reduce((rest, [kind, id]) => rest.replaceAll(id, kind), text);
  // OpenAI's shape: ids are digests of what was given, and it says when
  return (
    known
      .replaceAll(/(chatcmpl-|conv_|msg_|oai_)[\w.-]+/g, "$1…")
      .replaceAll(/created\\":\d+/g, "created")
      // MCP numbers the events of a session
      .replaceAll(/id: [\da-f-]{36}\.\d+/g, "id: …")
  );
}

async function answer(asked: Ask, ids: Ids): Promise<{ status: number; text: string; whole: string }> {
  const response = await ask(asked, asked.anonymous ? {} : bert);
  const text = await response.text();
  const headers = [...response.headers].filter(([name]) => !["date", "content-length", "keep-alive"].includes(name));
  return { status: response.status, text, whole: shown(JSON.stringify([response.status, headers, text], null, 1), ids) };
}

it("there is a case for every route of the table", () => {
  expect(Object.keys(cases).sort()).toEqual(routes.map(({ method, path }) => `${method} ${path}`).sort());
});

describe("another's ids are answered as ids that never were", () => {
  it.each(Object.keys(cases))("%s", async (name) => {
    const unknown = neverWere();
    const [with1, with2] = [cases[name]?.(theirs) ?? [], cases[name]?.(unknown) ?? []];
    for (const [index, asked] of with1.entries()) {
      const of1 = await answer(asked, theirs);
      const of2 = await answer(with2[index] as Ask, unknown);
      expect(of1.whole, `${asked.path} ${JSON.stringify(asked.body ?? "")}`).toBe(of2.whole);
      // its own words come back to whoever asks with them
      for (const secret of ["secret fox", theirs.loraName, theirs.datasetName])
        if (!JSON.stringify(asked).includes(secret)) expect(of1.text).not.toContain(secret);
      // lists, which name no id, hold none of theirs
      const said = JSON.stringify(asked);
      for (const id of Object.values(theirs)) if (!said.includes(id)) expect(of1.text).not.toContain(id);
      expect(of1.status, asked.path).toBeLessThan(500);
    }
  });

  it("and nothing of theirs has changed by all that", async () => {
    expect(await hers()).toBe(before);
    const linked = await ask({ path: `/v1/files/${theirs.artifact}/fox.png?${theirs.link}` }, {});
    expect([linked.status, linked.headers.get("content-type")]).toEqual([200, "image/png"]);
    const call = { ...post("/mcp", rpc("tools/list", {})), headers: { ...mcpHeaders, "mcp-session-id": theirs.session } };
    expect((await ask(call, anna)).status).toBe(200);
  });

  it("also by MCP, tool by tool and resource by resource", async () => {
    const own = await session(bert);
    const unknown = neverWere();
    const call = async (method: string, params: object, ids: Ids) =>
      (await answer({ ...post("/mcp", rpc(method, params)), headers: { ...mcpHeaders, "mcp-session-id": own } }, ids)).whole;
    const [calls1, calls2] = [toolInputs(theirs), toolInputs(unknown)];
    const asked = calls1.map(({ tool }) => tool);
    expect(asked).toEqual(expect.arrayContaining(["render_image", "upscale_image", "make_dataset", "edit_dataset", "train_lora"]));
    expect(asked).toEqual(expect.arrayContaining(["steer_training", "rename_asset", "delete_asset", "get_job", "cancel_job"]));
    for (const [index, { tool, input }] of calls1.entries()) {
      const of1 = await call("tools/call", { name: tool, arguments: input }, theirs);
      expect(of1, tool).toBe(await call("tools/call", { name: tool, arguments: calls2[index]?.input }, unknown));
    }
    const uris = (await call("resources/templates/list", {}, theirs)).match(/[a-z]+:\/\/[^"\\]*\{[^"\\]*/g) ?? [];
    expect(uris.length).toBeGreaterThan(0);
    for (const uri of uris) {
      const idOf = (ids: Ids) => (uri.includes("/jobs/") ? ids.job : ids.artifact);
      const read = (ids: Ids) => call("resources/read", { uri: uri.replace(/\{[^}]*\}/, idOf(ids)).replaceAll(/\{[^}]*\}/g, "x") }, ids);
      expect(await read(theirs), uri).toBe(await read(unknown));
      const ref = { type: "ref/resource", uri };
      const complete = (ids: Ids) => call("completion/complete", { ref, argument: { name: "id", value: idOf(ids) } }, ids);
      expect(await complete(theirs), uri).toBe(await complete(unknown));
    }
  });
});

describe("what a key may do holds for every way in", () => {
  it("the card is not everybody's: pause by HTTP, MCP and chat needs admin", async () => {
    const http = await ask(post("/v1/tools/pause"), bert);
    expect([http.status, await http.text()]).toEqual([403, expect.stringContaining("scope admin")]);
    const mcp = await ask(
      {
        ...post("/mcp", rpc("tools/call", { name: "pause", arguments: {} })),
        headers: { ...mcpHeaders, "mcp-session-id": await session(bert) },
      },
      bert,
    );
    expect(await mcp.text()).toContain("scope admin");
    const chat = await ask(post("/v1/chat", { text: "/pause", message: "p1", conversation: "b9" }), bert);
    expect(await chat.text()).toContain("scope admin");
    expect((await ask(post("/v1/tools/resume"), bearer(adminKey))).status).toBe(200);
  });
});
