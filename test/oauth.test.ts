/** The studio as an OAuth resource server, against a real authorization server: who gets in and makes a picture, who does not and has done nothing. */
import { Client, ClientCredentialsProvider, type OAuthClientProvider, StreamableHTTPClientTransport } from "@modelcontextprotocol/client";
import pg from "pg";
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from "vitest";
import { createKeysClient } from "../http/keys-client.ts";
import { unsigned } from "../http/testing/tokens.ts";
import { freePort } from "../platform/bullmq/testing/redis-server.ts";
import { createDatabase, type TestDatabase } from "../platform/postgres/testing/database.ts";
import { type FakeComfyui, startFakeComfyui } from "../workers/engines/comfyui/testing/fake-comfyui.ts";
import { type AuthorizationServer, robot, startAuthorizationServer } from "./clients/authorization-server.ts";
import { createDesk } from "./clients/desk.ts";
import { type Product, startProduct } from "./setup/product.ts";

const adminKey = "oauth-admin-key-01234567";
const patience = { timeout: 30_000, interval: 50 };
const usual = { scope: "jobs:read jobs:write" };
let server: AuthorizationServer;
let database: TestDatabase;
let comfyui: FakeComfyui;
let product: Product;
let audience: string;
let rows: pg.Client;
const open: (() => Promise<unknown>)[] = [];

beforeAll(async () => {
  [server, database, comfyui] = await Promise.all([startAuthorizationServer(), createDatabase(), startFakeComfyui({ stepMs: 1 })]);
  const port = await freePort();
  audience = `http://127.0.0.1:${port}/mcp`;
  product = await startProduct({
    ...{ DATABASE_URL: database.url, MYSPINBOT_PORT: `${port}`, MYSPINBOT_KEY: adminKey },
    ...{ OIDC_ISSUER: server.issuer, OIDC_AUDIENCE: audience, COMFYUI_URL: comfyui.url },
  });
  rows = new pg.Client({ connectionString: database.url });
  await rows.connect();
});
afterEach(async () => {
  for (const close of open.splice(0)) await close().catch(() => undefined);
});
afterAll(async () => {
  await rows?.end();
  await product?.close();
  await comfyui?.close();
  await database?.drop();
  await server?.close();
});

const jobs = async (): Promise<{ id: string; principal: string; state: string }[]> =>
  (await rows.query("select id, principal, state from jobs order by created_at")).rows;
const bearer = (token: string) => ({ authorization: `Bearer ${token}` });
const metadata = () => `${new URL(audience).origin}/.well-known/oauth-protected-resource/mcp`;

async function connect(mode: "auto" | "legacy", authProvider: OAuthClientProvider): Promise<Client> {
  const client = new Client({ name: "test", version: "1" }, { versionNegotiation: { mode } });
  open.push(() => client.close());
  await client.connect(new StreamableHTTPClientTransport(new URL(audience), { authProvider }));
  return client;
}

/** Makes a picture as any client does, and reads it. */
async function picture(client: Client): Promise<{ id: string; bytes: number }> {
  const submitted = await client.callTool({ name: "render_image", arguments: { prompt: "a red fox", width: 64, height: 64 } });
  const { id } = (submitted.structuredContent as { job: { id: string } }).job;
  const waited = await client.callTool({ name: "wait_for_job", arguments: { job_id: id, timeout_s: 50 } });
  const { artifacts } = (waited.structuredContent as { job: { artifacts: { uri: string; bytes: number }[] } }).job;
  const { contents } = await client.readResource({ uri: artifacts[0]?.uri ?? "" });
  const blob = contents.flatMap((one) => ("blob" in one ? Buffer.from(one.blob, "base64") : []))[0];
  expect(blob?.subarray(1, 4).toString()).toBe("PNG");
  expect(blob?.length).toBe(artifacts[0]?.bytes);
  return { id, bytes: blob?.length ?? 0 };
}

const rpc = (method: string, params: object = {}) => ({ jsonrpc: "2.0", id: 1, method, params });
const render = rpc("tools/call", {
  name: "render_image",
  arguments: { prompt: "a thief" },
  _meta: {
    "io.modelcontextprotocol/protocolVersion": "2026-07-28",
    "io.modelcontextprotocol/clientInfo": { name: "test", version: "1" },
    "io.modelcontextprotocol/clientCapabilities": {},
  },
});
const cancelHeaders = { "mcp-protocol-version": "2026-07-28", "mcp-method": "tasks/cancel", "mcp-name": "job_0000000000000000" };
const renderHeaders = { "mcp-protocol-version": "2026-07-28", "mcp-method": "tools/call", "mcp-name": "render_image" };

function post(path: string, body: object, headers: Record<string, string> = {}): Promise<Response> {
  const types = { "content-type": "application/json", accept: "application/json, text/event-stream" };
  return fetch(new URL(path, audience), { method: "POST", headers: { ...types, ...headers }, body: JSON.stringify(body) });
}

/** A session of the 2025 era, as its id. */
async function session(headers: Record<string, string>): Promise<string> {
  const hello = { protocolVersion: "2025-11-25", capabilities: {}, clientInfo: { name: "test", version: "1" } };
  const response = await post("/mcp", rpc("initialize", hello), headers);
  await response.text();
  return response.headers.get("mcp-session-id") ?? "";
}

/** An open GET stream, and its whole text when it has ended. */
async function stream(headers: Record<string, string>): Promise<{ status: number; text: Promise<string> }> {
  const gone = new AbortController();
  open.push(async () => gone.abort());
  const response = await fetch(audience, { headers: { accept: "text/event-stream", ...headers }, signal: gone.signal });
  const text = response.text();
  text.catch(() => undefined);
  return { status: response.status, text };
}

describe("a client of SDK v2 that knows only the address", () => {
  it.each(["auto", "legacy"] as const)("learns from the 401 who gives tokens, gets one and makes a picture (%s)", async (mode) => {
    server.asked.length = 0;
    const client = await connect(mode, new ClientCredentialsProvider({ ...robot, expectedIssuer: server.issuer }));
    expect(client.getNegotiatedProtocolVersion()).toBe(mode === "auto" ? "2026-07-28" : "2025-11-25");
    const { id } = await picture(client);
    expect((await jobs()).find((job) => job.id === id)).toMatchObject({ principal: "oidc:robot", state: "succeeded" });
    expect(server.asked).toContain("POST /token");
  });

  it("registers itself, signs its person in with PKCE, and makes a picture as them", async () => {
    const desk = createDesk();
    const first = new StreamableHTTPClientTransport(new URL(audience), { authProvider: desk });
    const client = new Client({ name: "test", version: "1" }, { versionNegotiation: { mode: "auto" } });
    open.push(() => client.close());
    await expect(client.connect(first)).rejects.toThrow();
    const asked = Object.fromEntries(desk.asked?.searchParams ?? []);
    expect(asked).toMatchObject({ resource: audience, code_challenge_method: "S256", ...usual });
    await first.finishAuth(desk.landed?.searchParams ?? new URLSearchParams());
    const { id } = await picture(await connect("auto", desk));
    expect((await jobs()).find((job) => job.id === id)?.principal).toBe("oidc:june");
  });

  it("asks for more when it is told that a tool needs it, and calls it again by itself", async () => {
    const provider = new ClientCredentialsProvider({ ...robot, expectedIssuer: server.issuer });
    const token = await server.token({ scope: "jobs:read", resource: audience });
    await provider.saveTokens({ access_token: token, token_type: "Bearer", scope: "jobs:read" });
    const client = await connect("auto", provider);
    expect((await client.listTools()).tools.length).toBeGreaterThan(5);
    await picture(client);
    expect((await provider.tokens())?.scope).toBe("jobs:read jobs:write");
  });
});

it("no token goes any further than to us", () => {
  expect(comfyui.calls.length).toBeGreaterThan(0);
  expect(comfyui.calls.filter(({ headers }) => "authorization" in headers)).toEqual([]);
  expect(JSON.stringify(comfyui.calls)).not.toMatch(/eyJ[\w-]+\.eyJ/);
});

describe("what is said of us", () => {
  it.each(["", "/mcp"])("is at the well-known address%s, for everybody", async (path) => {
    const response = await fetch(new URL(`/.well-known/oauth-protected-resource${path}`, audience));
    expect([response.status, await response.json()]).toEqual([
      200,
      {
        resource: audience,
        authorization_servers: [server.issuer],
        scopes_supported: ["jobs:read", "jobs:write"],
        bearer_methods_supported: ["header"],
        resource_name: "MySpinBot",
      },
    ]);
  });
});

const now = () => Math.floor(Date.now() / 1000);

describe("nothing is done for", () => {
  it.each<[string, (as: AuthorizationServer) => Promise<Record<string, string>>, string | undefined]>([
    ["nobody", async () => ({}), undefined],
    ["a token for another service", async (as) => bearer(await as.token({ ...usual, resource: "https://other.example/mcp" })), "aud"],
    ["a token that has expired", async (as) => bearer(await as.forge({ aud: audience, exp: now() - 60 })), "expired"],
    ["a token that is not good yet", async (as) => bearer(await as.forge({ aud: audience, nbf: now() + 600 })), "nbf"],
    ["a forged signature", async (as) => bearer(await as.forge({ aud: audience }, { stranger: true })), "not signed"],
    ["another issuer", async (as) => bearer(await as.forge({ aud: audience, iss: "https://other.example" })), "iss"],
    ["a token of another kind", async (as) => bearer(await as.forge({ aud: audience }, { typ: "logout+jwt" })), "typ"],
    ["no signature", async (as) => bearer(unsigned({ iss: as.issuer, aud: audience, sub: "june", exp: now() + 99 })), "method"],
    ["something else", async () => bearer("a-made-up-token"), "wrong"],
  ])("%s: 401 says where to get a token", async (_what, make, wrong) => {
    const headers = await make(server);
    const before = await jobs();
    for (const [path, body, more] of [
      ["/mcp", render, renderHeaders],
      ["/mcp", rpc("initialize"), {}],
      ["/v1/jobs", { tool: "render_image", input: { prompt: "a thief" } }, {}],
    ] as const) {
      const response = await post(path, body, { ...headers, ...more });
      const challenge = response.headers.get("www-authenticate") ?? "";
      expect([response.status, (await response.json()) as object]).toEqual([
        401,
        { error: expect.objectContaining({ code: "unauthorized" }) },
      ]);
      expect(challenge).toMatch(/^Bearer realm="myspinbot", /);
      expect(challenge).toContain(`resource_metadata="${metadata()}"`);
      expect(challenge).toContain('scope="jobs:read jobs:write"');
      if (wrong === undefined) expect(challenge).not.toContain("error");
      else expect(challenge).toMatch(new RegExp(`error="invalid_token", error_description="[^"]*${wrong}`));
    }
    expect(await jobs()).toEqual(before);
  });

  it("a token without the scope: 403 names what is needed, in both eras and over HTTP", async () => {
    const read = bearer(await server.token({ scope: "jobs:read", resource: audience }));
    const none = bearer(await server.forge({ aud: audience, scope: "openid" }));
    const within = { ...read, "mcp-session-id": await session(read), "mcp-protocol-version": "2025-11-25" };
    const before = await jobs();
    const call = rpc("tools/call", { name: "render_image", arguments: { prompt: "a thief" } });
    const job = { tool: "render_image", input: { prompt: "a thief" } };
    for (const [answer, scope] of [
      [await post("/mcp", render, { ...read, ...renderHeaders }), "jobs:read jobs:write"],
      [await post("/mcp", call, within), "jobs:read jobs:write"],
      [await post("/mcp", rpc("tasks/cancel", { taskId: "job_0000000000000000" }), { ...read, ...cancelHeaders }), "jobs:read jobs:write"],
      [await post("/mcp", render, { ...none, ...renderHeaders }), "jobs:read"],
      [await post("/v1/jobs", job, read), "jobs:write"],
      [await post("/v1/tools/render_image", job.input, { ...read, accept: "application/json" }), "jobs:write"],
      [await post("/v1/tools/pause", {}, { ...read, accept: "application/json" }), "admin"],
    ] as const) {
      const challenge = answer.headers.get("www-authenticate") ?? "";
      expect([answer.status, await answer.text()]).toEqual([403, expect.stringContaining("not_allowed")]);
      expect(challenge).toContain('error="insufficient_scope"');
      expect(challenge).toContain(`scope="${scope}", resource_metadata="${metadata()}"`);
    }
    expect(await jobs()).toEqual(before);
  });

  it("a good token in the address", async () => {
    const token = await server.token({ ...usual, resource: audience });
    const before = await jobs();
    for (const headers of [{}, bearer(token)]) {
      const response = await post(`/mcp?access_token=${token}`, render, { ...headers, ...renderHeaders });
      expect([response.status, response.headers.get("www-authenticate")]).toEqual([
        400,
        'Bearer realm="myspinbot", error="invalid_request"',
      ]);
      expect(await response.text()).not.toContain(token);
    }
    expect(await jobs()).toEqual(before);
  });
});

describe("in mid-session", () => {
  it("a revoked key ends its streams and its session within seconds, and no job", async () => {
    const keys = createKeysClient({ url: new URL(audience).origin, key: adminKey });
    const scopes = ["jobs:read", "jobs:write"];
    const { key, secret } = await keys.create({ name: "phone", principal: "ann", scopes });
    const { secret: other } = await keys.create({ name: "tablet", principal: "ann", scopes });
    const within = { "mcp-session-id": await session(bearer(secret)), "mcp-protocol-version": "2025-11-25" };
    const listening = await stream({ ...bearer(secret), ...within });
    // what it needs is away: the job waits
    await comfyui.stop();
    const submitted = await post("/v1/jobs", { tool: "render_image", input: { prompt: "a fox", width: 64, height: 64 } }, bearer(secret));
    const job = (await submitted.json()) as { id: string };
    const wait = post("/mcp", rpc("tools/call", { name: "wait_for_job", arguments: { job_id: job.id, timeout_s: 50 } }), {
      ...bearer(secret),
      ...within,
    });
    await keys.revoke(key.id);

    const refused = await post("/mcp", rpc("tools/list"), { ...bearer(secret), ...within });
    expect([refused.status, refused.headers.get("www-authenticate")]).toEqual([401, expect.stringContaining("invalid_token")]);
    expect([listening.status, await listening.text]).toEqual([200, expect.any(String)]);
    expect(await (await wait).text()).not.toContain("succeeded");
    // nor can the person's other key go on with it
    await vi.waitFor(async () => {
      const asked = await post("/mcp", rpc("tools/list"), { ...bearer(other), ...within });
      expect([asked.status, await asked.text()]).toEqual([404, expect.stringContaining("Session not found")]);
    }, patience);

    await comfyui.start();
    await vi.waitFor(async () => expect((await jobs()).find(({ id }) => id === job.id)?.state).toBe("succeeded"), patience);
  });

  it("a stream ends with its token, and the session goes on with a new one of the same person", async () => {
    // clocks may differ by 30 s: this one is good for 3 s more
    const short = bearer(await server.forge({ aud: audience, exp: now() - 27 }));
    const within = { "mcp-session-id": await session(short), "mcp-protocol-version": "2025-11-25" };
    const listening = await stream({ ...short, ...within });
    expect([listening.status, await listening.text]).toEqual([200, expect.stringContaining("the token has ended")]);
    expect((await post("/mcp", rpc("tools/list"), { ...short, ...within })).status).toBe(401);
    const fresh = bearer(await server.forge({ aud: audience }));
    expect((await post("/mcp", rpc("tools/list"), { ...fresh, ...within })).status).toBe(200);
    const stranger = bearer(await server.forge({ aud: audience, sub: "kai" }));
    expect((await post("/mcp", rpc("tools/list"), { ...stranger, ...within })).status).toBe(404);
  });

  it("new keys of the provider are fetched when a token needs them", async () => {
    const old = bearer(await server.token({ ...usual, resource: audience }));
    expect((await post("/v1/tools/list_jobs", {}, old)).status).toBe(200);
    await server.rotate();
    await vi.waitFor(async () => {
      const next = bearer(await server.token({ ...usual, resource: audience }));
      expect((await post("/v1/tools/list_jobs", {}, next)).status).toBe(200);
    }, patience);
    expect((await post("/v1/tools/list_jobs", {}, old)).status).toBe(401);
  });
});
