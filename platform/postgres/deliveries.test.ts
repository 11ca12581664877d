/** PostgreSQL keeps the contract of the delivery store; and what only it can show: other processes, the backlog's age, its plan among many rows. */
import { expect, it } from "vitest";
import { createDeliveries } from "../../core/deliveries.ts";
import { newId } from "../../core/ids.ts";
import { silentLog } from "../../core/log.ts";
import { noMetrics } from "../../core/ports/metrics.ts";
import { createBus } from "../bus/bus.ts";
import { openPostgres } from "./open.ts";
import { deliveryContract } from "./testing/contract/deliveries.ts";
import { accepted, draft, running, unique } from "./testing/drafts.ts";
import { onEveryServer } from "./testing/servers.ts";
import { until } from "./testing/until.ts";

onEveryServer(({ database, url }) => {
  const end = async (id: string): Promise<void> => {
    expect(await database().jobs.publish(id, 1, [draft(0)])).toBe("published");
  };
  const job = async (principal: string, ended = true): Promise<string> => {
    const id = await running(database().jobs, principal);
    if (ended) await end(id);
    return id;
  };
  deliveryContract({ store: () => database().deliveries, job, end });

  it("failed and canceled jobs are owed to their chat as well", async () => {
    const { jobs, deliveries } = database();
    const me = unique("me");
    const [failed, canceled] = [await running(jobs, me), await accepted(jobs, me)];
    await jobs.settle(failed, 1, { type: "failed", error: { code: "engine_failed", message: "It failed.", retryable: true } });
    await jobs.cancel(me, canceled);
    for (const id of [failed, canceled])
      await deliveries.create({ id: newId("dlv"), principal: me, job: id, conversation: "c", message: "m", target: {}, leaseMs: -1000 });
    expect((await deliveries.claim(me, { worker: "w", limit: 5, leaseMs: 1000 })).map((one) => one.job)).toEqual([failed, canceled]);
  });

  it("the backlog counts what is pending and dead, and how long a finished job's result has been owed", async () => {
    const { deliveries, pool } = database();
    await pool.query("delete from deliveries");
    expect(await deliveries.backlog()).toEqual({ pending: 0, dead: 0, oldestSeconds: 0 });
    const me = unique("me");
    const made = [];
    for (const ended of [false, true, true, true]) {
      const place = { principal: me, job: await job(me, ended), conversation: "c", message: "m", target: {}, leaseMs: 60_000 };
      made.push((await deliveries.create({ id: newId("dlv"), ...place })).delivery.id);
    }
    const [unfinished, old = "", delivered = "", dead = ""] = made;
    await pool.query("update deliveries set owed_since = owed_since - interval '2 hours'");
    await pool.query(
      "update jobs set finished_at = finished_at - interval '1 hour' where id = (select job from deliveries where id = $1)",
      [old],
    );
    await deliveries.ack(me, delivered);
    await deliveries.fail(me, dead, { error: "x", delayMs: () => undefined });
    const backlog = await deliveries.backlog();
    expect(backlog).toMatchObject({ pending: 2, dead: 1 });
    // since the job ended, not since it was asked for
    expect(Math.round(backlog.oldestSeconds / 600)).toBe(6);
    await deliveries.redeliver(me, old);
    expect((await deliveries.backlog()).oldestSeconds).toBeLessThan(600);
    await pool.query("delete from jobs where principal = $1", [me]);
    expect(await deliveries.get(me, unfinished ?? "")).toBeUndefined();
    expect(await deliveries.backlog()).toEqual({ pending: 0, dead: 0, oldestSeconds: 0 });
  });

  it("a claim that waits hears of a job's end in another process, long before it would look by itself", async () => {
    const { jobs, deliveries: store } = database();
    const elsewhere = await openPostgres({ url: url(), log: silentLog, migrate: false });
    const bus = await createBus({ database: elsewhere, shared: true, log: silentLog });
    try {
      let looks = 0;
      const counted: typeof store = {
        ...elsewhere.deliveries,
        async claim(...args) {
          const claimed = await elsewhere.deliveries.claim(...args);
          looks++;
          return claimed;
        },
      };
      const me = { id: unique("me"), scopes: ["jobs:write"] as const };
      const waiting = createDeliveries({ store: counted, jobs: elsewhere.jobs, bus, metrics: noMetrics, lookMs: 60_000 });
      const running = await job(me.id, false);
      const place = { principal: me.id, job: running, conversation: "c", message: "m", target: { chat: "c1" } };
      const { id } = (await store.create({ id: newId("dlv"), ...place, leaseMs: -1000 })).delivery;
      const claiming = waiting.claim(me, { worker: "w", limit: 5, leaseSeconds: 60, waitSeconds: 25 });
      await until(() => looks === 1, "it waits");
      await end(running);
      const claimed = await claiming;
      expect(claimed.map((one) => [one.id, one.ended.state, one.ended.artifacts.length])).toEqual([[id, "succeeded", 1]]);
      expect(looks).toBeGreaterThanOrEqual(2);
      expect((await jobs.get(me.id, running))?.state).toBe("succeeded");
    } finally {
      await bus.close();
      await elsewhere.close();
    }
  });

  it("among many delivered rows a claim reads only those that are owed", async () => {
    const { pool, deliveries } = database();
    const me = unique("me");
    const done = await job(me);
    await pool.query(
      `insert into deliveries (id, principal, job, conversation, message, target, state, created_at, owed_since, delivered_at)
        select 'dlv_' || n, $1, $2, 'c', 'm' || n, '{}', 'delivered', now(), now(), now() from generate_series(1, 20000) as n`,
      [me, done],
    );
    await pool.query("analyze deliveries, jobs");
    const { rows } = await pool.query<{ "QUERY PLAN": string }>(`explain select d.id from deliveries d join jobs j on j.id = d.job
      where d.state = 'pending' and (d.lease_until is null or d.lease_until <= now()) and (d.next_at is null or d.next_at <= now())
      and j.state in ('succeeded', 'failed', 'canceled') order by d.number limit 10 for update of d skip locked`);
    expect(rows.map((row) => row["QUERY PLAN"]).join("\n")).toContain("deliveries_owed");
    expect(await deliveries.claim(me, { worker: "w", limit: 10, leaseMs: 1000 })).toEqual([]);
  });
});
