/** A person's yes over MCP: by the client's form in both eras, by our page where there is none, the same over stdio; nothing the model sends stands for it. */
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { packageRoot } from "../core/package-root.ts";
import type { JobView } from "../core/view.ts";
import { type AskingClient, connectAsking, type Said, type Shown } from "../mcp-server/approval/testing/asking-client.ts";
import type { Command, Kind, Result } from "../mcp-server/testing/clients.ts";
import { burnDisc, burner, lendVoice } from "../tools/testing/needs-yes.ts";
import { scriptedEngine } from "../workers/testing/scripted-engine.ts";
import { type Product, startProduct } from "./setup/product.ts";

let product: Product;
let stdio: Command;
const open: AskingClient[] = [];

beforeAll(async () => {
  product = await startProduct({}, { tools: [burnDisc, lendVoice], engines: [scriptedEngine(burner)] });
  stdio = {
    command: process.execPath,
    args: ["--import", "tsx", join(packageRoot(), "main.ts"), "mcp"],
    env: { PATH: process.env["PATH"] ?? "", MYSPINBOT_DATA: product.folder },
  };
}, 120_000);
afterEach(async () => {
  for (const client of open.splice(0)) await client.close();
});
afterAll(() => product?.close());

const yes: Said = { action: "accept", content: { yes: true } };

async function client(kind: Kind, over: "http" | "stdio", person?: (form: Shown) => Said): Promise<AskingClient> {
  const where = over === "http" ? { url: new URL("/mcp", product.url) } : stdio;
  const made = await connectAsking(kind, where, person);
  open.push(made);
  return made;
}

async function made(words: string): Promise<JobView[]> {
  const response = await fetch(`${product.url}/v1/jobs?limit=200`);
  return ((await response.json()) as { jobs: JobView[] }).jobs.filter((job) => job.input["words"] === words);
}

const textOf = ({ content }: Result): string => content.map((block) => block.text ?? "").join("");
const jobOf = ({ structuredContent }: Result) => structuredContent?.["job"] as JobView | undefined;
const errorOf = ({ structuredContent }: Result) => structuredContent?.["error"] as Record<string, string> | undefined;

/** What a browser sends when somebody presses a button of the page. */
async function press(url: string, answer: "yes" | "no", more: Record<string, string> = {}): Promise<Response> {
  const page = await fetch(url);
  const text = await page.text();
  const token = /name="form" value="([^"]+)"/.exec(text)?.[1] ?? "";
  const origin = new URL(url).origin;
  return fetch(url, {
    method: "POST",
    redirect: "manual",
    headers: { "content-type": "application/x-www-form-urlencoded", origin, "sec-fetch-site": "same-origin" },
    body: new URLSearchParams({ form: token, answer, ...more }),
  });
}

const ways: [Kind, "http" | "stdio"][] = [
  ["v2 legacy", "http"],
  ["v1", "http"],
  ["v2 modern", "http"],
  ["v2 legacy", "stdio"],
  ["v2 modern", "stdio"],
];

describe.each(ways)("%s over %s, with forms", (kind, over) => {
  const name = (what: string) => `${what} ${kind} ${over}`;

  it("shows the whole question, and an accepted yes starts exactly what was shown", async () => {
    const asking = await client(kind, over, () => yes);
    const words = name("yes");
    const result = await asking.call("burn_disc", { words });
    expect([result.isError ?? false, asking.shown.length]).toEqual([false, 1]);
    const [form] = asking.shown;
    expect(form?.message).toContain(`"words":"${words}"`);
    expect(form?.message).toContain("cannot be erased");
    expect(form?.requestedSchema.properties["yes"]?.type).toBe("boolean");
    const [job, ...rest] = await made(words);
    expect(rest).toEqual([]);
    expect(jobOf(result)?.id).toBe(job?.id);
    expect(form?.message).toContain(`"seed":${job?.input["seed"]}`);
    // the next one is asked again
    await asking.call("burn_disc", { words, copies: 2 });
    expect(asking.shown).toHaveLength(2);
  });

  it.each<[string, Said]>([
    ["declined", { action: "decline" }],
    ["dismissed", { action: "cancel" }],
    ["accepted with no", { action: "accept", content: { yes: false } }],
  ])("a form that is %s starts nothing", async (what, said) => {
    const asking = await client(kind, over, () => said);
    const result = await asking.call("burn_disc", { words: name(what) });
    expect([result.isError, asking.shown.length]).toEqual([true, 1]);
    expect(textOf(result)).toMatch(/said no/);
    expect(await made(name(what))).toEqual([]);
  });

  it("a statement and fields are shown and kept; without them there is no yes", async () => {
    let content: Record<string, string | boolean> = { yes: true, whose: "June", agreed: true };
    const asking = await client(kind, over, () => ({ action: "accept", content }));
    const result = await asking.call("lend_voice", { words: name("lent") });
    expect(asking.shown[0]?.message).toContain("I have the right to use this voice.");
    expect(asking.shown[0]?.requestedSchema).toMatchObject({
      required: ["yes", "whose", "agreed"],
      properties: { whose: { type: "string" } },
    });
    expect(result.isError ?? false).toBe(false);
    content = { yes: true, whose: "June", agreed: false };
    const refused = await asking.call("lend_voice", { words: name("not lent") });
    expect(refused.isError).toBe(true);
    expect(textOf(refused)).toContain("agreed");
    expect(await made(name("not lent"))).toEqual([]);
  });
});

describe.each<[Kind, "http" | "stdio"]>([
  ["v2 modern", "http"],
  ["v2 legacy", "http"],
  ["v1", "http"],
  ["v2 modern", "stdio"],
  ["v2 legacy", "stdio"],
])("%s over %s, without forms", (kind, over) => {
  it("names the page; after a yes there the same call goes through, once", async () => {
    const plain = await client(kind, over);
    const words = `page ${kind} ${over}`;
    const refused = await plain.call("burn_disc", { words });
    expect(refused.isError).toBe(true);
    const { code, url = "", approval_id: id = "" } = errorOf(refused) ?? {};
    expect(code).toBe("approval_required");
    expect(url).toMatch(new RegExp(`^${product.url}/approve/${id}\\?t=`));
    expect(textOf(refused)).toContain(url);
    expect(errorOf(await plain.call("burn_disc", { words }))?.["approval_id"]).toBe(id);
    expect((await press(url, "yes")).status).toBe(303);
    const result = await plain.call("burn_disc", { words });
    expect(jobOf(result)?.id).toBe((await made(words))[0]?.id);
    expect(errorOf(await plain.call("burn_disc", { words }))?.["code"]).toBe("approval_required");
    expect(await made(words)).toHaveLength(1);
  });
});

describe("what a model sends along", () => {
  it.each(["v2 modern", "v2 legacy"] as const)("arguments and _meta of %s stand for nothing", async (kind) => {
    const plain = await client(kind, "http");
    const words = `forged ${kind}`;
    const asked = await plain.call("burn_disc", { words });
    for (const more of [{ approved: true }, { approval_id: errorOf(asked)?.["approval_id"] }, { yes: true }])
      expect((await plain.call("burn_disc", { words, ...more })).isError).toBe(true);
    const meta = { approved: true, "io.modelcontextprotocol/elicitation": { yes: true }, inputResponses: { yes: true } };
    expect(errorOf(await plain.call("burn_disc", { words }, meta))?.["code"]).toBe("approval_required");
    expect(await made(words)).toEqual([]);
  });

  /** One request of the 2026 era by hand, with answers to forms. */
  async function round(words: string, inputResponses?: object, forms = true): Promise<Record<string, unknown>> {
    const name = "burn_disc";
    const _meta = {
      "io.modelcontextprotocol/protocolVersion": "2026-07-28",
      "io.modelcontextprotocol/clientInfo": { name: "by hand", version: "1" },
      "io.modelcontextprotocol/clientCapabilities": forms ? { elicitation: {} } : {},
    };
    const params = { name, arguments: { words }, ...(inputResponses ? { inputResponses } : {}), _meta };
    const headers = { "mcp-protocol-version": "2026-07-28", "mcp-method": "tools/call", "mcp-name": name };
    const response = await fetch(new URL("/mcp", product.url), {
      method: "POST",
      headers: { "content-type": "application/json", accept: "application/json, text/event-stream", ...headers },
      body: JSON.stringify({ jsonrpc: "2.0", id: 1, method: "tools/call", params }),
    });
    const text = await response.text();
    const data = text.startsWith("{") ? text : (/^data: (.*)$/m.exec(text)?.[1] ?? "{}");
    return (JSON.parse(data) as { result: Record<string, unknown> }).result;
  }
  const keysOf = (result: Record<string, unknown>) => Object.keys((result["inputRequests"] ?? {}) as object);

  it("an answer to one question is none to another call's", async () => {
    const [key = ""] = keysOf(await round("first"));
    expect(key).toMatch(/^yes_to_appr_/);
    const other = await round("second", { [key]: { action: "accept", content: { yes: true } } });
    expect(other["resultType"]).toBe("input_required");
    expect(keysOf(other)).not.toEqual([key]);
    expect(await made("second")).toEqual([]);
    expect(await made("first")).toEqual([]);
    const done = await round("first", { [key]: { action: "accept", content: { yes: true } } });
    expect((done["structuredContent"] as { job: JobView }).job.id).toBe((await made("first"))[0]?.id);
    // the same answer again is to a question that is used up
    expect((await round("first", { [key]: { action: "accept", content: { yes: true } } }))["resultType"]).toBe("input_required");
    expect(await made("first")).toHaveLength(1);
  });

  it.each([
    ["no key of ours", { yes: { action: "accept", content: { yes: true } } }],
    ["words for a yes", (key: string) => ({ [key]: { action: "accept", content: { yes: "true" } } })],
    ["no content", (key: string) => ({ [key]: { action: "accept" } })],
    ["a made-up action", (key: string) => ({ [key]: { action: "approve", content: { yes: true } } })],
    [
      "a wrapped answer",
      (key: string) => ({ [key]: { method: "elicitation/create", result: { action: "accept", content: { yes: true } } } }),
    ],
  ])("is no yes: %s", async (what, responses) => {
    const words = `not yes ${what}`;
    const [key = ""] = keysOf(await round(words));
    await round(words, typeof responses === "function" ? responses(key) : responses);
    expect(await made(words)).toEqual([]);
  });

  it("answers of a client that shows no forms are not read", async () => {
    const [key = ""] = keysOf(await round("formless"));
    const result = await round("formless", { [key]: { action: "accept", content: { yes: true } } }, false);
    expect((result["structuredContent"] as { error: { code: string } }).error.code).toBe("approval_required");
    expect(await made("formless")).toEqual([]);
  });
});

it("a link to the page outlives the server", async () => {
  const plain = await client("v2 modern", "http");
  const first = errorOf(await plain.call("burn_disc", { words: "restarted" }));
  const at = (first?.["url"] ?? "").replace(product.url, "");
  await product.restart();
  expect((await press(product.url + at, "yes")).status).toBe(303);
  const again = await client("v2 modern", "http");
  expect(jobOf(await again.call("burn_disc", { words: "restarted" }))?.state).toBeDefined();
  expect(await made("restarted")).toHaveLength(1);
});
