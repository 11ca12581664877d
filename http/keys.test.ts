/** Access keys over HTTP: for administrators; the secret is in one answer and nowhere else. */
import { describe, expect, it } from "vitest";
import { createKeysClient } from "./keys-client.ts";
import { listen } from "./listen.ts";
import { callers } from "./testing/callers.ts";

const json = (body: unknown) => ({ method: "POST", body: JSON.stringify(body) });

async function start() {
  const all = callers({ keyless: false });
  const { secret } = await all.parts.keys.create({ name: "admin", principal: "local", scopes: ["admin"] });
  const admin = { ...all.bearer(secret), "content-type": "application/json" };
  return { ...all, admin, secret };
}

describe("keys", () => {
  it("are made with what was asked for, work, are listed without their secret, and revoked", async () => {
    const { ask, admin, bearer, parts } = await start();
    const made = await ask("/v1/keys", admin, json({ name: " phone ", scopes: ["jobs:read", "jobs:read"], principal: "june" }));
    expect(made.status).toBe(201);
    const { key, secret } = made.body as unknown as { key: { id: string }; secret: string };
    expect(key).toMatchObject({ name: "phone", scopes: ["jobs:read"], principal: "june" });
    expect((await ask("/v1/jobs", bearer(secret))).status).toBe(200);
    const list = await ask("/v1/keys", admin);
    expect(list.body["keys"]).toMatchObject([{ id: key.id, last_used_at: expect.any(String) }, { name: "admin" }]);
    expect(JSON.stringify([list.body, parts.logged])).not.toMatch(/spin_|hash/);
    const gone = await ask(`/v1/keys/${key.id}`, admin, { method: "DELETE" });
    expect(gone.body).toMatchObject({ key: { id: key.id, revoked_at: expect.any(String) } });
    expect((await ask("/v1/jobs", bearer(secret))).status).toBe(401);
  });
  it("may read and write jobs of the local principal where nothing else is said", async () => {
    const { ask, admin } = await start();
    const { body } = await ask("/v1/keys", admin, json({}));
    expect(body["key"]).toMatchObject({ name: "unnamed", scopes: ["jobs:read", "jobs:write"], principal: "local" });
  });
  it.each([
    { scopes: [] },
    { scopes: ["root"] },
    { scopes: "admin" },
    { principal: "a b" },
    { principal: "x".repeat(201) },
    { name: "a\nb" },
    { name: "x".repeat(101) },
    { colour: "red" },
  ])("are not made of %j", async (wish) => {
    const { ask, admin } = await start();
    const { status, body } = await ask("/v1/keys", admin, json(wish));
    expect([status, body.error?.code]).toEqual([400, "invalid_input"]);
  });
  it("that are unknown cannot be revoked, and nobody without admin learns which there are", async () => {
    const { ask, admin, bearer, parts } = await start();
    expect((await ask("/v1/keys/key_0000000000000000", admin, { method: "DELETE" })).status).toBe(404);
    const { key, secret } = await parts.keys.create({ name: "k", principal: "june", scopes: ["jobs:read", "jobs:write", "act-as"] });
    for (const id of [key.id, "key_0000000000000000"]) {
      const { status, body } = await ask(`/v1/keys/${id}`, bearer(secret), { method: "DELETE" });
      expect([status, body.error?.code]).toEqual([403, "not_allowed"]);
      expect(body.error?.message).toContain("admin");
    }
  });
});

it("the client makes, lists and revokes them over a real connection, and says what went wrong", async () => {
  const { app, parts, secret } = await start();
  const server = await listen(app, { host: "127.0.0.1", port: 0, log: parts.log });
  try {
    const client = createKeysClient({ url: server.url, key: secret });
    const made = await client.create({ name: "ai", scopes: ["jobs:read"] });
    expect((await client.list()).map(({ name }) => name)).toEqual(["ai", "admin"]);
    expect((await client.revoke(made.key.id)).revoked_at).toBeTruthy();
    await expect(client.revoke("key_0000000000000000")).rejects.toMatchObject({ code: "unknown_key" });
    await expect(client.create({ scopes: ["root"] })).rejects.toMatchObject({ code: "invalid_input" });
    await expect(createKeysClient({ url: server.url, key: made.secret }).list()).rejects.toMatchObject({ code: "unauthorized" });
  } finally {
    await server.close(100);
  }
});
