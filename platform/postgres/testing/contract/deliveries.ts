/** What every delivery store does, however many ask at once and whoever dies between a claim and its acknowledgement. */
import { describe, expect, it } from "vitest";
import type { Delivery } from "../../../../core/delivery.ts";
import { newId } from "../../../../core/ids.ts";
import type { DeliveryStore, NewDelivery } from "../../../../core/ports/delivery-store.ts";
import { unique } from "../drafts.ts";
import { until } from "../until.ts";

export interface DeliverySubject {
  store(): DeliveryStore;
  /** A job that has ended, or one that still runs. */
  job(principal: string, ended?: boolean): Promise<string>;
  end(job: string): Promise<void>;
}

const long = 60_000;
const ids = (deliveries: readonly Delivery[]) => deliveries.map(({ id }) => id);

export function deliveryContract({ store, job, end }: DeliverySubject): void {
  const wish = async (principal: string, more: Partial<NewDelivery> = {}): Promise<NewDelivery> => ({
    id: newId("dlv"),
    principal,
    job: more.job ?? (await job(principal)),
    conversation: "chat-1",
    message: unique("msg"),
    target: { chat_id: "c", model: "m", deep: { list: [1, null, "x"] } },
    // over already, by more than a rounding
    leaseMs: -1000,
    ...more,
  });
  const create = async (principal: string, more: Partial<NewDelivery> = {}): Promise<Delivery> =>
    (await store().create(await wish(principal, more))).delivery;
  const claim = (whose: string | undefined, worker = "w1", leaseMs = long, limit = 50) => store().claim(whose, { worker, limit, leaseMs });
  /** As though the time of the lease had passed. */
  const taken = async (me: string, worker: string, id: string): Promise<void> =>
    until(async () => ids(await claim(me, worker)).includes(id), `${worker} gets it`);
  const retrySoon = { error: "no answer", delayMs: () => 0 };

  describe("create", () => {
    it("comes back as it went in, to its owner alone", async () => {
      const [me, you] = [unique("me"), unique("you")];
      const given = await wish(me, { leaseMs: long, worker: "pipe-1" });
      const { delivery, created } = await store().create(given);
      const { leaseMs: _, ...columns } = given;
      expect(created).toBe(true);
      expect(delivery).toEqual({ ...columns, state: "pending", attempts: 0, leaseUntil: expect.any(Date), createdAt: expect.any(Date) });
      expect(await store().get(me, delivery.id)).toEqual(delivery);
      expect(await store().get(undefined, delivery.id)).toEqual(delivery);
      expect(await store().get(you, delivery.id)).toBeUndefined();
      expect(await store().list(you, { limit: 10 })).toEqual([]);
      for (const call of [
        store().renew(you, delivery.id, "pipe-1", long),
        store().ack(you, delivery.id, {}),
        store().fail(you, delivery.id, retrySoon),
        store().redeliver(you, delivery.id),
      ])
        expect(await call).toBeUndefined();
      expect(await store().get(me, delivery.id)).toEqual(delivery);
    });

    it("20 at once for one message and job make one, 8 messages of one job 8", async () => {
      const me = unique("me");
      const given = await wish(me, { leaseMs: long });
      const made = await Promise.all(Array.from({ length: 20 }, () => store().create({ ...given, id: newId("dlv") })));
      expect(made.filter(({ created }) => created)).toHaveLength(1);
      expect(new Set(made.map(({ delivery }) => delivery.id)).size).toBe(1);
      const others = Array.from({ length: 8 }, (_, n) => store().create({ ...given, id: newId("dlv"), message: `m${n}` }));
      expect((await Promise.all(others)).every(({ created }) => created)).toBe(true);
      expect(await store().list(me, { limit: 50 })).toHaveLength(9);
    });

    it("again takes a lease that nobody holds, and leaves one that somebody does", async () => {
      const me = unique("me");
      const given = await wish(me);
      const first = (await store().create(given)).delivery;
      const again = await store().create({ ...given, leaseMs: long, worker: "b" });
      expect(again).toMatchObject({ created: false, delivery: { id: first.id, worker: "b" } });
      expect(await claim(me)).toEqual([]);
      const third = await store().create({ ...given, leaseMs: long, worker: "c" });
      expect(third.delivery).toEqual(again.delivery);
      await store().ack(me, first.id);
      expect((await store().create({ ...given, leaseMs: long })).delivery).toMatchObject({ state: "delivered" });
    });
  });

  describe("claim", () => {
    it("gives those of finished jobs that nobody holds, oldest first", async () => {
      const me = unique("me");
      const running = await job(me, false);
      const waits = await create(me, { job: running });
      const held = await create(me, { leaseMs: long });
      const made = [await create(me), await create(me), await create(me)];
      const got = await claim(me, "w1", long, 2);
      expect(ids(got)).toEqual(ids(made.slice(0, 2)));
      expect(got[0]).toMatchObject({ worker: "w1", attempts: 0, state: "pending", target: made[0]?.target });
      expect(got[0]?.leaseUntil?.getTime()).toBeGreaterThan(Date.now());
      expect(ids(await claim(me))).toEqual(ids(made.slice(2)));
      expect(await claim(me)).toEqual([]);
      await end(running);
      expect(ids(await claim(me))).toEqual([waits.id]);
      expect(await store().get(me, held.id)).toEqual(held);
    });

    it("of one principal gives none of another's; of everybody gives all", async () => {
      const [me, you] = [unique("me"), unique("you")];
      const [mine, yours, both] = [await create(me), await create(you), await create(me)];
      expect(ids(await claim(me))).toEqual([mine.id, both.id]);
      expect(ids(await claim(undefined))).toContain(yours.id);
    });

    it("50 at once never share one, and leave none", async () => {
      const me = unique("me");
      const done = await job(me);
      const made = await Promise.all(Array.from({ length: 120 }, () => create(me, { job: done })));
      const got: string[] = [];
      const work = async (worker: string): Promise<void> => {
        for (let mine = ids(await claim(me, worker, long, 3)); mine.length > 0; mine = ids(await claim(me, worker, long, 3))) {
          expect(mine.length).toBeLessThanOrEqual(3);
          got.push(...mine);
        }
      };
      // skipped while another one locks it, a row may be left when all have gone: then they come once more
      await until(async () => {
        await Promise.all(Array.from({ length: 50 }, (_, n) => work(`w${n}`)));
        return got.length >= made.length;
      }, "all are claimed");
      expect(got.sort()).toEqual(ids(made).sort());
    });

    it("again after the lease of one who died between claim and acknowledgement", async () => {
      const me = unique("me");
      const { id } = await create(me);
      expect(ids(await claim(me, "dies", 30))).toEqual([id]);
      await taken(me, "lives", id);
      expect(await store().get(me, id)).toMatchObject({ worker: "lives", attempts: 0 });
    });

    it("tells when the clock alone brings the next one", async () => {
      const me = unique("me");
      expect(await store().nextDueMs(me)).toBeUndefined();
      await create(me, { job: await job(me, false) });
      expect(await store().nextDueMs(me)).toBeUndefined();
      const { id } = await create(me, { leaseMs: long });
      expect(await store().nextDueMs(me)).toBeGreaterThan(long / 2);
      expect(await store().nextDueMs(me)).toBeLessThanOrEqual(long + 1);
      await store().fail(me, id, { error: "x", delayMs: () => 5_000 });
      expect(await store().nextDueMs(me)).toBeLessThanOrEqual(5_001);
      await store().redeliver(me, id);
      expect(await store().nextDueMs(me)).toBeLessThanOrEqual(0);
    });
  });

  describe("renew", () => {
    it("lengthens a lease, also one that ran out and that nobody took, and gives it a name", async () => {
      const me = unique("me");
      const { id } = await create(me, { leaseMs: -1000 });
      const renewed = await store().renew(me, id, "w1", long);
      expect(renewed).toMatchObject({ changed: true, delivery: { worker: "w1" } });
      expect(await claim(me, "w2")).toEqual([]);
    });

    it("changes nothing where another holds it, where it failed, and where it is delivered", async () => {
      const me = unique("me");
      const { id } = await create(me);
      await claim(me, "w1");
      expect(await store().renew(me, id, "w2", long)).toMatchObject({ changed: false, delivery: { worker: "w1" } });
      await store().fail(me, id, { worker: "w1", ...retrySoon });
      expect(await store().renew(me, id, "w1", long)).toMatchObject({ changed: false });
      await store().ack(me, id);
      expect(await store().renew(me, id, "w1", long)).toMatchObject({ changed: false, delivery: { state: "delivered" } });
    });
  });

  describe("ack", () => {
    it("of many at once delivers once, and keeps the first result", async () => {
      const me = unique("me");
      const { id } = await create(me);
      await claim(me);
      const first = await store().ack(me, id, { files: ["a"] });
      expect(first).toMatchObject({
        changed: true,
        delivery: { state: "delivered", result: { files: ["a"] }, deliveredAt: expect.any(Date) },
      });
      for (const gone of ["leaseUntil", "worker", "nextAt"]) expect(first?.delivery).not.toHaveProperty(gone);
      const again = await Promise.all(Array.from({ length: 8 }, () => store().ack(me, id, "later")));
      for (const one of again) expect(one).toEqual({ changed: false, delivery: first?.delivery });
      expect(await claim(me)).toEqual([]);
    });

    it("by one whose lease was taken over counts, once; the other's changes nothing", async () => {
      const me = unique("me");
      const { id } = await create(me);
      await claim(me, "slow", 30);
      await taken(me, "quick", id);
      const both = await Promise.all([store().ack(me, id, "slow"), store().ack(me, id, "quick")]);
      expect(both.filter((one) => one?.changed)).toHaveLength(1);
      expect(await store().fail(me, id, { worker: "quick", ...retrySoon })).toMatchObject({
        changed: false,
        delivery: { state: "delivered" },
      });
    });
  });

  describe("fail", () => {
    it("counts, frees, and waits until its time", async () => {
      const me = unique("me");
      const { id } = await create(me);
      await claim(me);
      const failed = await store().fail(me, id, { worker: "w1", error: "nul \0", delayMs: (attempts) => attempts * long });
      expect(failed).toMatchObject({ changed: true, delivery: { state: "pending", attempts: 1, nextAt: expect.any(Date) } });
      expect(failed?.delivery).not.toHaveProperty("leaseUntil");
      expect(failed?.delivery.nextAt?.getTime()).toBeGreaterThan(Date.now() + long / 2);
      expect(await claim(me)).toEqual([]);
    });

    it("twice for one lease, or by one whose lease was taken over, counts once", async () => {
      const me = unique("me");
      const { id } = await create(me);
      await claim(me, "slow", 30);
      await taken(me, "quick", id);
      expect(await store().fail(me, id, { worker: "slow", ...retrySoon })).toMatchObject({ changed: false, delivery: { worker: "quick" } });
      const twice = await Promise.all([1, 2].map(() => store().fail(me, id, { worker: "quick", ...retrySoon })));
      expect(twice.filter((one) => one?.changed)).toHaveLength(1);
      expect(await store().get(me, id)).toMatchObject({ attempts: 1, error: "no answer" });
    });

    it("without a further try is dead: never claimed, listed, brought back by hand with all its tries", async () => {
      const me = unique("me");
      const { id } = await create(me);
      const delayMs = (attempts: number) => (attempts < 3 ? 0 : undefined);
      for (let attempts = 1; attempts <= 3; attempts++) {
        await taken(me, "w1", id);
        await store().fail(me, id, { worker: "w1", error: "gone", delayMs });
      }
      const dead = await store().get(me, id);
      expect(dead).toMatchObject({ state: "dead", attempts: 3, error: "gone" });
      expect(await store().list(me, { state: "dead", limit: 5 })).toEqual([dead]);
      expect(await store().list(me, { state: "pending", limit: 5 })).toEqual([]);
      expect(await claim(me)).toEqual([]);
      expect(await store().nextDueMs(me)).toBeUndefined();
      const back = await store().redeliver(me, id);
      expect(back).toMatchObject({ state: "pending", attempts: 0 });
      for (const gone of ["error", "nextAt", "leaseUntil"]) expect(back).not.toHaveProperty(gone);
      expect(ids(await claim(me))).toEqual([id]);
    });
  });

  describe("redeliver", () => {
    it("owes a delivered one again, with what the first delivery left", async () => {
      const me = unique("me");
      const { id } = await create(me);
      await claim(me);
      await store().ack(me, id, { file: "f1" });
      const back = await store().redeliver(me, id);
      expect(back).toMatchObject({ state: "pending", result: { file: "f1" } });
      expect(back).not.toHaveProperty("deliveredAt");
      expect(ids(await claim(me, "w2"))).toEqual([id]);
      expect(await store().ack(me, id)).toMatchObject({ changed: true, delivery: { state: "delivered", result: { file: "f1" } } });
    });

    it("does not take it from one who is delivering it", async () => {
      const me = unique("me");
      const { id } = await create(me);
      await claim(me, "w1");
      expect(await store().redeliver(me, id)).toMatchObject({ state: "pending", worker: "w1" });
      expect(await claim(me, "w2")).toEqual([]);
    });
  });

  it("list is newest first and ends at its limit", async () => {
    const me = unique("me");
    const made = [await create(me), await create(me), await create(me)];
    expect(ids(await store().list(me, { limit: 2 }))).toEqual(ids([...made].reverse().slice(0, 2)));
  });
}
