/** The page: looking never answers, the form answers once, and only from a browser on this page, by the person where there is a key. */
import { describe, expect, it } from "vitest";
import type { Approval, ApprovalCall, ApprovalField } from "../../core/approval.ts";
import { createApprovals } from "../../core/approvals.ts";
import { silentLog } from "../../core/log.ts";
import { localPrincipal } from "../../core/principal.ts";
import { memoryApprovals } from "../../core/testing/memory-approvals.ts";
import type { Access } from "../access.ts";
import { createApp } from "../app.ts";
import type { Bindings } from "../env.ts";
import { testParts } from "../testing/app-parts.ts";

const host = "localhost:4417";
const near: Bindings = { remote: "127.0.0.1" };
const browser = { origin: `http://${host}`, "sec-fetch-site": "same-origin", "content-type": "application/x-www-form-urlencoded" };
const call: ApprovalCall = {
  ...{ tool: "burn_disc", title: "Burn: a fox", input: { words: "a fox", seed: 7 }, request: "r" },
  ...{ why: "It cannot be erased.", seconds: [60, 600] },
};

async function scene(given: { access?: Partial<Access>; principal?: string; calls?: ApprovalCall[]; fields?: ApprovalField[] } = {}) {
  const { principal = localPrincipal.id, calls = [call], fields = [] } = given;
  let now = Date.now();
  const approvals = createApprovals({ store: memoryApprovals(), secret: Buffer.alloc(32, 1), log: silentLog, now: () => now });
  const parts = testParts({ local: false });
  const keys = parts.keys;
  Object.assign(parts.studio, { approvals });
  const app = createApp({ ...parts, access: { hosts: [], keys, ...given.access } });
  const owner = { id: principal };
  const question = await approvals.ask(owner, { about: "a", calls, fields, origin: { face: "mcp" } });
  const path = approvals.links.path(question);
  const send = async (to: string, init: RequestInit & { headers?: Record<string, string> } = {}, env = near) => {
    const response = await app.request(to, { ...init, headers: { host, ...init.headers } }, env);
    return { status: response.status, headers: response.headers, text: await response.text() };
  };
  const look = (env = near) => send(path, {}, env);
  const token = async (env = near) => /name="form" value="([^"]+)"/.exec((await look(env)).text)?.[1] ?? "";
  const press = async (answer: string, more: Record<string, string> = {}, headers: Record<string, string> = browser, env = near) => {
    const form = more["form"] ?? (await token(env));
    return send(path, { method: "POST", headers, body: new URLSearchParams({ answer, ...more, form }).toString() }, env);
  };
  const later = (ms: number): void => {
    now += ms;
  };
  const state = async (): Promise<Approval> => approvals.get(owner, question.id);
  return { app, keys, approvals, question, path, send, look, press, token, state, later };
}

describe("the page", () => {
  it("shows who is asked, every parameter, why, how long and until when, and is answered by nothing but its form", async () => {
    const { look, send, path, state } = await scene();
    const { status, text, headers } = await look();
    expect(status).toBe(200);
    for (const words of [
      "you, at this machine",
      "an AI client",
      "burn_disc",
      "a fox",
      "seed",
      "7",
      "It cannot be erased.",
      "about 60 s to 10 min",
      "Good until",
    ])
      expect(text).toContain(words);
    expect(headers.get("content-security-policy")).toMatch(
      /^default-src 'none'; style-src 'sha256-[\w+/=]+'; form-action 'self'; frame-ancestors 'none'/,
    );
    const rest = ["cache-control", "referrer-policy", "x-frame-options", "x-content-type-options"].map((name) => headers.get(name));
    expect(rest).toEqual(["no-store", "same-origin", "DENY", "nosniff"]);
    expect(text).not.toMatch(/<script|javascript:|\son\w+=|<link|<img/i);
    for (const more of ["&answer=yes", "&answer=yes&form=x"]) await send(path + more);
    await send(path, { method: "HEAD" });
    expect((await state()).state).toBe("open");
  });

  it("escapes what it shows, and writes out what cannot be seen", async () => {
    const nasty = `</style><script>alert(1)</script>"'<img src=x onerror=alert(1)>\u202egnp.exe\u200b`;
    const { look } = await scene({
      calls: [{ ...call, title: nasty, why: nasty, statement: nasty, tool: nasty, input: { [nasty]: nasty, deep: [nasty] } }],
      fields: [{ name: "a", title: nasty, description: nasty, kind: "text", required: false }],
      principal: nasty,
      access: { key: "a-key-that-is-configured" },
    });
    const { text } = await look();
    expect(text).not.toMatch(/<script|<img|\u202e|\u200b/);
    expect(text.match(/<\/style>/g)).toHaveLength(1);
    expect(text).toContain("&lt;script&gt;");
    expect(text).toContain("\\u{202e}gnp.exe\\u{200b}");
  });

  it.each([
    ["no ticket", (path: string) => path.split("?")[0] ?? ""],
    ["a changed ticket", (path: string) => path.replace(/t=(.)/, (_all, one: string) => `t=${one === "A" ? "B" : "A"}`)],
    ["another id", (path: string) => path.replace(/appr_./, (found) => (found.endsWith("0") ? "appr_1" : "appr_0"))],
    ["no id", (path: string) => path.replace(/appr_\w+/, "x")],
  ])("%s is an unknown question, by GET and by POST", async (_what, change) => {
    const { send, path, token, state } = await scene();
    const form = await token();
    const unknown = await send(`/approve/appr_0123456789abcdef?t=${"A".repeat(43)}`);
    expect(unknown.status).toBe(404);
    expect(await send(change(path)).then(({ status, text }) => [status, text])).toEqual([404, unknown.text]);
    const posted = await send(change(path), { method: "POST", headers: browser, body: `answer=yes&form=${form}` });
    expect(posted.status).toBe(404);
    expect((await state()).state).toBe("open");
  });
});

describe("the form", () => {
  it.each(["yes", "no"] as const)("%s counts once, and says what happens next; sent again it changes nothing", async (answer) => {
    const { press, look, token, path, state } = await scene();
    const form = await token();
    const done = await press(answer, { form });
    expect([done.status, done.headers.get("location")]).toEqual([303, path]);
    expect(await state()).toMatchObject({ state: answer === "yes" ? "approved" : "declined", answer: { how: "page", by: "local" } });
    const after = await look();
    expect(after.text).toContain(answer === "yes" ? "make the same call again" : "You said no");
    expect(after.text).not.toContain("<form");
    const replayed = await press(answer === "yes" ? "no" : "yes", { form });
    expect([replayed.status, (await state()).state]).toEqual([200, answer === "yes" ? "approved" : "declined"]);
  });

  it.each<[string, Record<string, string>]>([
    ["without an Origin (a program)", { "sec-fetch-site": "same-origin" }],
    ["from another site", { ...browser, origin: "https://evil.example", "sec-fetch-site": "cross-site" }],
    ["from another port", { ...browser, origin: "http://localhost:9999", "sec-fetch-site": "same-site" }],
    ["from nowhere (sandboxed)", { ...browser, origin: "null" }],
    ["from a page of another site by a browser that says so", { ...browser, "sec-fetch-site": "cross-site" }],
    ["by what does not say where it comes from", { origin: browser.origin }],
  ])("is not taken %s", async (_what, headers) => {
    const { press, state } = await scene();
    expect((await press("yes", {}, { "content-type": browser["content-type"], ...headers })).status).toBe(403);
    expect((await state()).state).toBe("open");
  });

  it("needs the token of this page, not older than an hour", async () => {
    const one = await scene();
    const other = await scene();
    const foreign = await (await scene({ principal: "june", access: { key: "k".repeat(20) } })).token();
    for (const form of ["", "x", "1.x", foreign, (await one.token()).replace(/^\d+/, (at) => `${Number(at) + 1}`)])
      expect((await one.press("yes", { form })).status).toBe(403);
    const old = await other.token();
    other.later(3_700_000);
    expect((await other.press("yes", { form: old })).status).toBe(403);
    expect([(await one.state()).state, (await other.state()).state]).toEqual(["open", "open"]);
    expect((await other.press("yes")).status).toBe(303);
  });

  it("with neither yes nor no it is asked again", async () => {
    const { press, state } = await scene();
    expect((await press("maybe")).status).toBe(400);
    expect((await state()).state).toBe("open");
  });

  it("takes what is to be filled in, and refuses a yes without it", async () => {
    const fields: ApprovalField[] = [
      { name: "whose", title: "Whose voice", kind: "text", required: true },
      { name: "agreed", title: "They agreed", kind: "check", required: true },
    ];
    const { press, state } = await scene({ fields });
    const refused = await press("yes", { f_whose: "June" });
    expect([refused.status, refused.text]).toEqual([400, expect.stringContaining("They agreed: must be ticked")]);
    expect((await state()).state).toBe("open");
    expect((await press("yes", { f_whose: " June ", f_agreed: "true", f_more: "x" })).status).toBe(303);
    expect((await state()).answer?.values).toEqual({ whose: "June", agreed: true });
  });

  it("a question that is over takes no answer", async () => {
    const { press, look, state, token, question, approvals } = await scene();
    const form = await token();
    await approvals.expire(question.id);
    const late = await press("yes", { form });
    expect([late.status, late.text]).toEqual([200, expect.stringContaining("This question is over")]);
    expect((await look()).text).not.toContain("<form");
    expect((await state()).state).toBe("expired");
  });
});

describe("who answers", () => {
  const key = "configured-key-0123456789";

  it("where a key is configured, the person's own key is asked for", async () => {
    const { look, press, state } = await scene({ access: { key } });
    expect((await look()).text).toContain('name="key"');
    for (const wrong of ["", "wrong-key", `spin_${"0".repeat(16)}_${"a".repeat(43)}`])
      expect((await press("yes", { key: wrong })).status).toBe(403);
    expect((await state()).state).toBe("open");
    expect((await press("yes", { key })).status).toBe(303);
    expect((await state()).answer).toMatchObject({ by: "local", how: "page" });
  });

  it("another's key, and a key that may only look, answer nothing", async () => {
    const { keys, press, state } = await scene({ principal: "june" });
    const secretOf = async (principal: string, scopes: ("jobs:read" | "jobs:write" | "admin")[]) =>
      (await keys.create({ name: "x", principal, scopes })).secret;
    for (const secret of [await secretOf("bert", ["admin"]), await secretOf("june", ["jobs:read"])])
      expect((await press("yes", { key: secret })).status).toBe(403);
    expect((await press("yes")).status).toBe(403);
    expect((await state()).state).toBe("open");
    expect((await press("yes", { key: await secretOf("june", ["jobs:write"]) })).status).toBe(303);
    expect((await state()).answer?.by).toBe("june");
  });

  it("on this machine without any key the person is asked for none; from elsewhere nobody is taken for them", async () => {
    const { look, press, state } = await scene();
    expect((await look()).text).not.toContain('name="key"');
    const far = { remote: "10.0.0.9" };
    expect((await look(far)).text).toContain('name="key"');
    expect((await press("yes", {}, browser, far)).status).toBe(403);
    expect((await state()).state).toBe("open");
  });

  it("whoever says who they are sees their own questions only", async () => {
    const { keys, send, path } = await scene({ principal: "june" });
    const of = async (principal: string) => ({
      authorization: `Bearer ${(await keys.create({ name: "x", principal, scopes: ["jobs:read"] })).secret}`,
    });
    expect((await send(path, { headers: await of("bert") })).status).toBe(404);
    expect((await send(path, { headers: await of("june") })).status).toBe(200);
  });

  it("a key cannot be guessed by trying, nor the page loaded without end", async () => {
    const { press, state, look } = await scene({ access: { key } });
    const form = (await look()).text.match(/name="form" value="([^"]+)"/)?.[1] ?? "";
    const tries: number[] = [];
    for (let n = 0; n < 12; n++) tries.push((await press("yes", { key: `guess-${n}`, form })).status);
    expect(tries).toEqual([...Array(10).fill(403), 429, 429]);
    expect((await press("yes", { key, form })).status).toBe(429);
    expect((await state()).state).toBe("open");
    const looks: number[] = [];
    for (let n = 0; n < 130; n++) looks.push((await look({ remote: "127.0.0.2" })).status);
    expect([looks.filter((status) => status === 200).length, looks.at(-1)]).toEqual([120, 429]);
  });
});
