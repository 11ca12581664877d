/** Tokens of an identity provider that publishes its keys on loopback. */
import { SignJWT } from "jose";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { createOidc } from "./oidc.ts";
import { callers, near } from "./testing/callers.ts";
import { audience, type Provider, startProvider, unsigned } from "./testing/tokens.ts";

let provider: Provider;
beforeEach(async () => {
  provider = await startProvider();
});
afterEach(() => provider.close());

function start(more: { jwksUrl?: string; pauseMs?: number } = {}) {
  const parts = callers().parts;
  const oidc = createOidc({ issuer: provider.issuer, audience, log: parts.log, ...more });
  const all = callers({ oidc });
  all.parts.studio.make("queued", { principal: "oidc:june" });
  all.parts.studio.make("queued", { principal: "local" });
  return { ...all, logged: parts.logged };
}
const now = () => Math.floor(Date.now() / 1000);

describe("a token", () => {
  it.each(["RS256", "ES256"])("signed by %s is its subject, found by discovery, and its keys are asked for once", async (alg) => {
    const { whose, bearer } = start();
    const token = await provider.sign({}, { alg });
    expect(await whose(bearer(token))).toBe("oidc:june");
    expect(await whose(bearer(token), near)).toBe("oidc:june");
    expect(provider.asked).toEqual(["/.well-known/openid-configuration", "/keys"]);
  });
  it("is checked by OIDC_JWKS_URL without discovery", async () => {
    const { whose, bearer } = start({ jwksUrl: `${provider.issuer}/keys` });
    expect(await whose(bearer(await provider.sign({ aud: ["x", audience] })))).toBe("oidc:june");
    expect(provider.asked).toEqual(["/keys"]);
  });
  it("may do what its scope claim says, as far as we know the words", async () => {
    const { ask, bearer } = start();
    const status = async (scope: unknown, path: string) => (await ask(path, bearer(await provider.sign({ scope })))).status;
    expect([await status("openid jobs:read", "/v1/jobs"), await status("openid jobs:read", "/v1/status")]).toEqual([200, 403]);
    expect(await status("admin", "/v1/status")).toBe(200);
    for (const scope of ["", "jobs:read,admin", undefined, ["admin"]]) expect(await status(scope, "/v1/status"), `${scope}`).toBe(403);
  });
  it.each<[string, object]>([
    ["jobs:read jobs:write", { scope: "jobs:read jobs:write" }],
    ["`scp` as a text", { scope: undefined, scp: "jobs:read jobs:write" }],
    ["`scp` as a list", { scope: undefined, scp: ["jobs:read", 7, "jobs:write"] }],
    ["the audience before each", { scope: `${audience}/jobs:read ${audience}/jobs:write` }],
  ])("says what it may do by %s", async (_how, claims) => {
    const { ask, bearer } = start();
    const headers = { ...bearer(await provider.sign(claims)), "content-type": "application/json" };
    expect((await ask("/v1/jobs", headers)).status).toBe(200);
    const submitted = await ask("/v1/jobs", headers, { method: "POST", body: '{"tool":"render_image","input":{"prompt":"x"}}' });
    expect(submitted.status).toBe(202);
    expect((await ask("/v1/status", headers)).status).toBe(403);
  });
  it.each([
    ["at+jwt", true],
    ["application/at+jwt", true],
    ["AT+JWT", true],
    ["JWT", true],
    ["logout+jwt", false],
    ["dpop+jwt", false],
  ])("of the kind %s is taken: %s", async (typ, taken) => {
    const { whose, bearer } = start();
    expect(await whose(bearer(await provider.sign({}, { typ })))).toBe(taken ? "oidc:june" : "401 unauthorized");
  });
  it("for an address is for it with and without the last slash", async () => {
    const parts = callers().parts;
    const own = callers({ oidc: createOidc({ issuer: provider.issuer, audience: "https://studio.lan/mcp", log: parts.log }) });
    const status = async (aud: string) => (await own.ask("/v1/jobs", own.bearer(await provider.sign({ aud })))).status;
    expect([await status("https://studio.lan/mcp"), await status("https://studio.lan/mcp/")]).toEqual([200, 200]);
    expect([await status("https://studio.lan"), await status("https://studio.lan/mcp/x")]).toEqual([401, 401]);
  });
  it("is a clock's difference late, and still taken", async () => {
    const { whose, bearer } = start();
    expect(await whose(bearer(await provider.sign({ exp: now() - 10 })))).toBe("oidc:june");
  });

  it.each<[string, (own: Provider) => Promise<string>, string]>([
    ["the wrong audience", (own) => own.sign({ aud: "another" }), "aud"],
    ["no audience", (own) => own.sign({ aud: undefined }), "aud"],
    ["the wrong issuer", (own) => own.sign({ iss: `${own.issuer}/` }), "iss"],
    ["an end that is past", (own) => own.sign({ exp: now() - 60 }), "expired"],
    ["no end", (own) => own.sign({ exp: undefined }), "exp"],
    ["a beginning to come", (own) => own.sign({ nbf: now() + 600 }), "nbf"],
    ["nobody", (own) => own.sign({ sub: undefined }), "sub"],
    ["a subject with spaces", (own) => own.sign({ sub: "a b" }), "sub"],
    ["another's signature", (own) => own.sign({}, { stranger: true }), "not signed by whom"],
    ["a key that is not published", (own) => own.sign({}, { kid: "three" }), "not signed by whom"],
    ["no signature (alg none)", async (own) => unsigned({ iss: own.issuer, aud: audience, sub: "june", exp: now() + 99 }), "method"],
    [
      "the published key taken for a shared secret",
      (own) =>
        new SignJWT({ iss: own.issuer, aud: audience, sub: "june", exp: now() + 99 })
          .setProtectedHeader({ alg: "HS256", kid: "one" })
          .sign(own.publicKey),
      "method",
    ],
    ["no word of which key", (own) => own.sign({}, { bare: true }), "kid"],
    ["nothing in it", async () => "e30.e30.e30", "not a signed token"],
  ])("is refused with %s, and the answer says so without repeating it", async (_what, make, word) => {
    const { ask, bearer, parts, logged, whose } = start();
    const token = await make(provider);
    const { status, body, headers } = await ask("/v1/jobs", bearer(token), {}, near);
    expect([status, body.error?.code]).toEqual([401, "unauthorized"]);
    expect(body.error?.message).toContain(word);
    expect(headers.get("www-authenticate")).toContain("invalid_token");
    expect(JSON.stringify([body, parts.logged, logged])).not.toContain(token);
    // nobody's bad token closes the door to others
    expect(await whose(bearer(await provider.sign()))).toBe("oidc:june");
  });
});

describe("a provider", () => {
  it("that changes its keys is asked again, at most once in a pause", async () => {
    const { whose, bearer } = start({ pauseMs: 0 });
    const old = await provider.sign();
    expect(await whose(bearer(old))).toBe("oidc:june");
    provider.rotate();
    expect(await whose(bearer(await provider.sign()))).toBe("oidc:june");
    expect(await whose(bearer(old))).toBe("401 unauthorized");
    const patient = start();
    expect(await patient.whose(bearer(await provider.sign()))).toBe("oidc:june");
    const asked = provider.asked.length;
    for (const kid of ["x", "y"]) expect(await patient.whose(bearer(await provider.sign({}, { kid })))).toBe("401 unauthorized");
    expect(provider.asked).toHaveLength(asked);
  });
  it("that describes itself as plain OAuth does is understood", async () => {
    const { whose, bearer } = start();
    provider.broken.set("/.well-known/openid-configuration", { status: 404, body: "" });
    const page = JSON.stringify({ issuer: provider.issuer, jwks_uri: `${provider.issuer}/keys` });
    provider.broken.set("/.well-known/oauth-authorization-server", { status: 200, body: page });
    expect(await whose(bearer(await provider.sign()))).toBe("oidc:june");
  });
  it.each<[string, string, { status: number; body: string }]>([
    ["is down", "/.well-known/openid-configuration", { status: 500, body: "" }],
    ["is no provider", "/.well-known/openid-configuration", { status: 200, body: "<html>" }],
    ["calls itself otherwise", "/.well-known/openid-configuration", { status: 200, body: '{"issuer":"http://x","jwks_uri":"http://x/k"}' }],
    ["has lost its keys", "/keys", { status: 404, body: "{}" }],
    ["publishes nonsense", "/keys", { status: 200, body: "[]" }],
  ])("that %s makes nobody come in, is asked again only after a pause, and works when it is back", async (_what, path, answer) => {
    const { ask, bearer, logged, whose } = start();
    provider.broken.set(path, answer);
    const token = await provider.sign();
    const { status, body, headers } = await ask("/v1/jobs", bearer(token));
    expect([status, headers.get("retry-after"), body.error?.message]).toEqual([503, "5", expect.stringContaining("OIDC_ISSUER")]);
    expect(logged.some(({ level }) => level === "warn")).toBe(true);
    const asked = provider.asked.length;
    expect((await ask("/v1/jobs", bearer(token))).status).toBe(503);
    expect(provider.asked).toHaveLength(asked);
    provider.broken.clear();
    const patient = start({ pauseMs: 0 });
    provider.broken.set(path, answer);
    expect(await patient.whose(bearer(token))).toBe("503 timeout");
    provider.broken.clear();
    expect(await patient.whose(bearer(token))).toBe("oidc:june");
    expect(await whose({})).toBe("401 unauthorized");
  });
});
