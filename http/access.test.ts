/** Who comes in: Host, Origin, key, nearness. */
import { describe, expect, it } from "vitest";
import { createApp } from "./app.ts";
import type { Bindings } from "./env.ts";
import { testParts } from "./testing/app-parts.ts";

const key = "0123456789abcdef-key";

async function ask(
  access: { key?: string; hosts: string[] },
  headers: Record<string, string>,
  env: Bindings = { remote: "127.0.0.1" },
  path = "/v1/tools",
) {
  const parts = testParts({ access, local: false });
  const response = await createApp(parts).request(path, { headers: { host: "localhost:4417", ...headers } }, env);
  return { status: response.status, body: (await response.json()) as { error?: { code: string; message: string } }, response, parts };
}

describe("without a key", () => {
  it.each(["127.0.0.1", "::1", "::ffff:127.0.0.1"])("serves %s", async (remote) => {
    expect((await ask({ hosts: [] }, {}, { remote })).status).toBe(200);
  });
  it.each([{ remote: "192.168.1.9" }, { remote: "1.2.3.127" }, {}])("refuses %j and says what to set", async (env) => {
    const { status, body } = await ask({ hosts: [] }, {}, env);
    expect([status, body.error?.code]).toEqual([403, "not_allowed"]);
    expect(body.error?.message).toContain("MYSPINBOT_KEY");
  });
  it("serves the socket whatever the headers say", async () => {
    expect((await ask({ hosts: [], key }, { host: "evil.example", origin: "https://evil.example" }, { local: true })).status).toBe(200);
  });
});

describe("Host", () => {
  it.each(["localhost", "LOCALHOST:1", "127.0.0.1:4417", "[::1]:4417", "localhost."])("takes %s", async (host) => {
    expect((await ask({ hosts: [] }, { host })).status).toBe(200);
  });
  it.each(["evil.example", "localhost.evil.example", "192.168.1.5", "local host", "[::2]", "127.0.0.1.nip.io", ""])(
    "refuses %j by name of the setting",
    async (host) => {
      const { status, body } = await ask({ hosts: [] }, { host });
      expect([status, body.error?.code]).toEqual([403, "not_allowed"]);
      expect(body.error?.message).toContain("MYSPINBOT_ALLOWED_HOSTS");
    },
  );
  it("takes configured names, with their port where one is given", async () => {
    const hosts = ["studio.lan", "box.lan:8080"];
    expect((await ask({ hosts }, { host: "studio.lan:99" })).status).toBe(200);
    expect((await ask({ hosts }, { host: "box.lan:8080" })).status).toBe(200);
    expect((await ask({ hosts }, { host: "box.lan:8081" })).status).toBe(403);
  });
  it("is looked at on every route, also with the right key", async () => {
    for (const path of ["/healthz", "/metrics", "/mcp", "/nowhere"])
      expect((await ask({ hosts: [], key }, { host: "evil.example", authorization: `Bearer ${key}` }, {}, path)).status).toBe(403);
  });
});

describe("Origin", () => {
  it.each(["http://localhost:4417", "https://studio.lan"])("takes %s", async (origin) => {
    expect((await ask({ hosts: ["studio.lan"] }, { origin })).status).toBe(200);
  });
  it.each([
    "https://evil.example",
    "null",
    "http://localhost:3000",
    "http://127.0.0.1:4417",
    "file://",
    "http://localhost:4417.evil.example",
  ])("refuses %s", async (origin) => {
    const { status, body } = await ask({ hosts: ["studio.lan"] }, { origin });
    expect([status, body.error?.code]).toEqual([403, "not_allowed"]);
  });
  it("knows its own page behind a proxy that ends TLS", async () => {
    expect((await ask({ hosts: ["studio.lan"] }, { host: "studio.lan", origin: "https://studio.lan" })).status).toBe(200);
  });
});

describe("with a key", () => {
  it("takes it as a bearer token only", async () => {
    expect((await ask({ hosts: [], key }, { authorization: `Bearer ${key}` })).status).toBe(200);
    expect((await ask({ hosts: [], key }, { authorization: `bearer ${key}` }, { remote: "10.0.0.1" })).status).toBe(200);
  });
  it.each([undefined, "Bearer wrong", `Basic ${key}`, `Bearer ${key}x`, "Bearer "])(
    "answers %j with a challenge, also on loopback",
    async (given) => {
      const { status, body, response, parts } = await ask({ hosts: [], key }, given === undefined ? {} : { authorization: given });
      expect([status, body.error?.code]).toEqual([401, "unauthorized"]);
      expect(response.headers.get("www-authenticate")).toMatch(/^Bearer realm=/);
      expect(JSON.stringify([body, parts.logged])).not.toContain(key);
    },
  );
  it("leaves probes open and closes metrics", async () => {
    expect((await ask({ hosts: [], key }, {}, {}, "/healthz")).status).toBe(200);
    expect((await ask({ hosts: [], key }, {}, {}, "/readyz")).status).toBe(200);
    expect((await ask({ hosts: [], key }, {}, {}, "/metrics")).status).toBe(401);
  });
});
