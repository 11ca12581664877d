/** Deliveries over HTTP, in memory: statuses, shapes, limits, and a claim that waits. */
import { describe, expect, it } from "vitest";
import type { Deliveries } from "../core/deliveries.ts";
import type { ClaimedView, DeliveryView } from "../core/delivery.ts";
import { newId } from "../core/ids.ts";
import type { JobState } from "../core/job.ts";
import { silentLog } from "../core/log.ts";
import { deliveryContract } from "../platform/postgres/testing/contract/deliveries.ts";
import { createApp } from "./app.ts";
import type { Env } from "./env.ts";
import { listen } from "./listen.ts";
import { testParts, until } from "./testing/app-parts.ts";
import { memoryDeliveries } from "./testing/memory-deliveries.ts";

type Body = { delivery: DeliveryView; deliveries: ClaimedView[]; error: { code: string; message: string; fields?: { path: string }[] } };

function start() {
  const parts = testParts();
  const app = createApp(parts);
  const send = async (method: string, path: string, body?: unknown, signal?: AbortSignal, env: Env["Bindings"] = {}) => {
    const sent = { body: JSON.stringify(body), headers: { "content-type": "application/json" } };
    const init = { method, ...(body === undefined ? {} : sent), ...(signal ? { signal } : {}) };
    const response = await app.request(path, init, env);
    return { status: response.status, headers: response.headers, body: (await response.json()) as Body };
  };
  return {
    studio: parts.studio,
    send,
    post: (path: string, body: unknown = {}) => send("POST", `/v1/deliveries${path}`, body),
    get: (path: string) => send("GET", `/v1/deliveries${path}`),
  };
}

const place = { conversation: "chat-1", message: "msg-1", target: { chat_id: "c1", user_id: "u1" }, lease_seconds: 60 };

describe("POST /v1/deliveries", () => {
  it("makes one, and answers a repeat with the same", async () => {
    const { post, get, studio } = start();
    const { id: job } = studio.make("running");
    const first = await post("", { ...place, job });
    expect(first.status).toBe(201);
    const { delivery } = first.body;
    expect(delivery).toEqual({
      id: expect.stringMatching(/^dlv_[0-9a-z]{16}$/),
      job_id: job,
      principal: "local",
      conversation: "chat-1",
      message: "msg-1",
      state: "pending",
      attempts: 0,
      target: place.target,
      lease_until: expect.stringMatching(/^20.*Z$/),
      created_at: expect.stringMatching(/^20.*Z$/),
    });
    expect(first.headers.get("location")).toBe(`/v1/deliveries/${delivery.id}`);
    const again = await post("", { ...place, job, target: {} });
    expect([again.status, again.body.delivery]).toEqual([200, delivery]);
    expect((await get(`/${delivery.id}`)).body.delivery).toEqual(delivery);
  });

  it("of an unknown or another's job is refused alike", async () => {
    const { post, studio } = start();
    const theirs = studio.make("running", { principal: "somebody" }).id;
    const answers = [];
    for (const job of [theirs, "job_0000000000000000"]) {
      const { status, body } = await post("", { ...place, job });
      answers.push([status, body.error.code, body.error.message.replace(job, "ID")]);
    }
    expect(answers[0]).toEqual([404, "unknown_job", expect.any(String)]);
    expect(answers[1]).toEqual(answers[0]);
  });

  it.each([
    ["message", { message: "a b" }],
    ["conversation", { conversation: "x".repeat(129) }],
    ["target", { target: { text: "é".repeat(2100) } }],
    ["target", { target: "chat" }],
    ["lease_seconds", { lease_seconds: 4 }],
    ["lease_seconds", { lease_seconds: 601 }],
    ["worker", { worker: "" }],
  ])("names a bad %s", async (field, bad) => {
    const { post, studio } = start();
    const { status, body } = await post("", { ...place, job: studio.make().id, ...bad });
    expect([status, body.error.code]).toEqual([400, "invalid_input"]);
    expect(body.error.fields?.map((each) => each.path)).toEqual([field]);
  });
});

describe("claim, renew, ack, fail, redeliver", () => {
  async function claimed() {
    const studio = start();
    const { id: job } = studio.studio.make("succeeded");
    const { id } = (await studio.post("", { ...place, job })).body.delivery;
    await studio.post(`/${id}/fail`, { error: "the browser is gone" });
    await studio.post(`/${id}/redeliver`);
    const { body } = await studio.post("/claim", { worker: "w1", lease_seconds: 30 });
    return { ...studio, id, job, body };
  }

  it("gives the job with it", async () => {
    const { body, id, job, post } = await claimed();
    expect(body.deliveries).toHaveLength(1);
    expect(body.deliveries[0]).toMatchObject({ id, principal: "local", state: "pending", attempts: 0, worker: "w1", target: place.target });
    expect(body.deliveries[0]).toMatchObject({ lease_until: expect.any(String), job: { id: job, state: "succeeded", artifacts: [] } });
    expect((await post("/claim", { worker: "w2" })).body.deliveries).toEqual([]);
  });

  it("renews a lease, and says when it is lost", async () => {
    const { post, id } = await claimed();
    expect((await post(`/${id}/renew`, { worker: "w1", lease_seconds: 600 })).status).toBe(200);
    const lost = await post(`/${id}/renew`, { worker: "w2", lease_seconds: 30 });
    expect([lost.status, lost.body.error.code]).toEqual([409, "conflict"]);
  });

  it("acknowledges once, with a result", async () => {
    const { post, get, id } = await claimed();
    const first = await post(`/${id}/ack`, { worker: "w9", result: { message_id: "m2" } });
    expect(first.body.delivery).toMatchObject({ state: "delivered", result: { message_id: "m2" }, delivered_at: expect.any(String) });
    expect(first.body.delivery).not.toHaveProperty("lease_until");
    expect((await post(`/${id}/ack`)).body.delivery).toEqual(first.body.delivery);
    expect((await get("?state=delivered")).body.deliveries.map((one) => one.id)).toEqual([id]);
    expect((await get("?state=pending&limit=5")).body.deliveries).toEqual([]);
    expect((await post(`/${id}/ack`, { result: "x".repeat(4095) })).status).toBe(400);
  });

  it("counts a failure and says when it comes again", async () => {
    const { post, id } = await claimed();
    const { body } = await post(`/${id}/fail`, { worker: "w1", error: "HTTP 502" });
    expect(body.delivery).toMatchObject({ state: "pending", attempts: 1, error: "HTTP 502", next_at: expect.any(String) });
    expect((await post("/claim", { worker: "w2" })).body.deliveries).toEqual([]);
    const again = await post(`/${id}/redeliver`);
    expect(again.body.delivery).toMatchObject({ state: "pending", attempts: 0 });
    expect((await post("/claim", { worker: "w2" })).body.deliveries).toHaveLength(1);
  });

  it.each([
    ["GET", ""],
    ["POST", "/renew"],
    ["POST", "/ack"],
    ["POST", "/fail"],
    ["POST", "/redeliver"],
  ])("%s %s of an unknown id is 404", async (method, path) => {
    const { send } = start();
    const body = { "/renew": { worker: "w", lease_seconds: 30 }, "/fail": { error: "x" } }[path] ?? {};
    for (const id of ["dlv_0000000000000000", "nothing"]) {
      const answer = await send(method, `/v1/deliveries/${id}${path}`, method === "GET" ? undefined : body);
      expect([answer.status, answer.body.error.code]).toEqual([404, "unknown_delivery"]);
    }
  });

  it.each([
    [{}],
    [{ worker: "w", limit: 51 }],
    [{ worker: "w", wait_seconds: 26 }],
    [{ worker: "w", lease_seconds: 1.5 }],
    [{ worker: "w", principal: "you" }],
  ])("refuses to claim with %j", async (body) => {
    expect((await start().post("/claim", body)).status).toBe(400);
  });

  it("refuses a state that there is not, in words", async () => {
    const { status, body } = await start().get("?state=lost");
    expect(status).toBe(400);
    expect(body.error.message).toContain("pending, delivered, dead");
  });
});

describe("a claim that waits", () => {
  it("answers when the job ends", async () => {
    const { post, studio } = start();
    const { id: job } = studio.make("running");
    const { id } = (await post("", { ...place, job })).body.delivery;
    await post(`/${id}/fail`, { error: "x" });
    await post(`/${id}/redeliver`);
    const claiming = post("/claim", { worker: "w", wait_seconds: 25 });
    studio.move(job, "succeeded");
    expect((await claiming).body.deliveries.map((one) => [one.id, one.job.state])).toEqual([[id, "succeeded"]]);
  });

  it.each(["the client goes", "the server is about to end"])("ends early when %s", async (what) => {
    const { send } = start();
    const controller = new AbortController();
    const [client, closing] = what === "the client goes" ? [controller.signal, undefined] : [undefined, controller.signal];
    let over = false;
    const claiming = send("POST", "/v1/deliveries/claim", { worker: "w", wait_seconds: 25 }, client, closing ? { closing } : {}).finally(
      () => {
        over = true;
      },
    );
    // it waits: whatever can be done at once has been done
    await new Promise((resolve) => setTimeout(resolve, 30));
    expect(over).toBe(false);
    controller.abort();
    await until(() => over, "it ends");
    expect((await claiming).body.deliveries).toEqual([]);
  });

  it("is over when the connection breaks", async () => {
    const inner = testParts();
    const signals: (AbortSignal | undefined)[] = [];
    const claim: Deliveries["claim"] = (principal, request, signal) => {
      signals.push(signal);
      return inner.deliveries.claim(principal, request, signal);
    };
    const server = await listen(createApp(testParts({ deliveries: { ...inner.deliveries, claim } })), {
      ...{ host: "127.0.0.1", port: 0, log: silentLog },
    });
    try {
      const controller = new AbortController();
      const headers = { "content-type": "application/json" };
      const body = JSON.stringify({ worker: "w", wait_seconds: 25 });
      const asking = fetch(`${server.url}/v1/deliveries/claim`, { method: "POST", headers, body, signal: controller.signal });
      const refused = expect(asking).rejects.toThrow();
      await until(() => signals.length === 1, "it waits");
      controller.abort();
      await refused;
      await until(() => signals[0]?.aborted === true, "it is told");
      await until(() => server.idleMs() > 0, "nothing is under way");
    } finally {
      await server.close(0);
    }
  });
});

describe("in memory", () => {
  const states = new Map<string, JobState>();
  const store = memoryDeliveries((job) => states.get(job));
  deliveryContract({
    store: () => store,
    async job(_principal, ended = true) {
      const id = newId("job");
      states.set(id, ended ? "succeeded" : "running");
      return id;
    },
    end: async (job) => void states.set(job, "succeeded"),
  });
});
