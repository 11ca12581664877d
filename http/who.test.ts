/** Who asks by a kept key, and for whom Open WebUI speaks: a forged person is worth nothing, least of all the key's own. */
import { beforeEach, describe, expect, it } from "vitest";
import type { Scope } from "../core/scope.ts";
import { createOpenWebUiUsers } from "./openwebui-user.ts";
import { callers, near } from "./testing/callers.ts";
import { unsigned, userClaims, userSecret, userToken } from "./testing/tokens.ts";
import { userHeader } from "./who.ts";

const configured = "0123456789abcdef-key";
const openWebUi = createOpenWebUiUsers(userSecret);

describe("a kept key", () => {
  const start = async (scopes: Scope[] = ["jobs:read"], access = {}) => {
    const all = callers(access);
    all.parts.studio.make("queued", { principal: "june" });
    all.parts.studio.make("queued", { principal: "local" });
    return { ...all, ...(await all.parts.keys.create({ name: "phone", principal: "june", scopes })) };
  };
  it("speaks for its principal, from anywhere, beside the key of the configuration", async () => {
    const { whose, bearer, secret } = await start(["jobs:read"], { key: configured });
    expect(await whose(bearer(secret))).toBe("june");
    expect(await whose(bearer(configured))).toBe("local");
  });
  it("is nobody's once it is revoked, in the middle of everything, and on this machine too", async () => {
    const { whose, bearer, secret, key, parts } = await start();
    expect(await whose(bearer(secret))).toBe("june");
    await parts.keys.revoke(key.id);
    expect(await whose(bearer(secret))).toBe("401 unauthorized");
    expect(await whose(bearer(secret), near)).toBe("401 unauthorized");
  });
  it("ends an MCP session between two of its requests", async () => {
    const handled: string[] = [];
    const mcp = {
      handle: async (_request: Request, { id }: { id: string }) => {
        handled.push(id);
        return new Response("{}");
      },
    };
    const { ask, bearer, parts } = callers({}, { mcp });
    const { secret, key } = await parts.keys.create({ name: "ai", principal: "june", scopes: ["jobs:read"] });
    const session = { ...bearer(secret), "mcp-session-id": "s" };
    expect((await ask("/mcp", session, { method: "POST" })).status).toBe(200);
    await parts.keys.revoke(key.id);
    expect((await ask("/mcp", session, { method: "POST" })).status).toBe(401);
    expect(handled).toEqual(["june"]);
  });
  it("that is wrong is told so without a word of it", async () => {
    const { ask, bearer, secret, parts } = await start();
    const wrong = `${secret.slice(0, -3)}xyz`;
    const { status, body, headers } = await ask("/v1/jobs", bearer(wrong));
    expect([status, body.error?.code]).toEqual([401, "unauthorized"]);
    expect(headers.get("www-authenticate")).toContain("invalid_token");
    expect(JSON.stringify([body, parts.logged])).not.toContain(wrong.slice(-20));
  });
  it("does not close this machine to programs that send a made-up one", async () => {
    const { whose, bearer } = await start();
    expect(await whose(bearer("ollama"), near)).toBe("local");
    expect(await whose(bearer("ollama"))).toBe("401 unauthorized");
    expect(await whose({})).toBe("403 not_allowed");
  });
  it("is needed on this machine too where others may connect, or persons are set up", async () => {
    for (const access of [{ keyless: false }, { key: configured }, { openWebUi }])
      expect(await (await start(["jobs:read"], access)).whose({}, near)).toBe("401 unauthorized");
  });
});

describe("the person whom Open WebUI names", () => {
  const made = async (scopes: Scope[], access: object = { openWebUi, key: configured }) => {
    const all = callers(access);
    all.parts.studio.make("queued", { principal: "local" });
    all.parts.studio.make("queued", { principal: "pipe" });
    all.parts.studio.make("queued", { principal: "openwebui:u-1" });
    const { secret } = await all.parts.keys.create({ name: "pipe", principal: "pipe", scopes });
    return { ...all, as: (token: string) => ({ ...all.bearer(secret), [userHeader]: token }) };
  };
  let all: Awaited<ReturnType<typeof made>>;
  beforeEach(async () => {
    all = await made(["admin"]);
  });

  it("is who asks, over a key that may act as others", async () => {
    expect(await all.whose(all.as(await userToken()))).toBe("openwebui:u-1");
    expect(await all.whose({ ...all.bearer(configured), "X-OpenWebUI-User-Jwt": await userToken() })).toBe("openwebui:u-1");
    const narrow = await made(["act-as", "jobs:read"]);
    expect(await narrow.whose(narrow.as(await userToken()))).toBe("openwebui:u-1");
    expect((await narrow.ask("/v1/jobs", narrow.as(await userToken()), { method: "POST", body: "{}" })).body.error?.message).toContain(
      "jobs:write",
    );
  });
  it("without the header the key speaks for itself", async () => {
    expect(await all.whose({ authorization: all.as("")["authorization"] ?? "" })).toBe("pipe");
  });

  const now = Math.floor(Date.now() / 1000);
  it.each<[string, () => string | Promise<string>]>([
    ["nothing", () => ""],
    ["text", () => "june"],
    ["three parts of nothing", () => "a.b.c"],
    ["another secret", () => userToken({}, { secret: "another-secret-that-is-long-enough" })],
    ["no signature (alg none)", () => unsigned(userClaims())],
    ["no signature (alg None)", () => unsigned(userClaims(), "None")],
    ["no signature (alg HS256)", () => unsigned(userClaims(), "HS256")],
    ["RS256 without a signature", () => unsigned(userClaims(), "RS256")],
    ["HS512 with the right secret", () => userToken({}, { secret: userSecret.repeat(3), alg: "HS512" })],
    [
      "a changed payload",
      async () => (await userToken()).replace(/\.[\w-]+\./, `.${unsigned(userClaims({ sub: "root" })).split(".")[1]}.`),
    ],
    ["an end that is past", () => userToken({ iat: now - 400, exp: now - 100 })],
    ["an age beyond five minutes, though it says to be good for ever", () => userToken({ iat: now - 1000, exp: now + 1e6 })],
    ["no end", () => userToken({ exp: undefined })],
    ["no beginning", () => userToken({ iat: undefined })],
    ["a beginning to come", () => userToken({ iat: now + 1000, exp: now + 1300 })],
    ["another issuer", () => userToken({ iss: "somebody" })],
    ["no issuer", () => userToken({ iss: undefined })],
    ["nobody", () => userToken({ sub: undefined })],
    ["an empty name", () => userToken({ sub: "" })],
    ["a name with a space", () => userToken({ sub: "a b" })],
    ["a number", () => userToken({ sub: 7 })],
    ["a name too long", () => userToken({ sub: "x".repeat(181) })],
    ["two persons", async () => `${await userToken()}, ${await userToken()}`],
  ])("is refused with %s, and is not the key's own principal", async (_what, token) => {
    const text = await token();
    const { status, body, headers } = await all.ask("/v1/jobs", all.as(text));
    expect([status, body.error?.code]).toEqual([401, "unauthorized"]);
    expect(headers.get("www-authenticate")).toContain("invalid_token");
    const shown = JSON.stringify([body, all.parts.logged]);
    expect(shown).not.toContain(userSecret);
    if (text.length > 20) expect(shown).not.toContain(text);
  });
  it("is a clock's difference late, and still taken", async () => {
    expect(await all.whose(all.as(await userToken({ iat: now - 310, exp: now - 10 })))).toBe("openwebui:u-1");
  });
  it("is refused over a key that may not act as others, over none, and where no secret is set", async () => {
    const plain = await made(["jobs:read", "jobs:write"]);
    expect(await plain.whose(plain.as(await userToken()))).toBe("401 unauthorized");
    const header = { [userHeader]: await userToken() };
    expect(await all.whose(header)).toBe("401 unauthorized");
    expect(await all.whose(header, near)).toBe("401 unauthorized");
    const open = callers({ keyless: true, openWebUi });
    expect(await open.whose(header, near)).toBe("401 unauthorized");
    const unset = await made(["admin"], { key: configured });
    const { status, body } = await unset.ask("/v1/jobs", unset.as(await userToken()));
    expect([status, body.error?.code]).toEqual([401, "unauthorized"]);
    expect(body.error?.message).toContain("OPENWEBUI_USER_SECRET");
  });
  it("is checked on the socket too", async () => {
    expect(await all.whose({ [userHeader]: await userToken() }, { local: true })).toBe("openwebui:u-1");
    expect(await all.whose({ [userHeader]: "forged" }, { local: true })).toBe("401 unauthorized");
  });
  it("administers where both they and the key do, and gains nothing else by it", async () => {
    const status = async (from: Awaited<ReturnType<typeof made>>, role: string) =>
      (await from.ask("/v1/keys", from.as(await userToken({ role })))).status;
    expect([await status(all, "admin"), await status(all, "user")]).toEqual([200, 403]);
    const narrow = await made(["act-as", "jobs:read"]);
    expect(await status(narrow, "admin")).toBe(403);
    expect(await status(all, "pending")).toBe(403);
  });
});
