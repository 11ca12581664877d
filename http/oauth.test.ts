/** Challenges and metadata: what a client is told, by which address, and what it is not told. */
import { expect, it } from "vitest";
import { callers } from "./testing/callers.ts";

const mcp = { handle: async () => new Response("{}") };
const paths = ["/.well-known/oauth-protected-resource", "/.well-known/oauth-protected-resource/mcp"];
const issuer = "https://login.example";
const nobody = async (): Promise<never> => {
  throw new Error("not asked");
};
const studio = (audience?: string) =>
  callers({ hosts: ["studio.lan"], keyless: false, ...(audience ? { oidc: nobody, resource: { issuer, audience } } : {}) }, { mcp });

it("without an identity provider there is no metadata, and a challenge names none", async () => {
  const { ask } = studio();
  for (const path of paths) expect((await ask(path)).status).toBe(404);
  expect((await ask("/mcp")).headers.get("www-authenticate")).toBe('Bearer realm="myspinbot"');
});

it.each<[string, Record<string, string>, string, string]>([
  ["https://studio.lan/mcp", { host: "studio.lan" }, "https://studio.lan/mcp", "https://studio.lan"],
  ["https://studio.lan/mcp", { host: "localhost:4417" }, "https://studio.lan/mcp", "http://localhost:4417"],
  ["spin", { host: "localhost:4417" }, "http://localhost:4417/mcp", "http://localhost:4417"],
  ["spin", { host: "studio.lan", "x-forwarded-proto": "https, http" }, "https://studio.lan/mcp", "https://studio.lan"],
  ["spin", { host: "studio.lan", "x-forwarded-proto": 'evil"' }, "http://studio.lan/mcp", "http://studio.lan"],
  ["urn:spin", { host: "studio.lan" }, "http://studio.lan/mcp", "http://studio.lan"],
])("audience %s, asked as %j", async (audience, headers, resource, base) => {
  const { ask } = studio(audience);
  for (const path of paths) {
    const { status, body } = await ask(path, headers);
    expect([status, body]).toMatchObject([200, { resource, authorization_servers: [issuer], bearer_methods_supported: ["header"] }]);
  }
  for (const [path, sent, error] of [
    ["/mcp", {}, ""],
    ["/v1/jobs", {}, ""],
    ["/v1/models", {}, ""],
    [
      "/mcp",
      { authorization: "Bearer no" },
      'error="invalid_token", error_description="The access key is wrong. Send the right one: Authorization: Bearer <access key>.", ',
    ],
  ] as const) {
    const { status, headers: told } = await ask(path, { ...headers, ...sent });
    expect([status, told.get("www-authenticate")]).toEqual([
      401,
      `Bearer realm="myspinbot", ${error}scope="jobs:read jobs:write", resource_metadata="${base}${paths[1]}"`,
    ]);
  }
});

it("metadata is for everybody, but not under a foreign name or for a foreign page", async () => {
  const { ask } = studio("spin");
  expect((await ask(paths[1] ?? "", { host: "evil.example" })).status).toBe(403);
  expect((await ask(paths[1] ?? "", { origin: "https://evil.example" })).status).toBe(403);
  expect((await ask(paths[1] ?? "", {}, { method: "POST" })).status).toBe(405);
});

it("a kept key without the scope is told which, and a wrong Host gets no challenge", async () => {
  const { ask, parts, bearer } = studio("spin");
  const { secret } = await parts.keys.create({ name: "k", principal: "june", scopes: ["jobs:read"] });
  const { status, headers, body } = await ask("/v1/status", bearer(secret));
  expect([status, body.error?.code]).toEqual([403, "not_allowed"]);
  expect(headers.get("www-authenticate")).toMatch(
    /^Bearer realm="myspinbot", error="insufficient_scope", error_description="[^"]+", scope="admin", resource_metadata=/,
  );
  expect((await ask("/mcp", { host: "evil.example" })).headers.get("www-authenticate")).toBeNull();
});

it("a token in an address is refused also where no key is needed", async () => {
  const { ask } = callers({ keyless: true });
  const { status, headers } = await ask("/v1/tools?access_token=x", {}, {}, { remote: "127.0.0.1" });
  expect([status, headers.get("www-authenticate")]).toEqual([400, 'Bearer realm="myspinbot", error="invalid_request"']);
});

it("behind a proxy that ends TLS and says nothing of it, the public address counts, under its own name only", async () => {
  const resource = { issuer, audience: "spin", publicUrl: "https://studio.lan" };
  const { ask } = callers({ hosts: ["studio.lan"], keyless: false, oidc: nobody, resource }, { mcp });
  for (const [host, base] of [
    ["studio.lan", "https://studio.lan"],
    ["localhost:4417", "http://localhost:4417"],
  ] as const) {
    expect((await ask("/mcp", { host })).headers.get("www-authenticate")).toContain(`resource_metadata="${base}${paths[1]}"`);
    expect((await ask(paths[1] ?? "", { host })).body).toMatchObject({ resource: `${base}/mcp` });
  }
});
