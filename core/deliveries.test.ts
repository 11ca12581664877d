/** The rules of deliveries: who sees what, when a failed one comes again, and claims that wait. */
import { describe, expect, it } from "vitest";
import { memoryDeliveries } from "../http/testing/memory-deliveries.ts";
import { createLocalBus } from "../platform/bus/local.ts";
import { failureOf, unique } from "../platform/postgres/testing/drafts.ts";
import { until } from "../platform/postgres/testing/until.ts";
import { backoffMs, createDeliveries, type DeliveriesParts, deliveryLimits } from "./deliveries.ts";
import { newId } from "./ids.ts";
import type { JobState, JobWithArtifacts } from "./job.ts";
import { silentLog } from "./log.ts";
import type { Principal } from "./principal.ts";

const me: Principal = { id: "me", scopes: ["jobs:read", "jobs:write"] };
const you: Principal = { id: "you", scopes: ["jobs:read", "jobs:write"] };
const admin: Principal = { id: "operator", scopes: ["admin"] };
const request = { worker: "w1", limit: 10, leaseSeconds: 60, waitSeconds: 0 };

/** @param afterLook what happens elsewhere between a look at the rows and its answer. */
function start({ afterLook, ...more }: Partial<DeliveriesParts> & { afterLook?: (looks: number) => void } = {}) {
  const jobs = new Map<string, JobWithArtifacts>();
  const bus = createLocalBus(silentLog);
  const measured: string[] = [];
  const store = memoryDeliveries((id) => jobs.get(id)?.state);
  let listeners = 0;
  let looks = 0;
  const deliveries = createDeliveries({
    store: {
      ...store,
      async claim(...args) {
        const claimed = await store.claim(...args);
        looks++;
        afterLook?.(looks);
        return claimed;
      },
    },
    jobs: { get: async (principal, id) => [...jobs.values()].find((job) => job.id === id && job.principal === principal) },
    bus: {
      subscribe(listener) {
        listeners++;
        const stop = bus.subscribe(listener);
        return () => {
          listeners--;
          stop();
        };
      },
    },
    metrics: { delivery: (outcome) => void measured.push(outcome) },
    ...more,
  });
  const job = (principal: string, state: JobState = "succeeded"): string => {
    const id = newId("job");
    jobs.set(id, {
      ...{ id, principal, state, tool: "render_image", input: {}, title: "", family: "f", engine: "e", class: "interactive" as const },
      ...{ vramGb: 1, priority: 1, attempt: 1, tries: 0, createdAt: new Date(), queuedAt: new Date(), artifacts: [] },
    });
    return id;
  };
  const move = (id: string, state: JobState, announced = true): void => {
    jobs.set(id, { ...(jobs.get(id) as JobWithArtifacts), state });
    if (announced) bus.publish({ type: "changed", job: id, state, family: "f" });
  };
  const make = async (who: Principal, id: string, leaseSeconds = 0): Promise<string> =>
    (await deliveries.create(who, { job: id, conversation: "c", message: unique("m"), target: {}, leaseSeconds })).delivery.id;
  return { deliveries, store, job, move, make, measured, listeners: () => listeners, looks: () => looks };
}

describe("backoff", () => {
  it("doubles from 5 s to 10 min, spread by a quarter and never outside", () => {
    const middle = Array.from({ length: 9 }, (_, n) => backoffMs(n + 1, () => 0.5) / 1000);
    expect(middle).toEqual([5, 10, 20, 40, 80, 160, 320, 600, 600]);
    for (let attempts = 1; attempts < deliveryLimits.tries; attempts++) {
      const [least, most] = [backoffMs(attempts, () => 0), backoffMs(attempts, () => 1)];
      expect(least).toBeGreaterThanOrEqual(5_000);
      expect(most).toBeLessThanOrEqual(600_000);
      expect(most - least).toBeGreaterThanOrEqual(1_250);
    }
  });

  it("is what a failure waits; the twelfth is the last", async () => {
    const { deliveries, store, job, make, measured } = start();
    const id = await make(me, job("me"));
    for (let attempts = 1; attempts <= 12; attempts++) {
      await store.create({ ...(await deliveries.get(me, id)), leaseMs: 60_000 });
      const failed = await deliveries.fail(me, id, { error: "x".repeat(5000) });
      expect(failed).toMatchObject({ attempts, state: attempts < 12 ? "pending" : "dead" });
      expect(failed.error).toHaveLength(deliveryLimits.error);
      if (failed.nextAt) {
        const base = 5_000 * 2 ** (attempts - 1);
        expect(failed.nextAt.getTime() - Date.now()).toBeLessThanOrEqual(Math.min(600_000, base * 1.25));
      }
    }
    await deliveries.fail(me, id, { error: "late" });
    expect(measured).toEqual([...Array<string>(11).fill("failed"), "dead"]);
    await deliveries.redeliver(me, id);
    await deliveries.ack(me, id);
    await deliveries.ack(me, id);
    expect(measured.slice(12)).toEqual(["redelivered", "delivered"]);
  });
});

describe("whose", () => {
  it("another's delivery is as an unknown one, on every call", async () => {
    const { deliveries, job, make } = start();
    const theirs = await make(you, job("you"));
    const words = new Set<string>();
    for (const id of [theirs, newId("dlv"), "dlv_x", "../../etc"])
      for (const call of [
        () => deliveries.get(me, id),
        () => deliveries.renew(me, id, "w", 60),
        () => deliveries.ack(me, id, {}),
        () => deliveries.fail(me, id, { error: "x" }),
        () => deliveries.redeliver(me, id),
      ]) {
        const failure = await failureOf(call());
        expect(failure.code).toBe("unknown_delivery");
        words.add(failure.message.replace(id, "ID"));
      }
    expect(words.size).toBe(1);
    expect(await deliveries.list(me, { limit: 10 })).toEqual([]);
    expect(await deliveries.claim(me, request)).toEqual([]);
    expect(await deliveries.get(you, theirs)).toMatchObject({ state: "pending", attempts: 0 });
  });

  it("another's job is an unknown one, also to an admin", async () => {
    const { deliveries, job, make } = start();
    const theirs = job("you");
    for (const who of [me, admin])
      for (const id of [theirs, newId("job"), "x"]) expect((await failureOf(make(who, id))).code).toBe("unknown_job");
    expect(await deliveries.list(admin, { limit: 10 })).toEqual([]);
  });

  it("an admin delivers for everybody, with each one's own job", async () => {
    const { deliveries, job, make } = start();
    const made = [await make(me, job("me")), await make(you, job("you", "failed"))];
    const claimed = await deliveries.claim(admin, request);
    expect(claimed.map((one) => [one.id, one.principal, one.ended.id === one.job, one.ended.state])).toEqual([
      [made[0], "me", true, "succeeded"],
      [made[1], "you", true, "failed"],
    ]);
    expect(await deliveries.ack(admin, made[1] ?? "")).toMatchObject({ state: "delivered", principal: "you" });
    expect(await deliveries.get(you, made[1] ?? "")).toMatchObject({ state: "delivered" });
  });
});

describe("renew", () => {
  it("of a lost lease, or of what is done, is a conflict that says so", async () => {
    const { deliveries, job, make } = start();
    const id = await make(me, job("me"));
    await deliveries.claim(me, request);
    expect(await deliveries.renew(me, id, "w1", 600)).toMatchObject({ worker: "w1" });
    const lost = await failureOf(deliveries.renew(me, id, "w2", 60));
    expect([lost.code, lost.message]).toEqual(["conflict", expect.stringContaining("not leased")]);
    await deliveries.ack(me, id);
    expect((await failureOf(deliveries.renew(me, id, "w1", 60))).message).toContain("delivered already");
  });
});

describe("a claim that waits", () => {
  const patient = { ...request, waitSeconds: 25 };

  it("gets a delivery as soon as its job ends, and listens no more afterwards", async () => {
    const { deliveries, job, move, make, listeners, looks } = start();
    const running = job("me", "running");
    const id = await make(me, running);
    const claiming = deliveries.claim(me, patient);
    await until(() => looks() === 1, "it waits");
    move(running, "canceling");
    move(running, "succeeded");
    expect((await claiming).map((one) => one.id)).toEqual([id]);
    expect(listeners()).toBe(0);
    // the step that is no end was no reason to look
    expect(looks()).toBe(2);
  });

  it("does not miss a job that ends during its first look", async () => {
    const { deliveries, job, move, make } = start({
      lookMs: 60_000,
      afterLook: (looks) => {
        if (looks === 1) move(running, "succeeded");
      },
    });
    const running = job("me", "running");
    const id = await make(me, running);
    expect((await deliveries.claim(me, patient)).map((one) => one.id)).toEqual([id]);
  });

  it("gets what somebody asks for again, and what another one's lease lets go", async () => {
    const { deliveries, store, job, make, looks } = start();
    const id = await make(me, job("me"));
    await deliveries.ack(me, id);
    const again = deliveries.claim(me, patient);
    await until(() => looks() === 1, "it waits");
    await deliveries.redeliver(me, id);
    expect((await again).map((one) => one.id)).toEqual([id]);
    await store.renew("me", id, "w1", 30);
    expect((await deliveries.claim(me, { ...patient, worker: "w2" })).map((one) => one.worker)).toEqual(["w2"]);
  });

  it("looks by itself where nothing is announced", async () => {
    const { deliveries, job, move, make, looks } = start({ lookMs: 5 });
    const running = job("me", "running");
    await make(me, running);
    const claiming = deliveries.claim(me, patient);
    await until(() => looks() >= 2, "it waits");
    move(running, "failed", false);
    expect(await claiming).toHaveLength(1);
  });

  it("ends empty when its time is over, or when the one who asked goes", async () => {
    const { deliveries, job, make, listeners, looks } = start();
    await make(me, job("me", "running"));
    expect(await deliveries.claim(me, { ...request, waitSeconds: 0.05 })).toEqual([]);
    const controller = new AbortController();
    const claiming = deliveries.claim(me, patient, controller.signal);
    await until(() => listeners() === 1 && looks() >= 3, "it waits");
    controller.abort();
    expect(await claiming).toEqual([]);
    expect(listeners()).toBe(0);
    const before = looks();
    expect(await deliveries.claim(me, patient, AbortSignal.abort())).toEqual([]);
    expect(looks()).toBe(before);
  });

  it("lets several wait, and each result goes to one of them", async () => {
    const { deliveries, job, move, make, looks } = start();
    const running = [job("me", "running"), job("me", "running"), job("me", "running")];
    for (const id of running) await make(me, id);
    const claiming = ["a", "b", "c"].map((worker) => deliveries.claim(me, { ...patient, worker, limit: 1 }));
    await until(() => looks() === 3, "it waits");
    for (const id of running) move(id, "succeeded");
    const got = (await Promise.all(claiming)).flat();
    expect(new Set(got.map((one) => one.id)).size).toBe(3);
  });
});

it("a job that was started again in that moment is not handed out as finished", async () => {
  const { deliveries, job, move, make } = start({ afterLook: () => move(id, "queued") });
  const id = job("me", "failed");
  await make(me, id);
  expect(await deliveries.claim(me, request)).toEqual([]);
});
