/** PostgreSQL keeps the contract of the job store: accept; and a job is committed together with what a chat is owed of it, or neither is. */
import { describe, expect, it } from "vitest";
import { newId } from "../../core/ids.ts";
import type { NewJob } from "../../core/ports/job-store.ts";
import { acceptContract } from "./testing/contract/accept.ts";
import { newJob, unique } from "./testing/drafts.ts";
import { onEveryServer } from "./testing/servers.ts";

const owed = (): NonNullable<NewJob["delivery"]> => ({
  ...{ id: newId("dlv"), conversation: "chat-1", message: "msg-1", target: { chat: "c1" }, worker: "w", leaseMs: 60_000 },
});

onEveryServer(({ database }) => {
  acceptContract(() => database().jobs);

  describe("with a delivery", () => {
    it("the job and what is owed of it are there at once, leased to the caller", async () => {
      const { jobs, deliveries } = database();
      const me = unique("me");
      const delivery = owed();
      const { job, created } = await jobs.accept(newJob(me, { delivery }));
      expect([created, "delivery" in job]).toEqual([true, false]);
      expect(await jobs.get(me, job.id)).toEqual({ ...job, artifacts: [] });
      const [row, ...others] = await deliveries.list(me, { limit: 10 });
      const { leaseMs: _ms, ...place } = delivery;
      expect(row).toMatchObject({ ...place, principal: me, job: job.id, state: "pending", attempts: 0 });
      expect(row?.leaseUntil?.getTime()).toBeGreaterThan(Date.now() + 30_000);
      expect(others).toEqual([]);
      // announced again by the same caller it is the same row
      const again = await deliveries.create({ ...owed(), principal: me, job: job.id });
      expect([again.created, again.delivery]).toEqual([false, row]);
    });

    it("a row that cannot be written takes the job back: no job, no event, no place in line", async () => {
      const { jobs, deliveries, pool } = database();
      const me = unique("me");
      const delivery = owed();
      const first = await jobs.accept(newJob(me, { delivery }));
      const second = newJob(me, { delivery });
      await expect(jobs.accept(second)).rejects.toThrow();
      expect(await jobs.get(me, second.id)).toBeUndefined();
      expect(await jobs.events(second.id, 0)).toEqual([]);
      expect((await jobs.list(me, {})).map(({ id }) => id)).toEqual([first.job.id]);
      expect(await deliveries.list(me, { limit: 10 })).toHaveLength(1);
      const { rows } = await pool.query("select state from jobs where id = $1", [second.id]);
      expect(rows).toEqual([]);
      expect((await jobs.accept(newJob(me))).job.priority).toBe(2);
    });

    it("the same key again, twenty times at once, is one job and one row, and its lease is not renewed", async () => {
      const { jobs, deliveries } = database();
      const me = unique("me");
      const answers = await Promise.all(Array.from({ length: 20 }, () => jobs.accept(newJob(me, { key: "k", delivery: owed() }))));
      expect(answers.filter(({ created }) => created)).toHaveLength(1);
      const before = await deliveries.list(me, { limit: 10 });
      expect(before).toHaveLength(1);
      await jobs.accept(newJob(me, { key: "k", delivery: { ...owed(), worker: "another", leaseMs: 600_000 } }));
      expect(await deliveries.list(me, { limit: 10 })).toEqual(before);
    });

    it("a job started again is owed to the message that asked for it, in one commit with its start", async () => {
      const { jobs, deliveries } = database();
      const me = unique("me");
      const { job } = await jobs.accept(newJob(me, { delivery: owed() }));
      await jobs.cancel(me, job.id);
      const [{ id: taken = "" } = {}] = await deliveries.list(me, { limit: 1 });
      const again = { ...owed(), message: "msg-2" };
      expect(await jobs.retry(me, job.id, again)).toMatchObject({ state: "queued" });
      expect((await deliveries.list(me, { limit: 10 })).map(({ id, message }) => [id, message])).toEqual([
        [again.id, "msg-2"],
        [taken, "msg-1"],
      ]);
      await expect(jobs.retry(me, job.id, { ...owed(), message: "msg-3" })).rejects.toMatchObject({ code: "conflict" });
      expect(await deliveries.list(me, { limit: 10 })).toHaveLength(2);
      await jobs.cancel(me, job.id);
      // as no database would take it: the start is taken back with it
      await expect(jobs.retry(me, job.id, { ...owed(), message: "msg-4", leaseMs: Number.NaN })).rejects.toThrow();
      expect(await jobs.get(me, job.id)).toMatchObject({ state: "canceled" });
    });

    it("a refused job is owed to nobody", async () => {
      const { jobs, deliveries } = database();
      const me = unique("me");
      await expect(jobs.accept(newJob(me, { maxWaiting: 0, delivery: owed() }))).rejects.toMatchObject({ code: "limit_exceeded" });
      expect(await deliveries.list(me, { limit: 10 })).toEqual([]);
    });
  });
});
