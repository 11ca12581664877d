/** PostgreSQL keeps the contract of the job store: needs, promises, orders; and who locks several jobs does it in one order. */
import { expect, it } from "vitest";
import { needsContract } from "./testing/contract/needs.ts";
import { accepted, newJob, running, unique } from "./testing/drafts.ts";
import { onEveryServer } from "./testing/servers.ts";
import { until } from "./testing/until.ts";

onEveryServer(({ database }) => {
  needsContract(() => database().jobs);

  it("a retry and an accept that need the same job do not wait for each other, whoever writes to that job", async () => {
    const { jobs, pool } = database();
    const me = unique("me");
    const first = await running(jobs, me);
    const second = await accepted(jobs, me, { needs: [first] });
    await jobs.cancel(me, second);
    const waiting = async () => {
      const { rows } = await pool.query(
        "select count(*)::int as n from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'",
      );
      return rows[0].n as number;
    };
    const client = await pool.connect();
    try {
      await client.query("begin");
      await client.query("select id from jobs where id = $1 for update", [first]);
      const accepting = jobs.accept(newJob(me, { needs: [second, first] })).catch((error: unknown) => (error as { code: string }).code);
      await until(async () => (await waiting()) === 1, "the accept waits");
      const beating = jobs.beat(first, 1).catch((error: unknown) => (error as { code: string }).code);
      await until(async () => (await waiting()) === 2, "the beat waits behind it");
      const retrying = jobs.retry(me, second).catch((error: unknown) => (error as { code: string }).code);
      await until(async () => (await waiting()) === 3, "the retry waits");
      await client.query("commit");
      // the canceled one is refused as a need, until it is retried
      expect([await accepting, await beating]).toEqual(["needs_failed", "ok"]);
      expect(await retrying).toMatchObject({ state: "queued", blocked: true });
    } finally {
      client.release();
    }
  });
});
