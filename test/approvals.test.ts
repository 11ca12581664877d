/** A person's yes over HTTP: asked before anything starts, used once, and nothing that a caller sends can stand for it. */
import pg from "pg";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { ApprovalView } from "../core/approval.ts";
import { newId } from "../core/ids.ts";
import { createKeysClient } from "../http/keys-client.ts";
import { type Burning, startBurning } from "./setup/burning.ts";

let burning: Burning;
let other: string;
const ask: Burning["ask"] = (...given) => burning.ask(...given);
const post: Burning["post"] = (...given) => burning.post(...given);
const burn: Burning["burn"] = (...given) => burning.burn(...given);
const say: Burning["say"] = (...given) => burning.say(...given);
const burnt: Burning["burnt"] = (...given) => burning.burnt(...given);
const forgotten = () => burning.forgotten();

beforeAll(async () => {
  burning = await startBurning();
  const keys = createKeysClient({ url: burning.product.url, key: burning.key });
  other = (await keys.create({ principal: "bert", scopes: ["jobs:read", "jobs:write"] })).secret;
}, 120_000);
afterAll(() => burning?.close());

describe("over HTTP", () => {
  it("asks with all parameters, starts nothing, and goes through once after a yes, exactly as shown", async () => {
    const refused = await burn("alpha");
    expect([refused.status, refused.body.error?.code, refused.body.error?.retryable]).toEqual([409, "approval_required", false]);
    const asked = refused.body.error?.approval as ApprovalView;
    expect(asked).toMatchObject({ state: "open", face: "api", calls: [{ tool: "burn_disc", input: { words: "alpha", copies: 1 } }] });
    const seed = asked.calls[0]?.input["seed"];
    expect(typeof seed).toBe("number");
    expect(asked.path).toMatch(/^\/approve\/appr_\w+\?t=[\w-]{43}$/);
    expect(await burnt("alpha")).toEqual([]);
    // the same request again is the same question
    expect((await burn("alpha")).body.error?.approval?.id).toBe(asked.id);

    expect((await say(asked.id, "yes")).body).toMatchObject({ state: "approved", how: "dialog", answered_by: "local" });
    const done = await burn("alpha");
    expect([done.status, done.body.job?.input["seed"]]).toEqual([202, seed]);
    expect((await burning.product.ended(done.body.job?.id ?? "")).state).toBe("succeeded");
    expect((await ask("GET", `/v1/approvals/${asked.id}`)).body).toMatchObject({ state: "used", calls: [{ used: done.body.job?.id }] });
    // used up
    const again = await burn("alpha");
    expect(again.status).toBe(409);
    expect(again.body.error?.approval?.id).not.toBe(asked.id);
    expect(await burnt("alpha")).toHaveLength(1);
  });

  it("the same key again is the same job, also when the yes is used up", async () => {
    const headers = { "idempotency-key": "burn-key-1" };
    const id = (await burn("keyed", headers)).body.error?.approval?.id ?? "";
    await say(id, "yes");
    const [first, second] = [await burn("keyed", headers), await burn("keyed", headers)];
    expect([first.status, second.status]).toEqual([202, 202]);
    expect([second.body.job?.id, second.body.created]).toEqual([first.body.job?.id, false]);
    expect(await burnt("keyed")).toHaveLength(1);
  });

  it("changed parameters need a yes of their own", async () => {
    const id = (await burn("beta")).body.error?.approval?.id ?? "";
    await say(id, "yes");
    for (const more of [{ copies: 2 }, { seed: 7 }]) expect((await burn("beta", {}, more)).status).toBe(409);
    expect((await burn("Beta")).status).toBe(409);
    expect((await burn("beta")).status).toBe(202);
  });

  it("a no starts nothing, stays a no, and a later call asks anew", async () => {
    const id = (await burn("gamma")).body.error?.approval?.id ?? "";
    expect((await say(id, "no")).body.state).toBe("declined");
    const late = await say(id, "yes");
    expect([late.status, late.body.error?.code]).toEqual([409, "conflict"]);
    const again = await burn("gamma");
    expect(again.status).toBe(409);
    expect(again.body.error?.approval?.id).not.toBe(id);
  });

  it("a yes can be taken back until it is used", async () => {
    const id = (await burn("delta")).body.error?.approval?.id ?? "";
    await say(id, "yes");
    expect((await say(id, "no")).body.state).toBe("declined");
    expect((await burn("delta")).status).toBe(409);
    expect(await burnt("delta")).toEqual([]);
  });

  it("two yes at once, and eight calls at once, are one job", async () => {
    const id = (await burn("race")).body.error?.approval?.id ?? "";
    const answers = await Promise.all([say(id, "yes"), say(id, "yes")]);
    expect(answers.map((answer) => answer.body.state)).toEqual(["approved", "approved"]);
    const calls = await Promise.all(Array.from({ length: 8 }, () => burn("race")));
    const made = new Set(calls.flatMap(({ body }) => body.job?.id ?? []));
    expect(made.size).toBe(1);
    expect(await burnt("race")).toHaveLength(1);
  });

  it.each([
    ["a field", { approved: true }],
    ["another field", { approval: "yes", confirm: true }],
    ["metadata", { _meta: { approved: true } }],
  ])("no argument stands for it: %s", async (_what, more) => {
    const { status, body } = await burn("forged", {}, more);
    expect([status, body.error?.code]).toEqual([400, "invalid_input"]);
    expect(await burnt("forged")).toEqual([]);
  });

  it("no header stands for it, nor another's question's id", async () => {
    const id = (await burn("headers")).body.error?.approval?.id ?? "";
    const headers = { "x-approval": id, "x-approved": "true", "x-myspinbot-approval": id, approval: id };
    expect((await burn("headers", headers)).status).toBe(409);
    expect((await post("/v1/jobs", { tool: "burn_disc", input: { words: "headers" }, approval: id })).status).toBe(400);
    const [theirs, unknown] = [await say(id, "yes", other), await say(newId("appr"), "yes", other)];
    expect([theirs.status, theirs.body.error?.code]).toEqual([404, "unknown_approval"]);
    expect(JSON.stringify(theirs.body).replace(id, "")).toBe(JSON.stringify(unknown.body).replace(/appr_\w+/, ""));
    expect((await ask("GET", `/v1/approvals/${id}`, undefined, {}, other)).status).toBe(404);
    expect((await ask("GET", "/v1/approvals", undefined, {}, other)).body.approvals).toEqual([]);
    expect((await ask("GET", `/v1/approvals/${id}`)).body.state).toBe("open");
    // one person's yes is nobody else's
    await say(id, "yes");
    expect((await post("/v1/tools/burn_disc", { words: "headers" }, {}, other)).status).toBe(409);
  });

  it("what is over by the clock is no yes, answered or not", async () => {
    const late = async (words: string, answer?: "yes") => {
      const id = (await burn(words)).body.error?.approval?.id ?? "";
      if (answer) await say(id, answer);
      const client = new pg.Client({ connectionString: burning.url });
      await client.connect();
      await client.query("update approvals set expires_at = now() - interval '1 second' where id = $1", [id]);
      await client.end();
      return id;
    };
    const [open, approved] = [await late("late"), await late("later", "yes")];
    const answer = await say(open, "yes");
    expect([answer.status, answer.body.error?.message]).toEqual([409, expect.stringContaining("is over")]);
    expect((await ask("GET", `/v1/approvals/${approved}`)).body.state).toBe("expired");
    for (const words of ["late", "later"]) {
      const again = await burn(words);
      expect(again.status).toBe(409);
      expect([open, approved]).not.toContain(again.body.error?.approval?.id);
    }
  });

  it("an answer tool that needs a yes runs once by it, and again only with its key", async () => {
    const forget = (headers?: Record<string, string>) => post("/v1/tools/forget_all", { what: "stones" }, headers);
    const id = (await forget()).body.error?.approval?.id ?? "";
    await say(id, "yes");
    const before = forgotten();
    const calls = await Promise.all([forget(), forget(), forget()]);
    expect(calls.map(({ status }) => status).sort()).toEqual([200, 409, 409]);
    expect(forgotten()).toBe(before + 1);
    // with a key a call whose answer was lost may be made again
    const keyed = (key: string) => post("/v1/tools/forget_all", { what: "sticks" }, { "idempotency-key": key });
    await say((await keyed("forget-1")).body.error?.approval?.id ?? "", "yes");
    expect((await keyed("forget-1")).status).toBe(200);
    expect((await keyed("forget-2")).status).toBe(409);
  });

  it("a reroll of such a job asks as well", async () => {
    const id = (await burn("again")).body.error?.approval?.id ?? "";
    await say(id, "yes");
    const job = (await burn("again")).body.job?.id ?? "";
    const reroll = () => post("/v1/tools/reroll_job", { job_id: job });
    const refused = await reroll();
    expect([refused.status, refused.body.error?.code]).toEqual([409, "approval_required"]);
    await say(refused.body.error?.approval?.id ?? "", "yes");
    expect((await reroll()).status).toBe(200);
    expect((await reroll()).status).toBe(409);
    expect(await burnt("again")).toHaveLength(2);
  });
});
