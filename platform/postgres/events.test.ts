/** The trap of event numbers: one transaction draws its number first and commits last, eight others write, one reads. */
import pg from "pg";
import { expect, it } from "vitest";
import { accepted, unique } from "./testing/drafts.ts";
import { onEveryServer } from "./testing/servers.ts";
import { until } from "./testing/until.ts";

onEveryServer(({ database, url }) => {
  it("no event is passed over", async () => {
    const { jobs } = database();
    const id = await accepted(jobs, unique("me"));
    const slow = new pg.Client({ connectionString: url() });
    await slow.connect();
    try {
      // as `changeJob` does it, stopped between the number and the commit
      await slow.query("begin");
      const { rows } = await slow.query<{ last_seq: number }>("select last_seq from jobs where id = $1 for update", [id]);
      const number = (rows[0]?.last_seq ?? 0) + 1;
      await slow.query("insert into events (job, seq, type, data, at) values ($1, $2, 'state', $3, now())", [
        id,
        number,
        { state: "queued", attempt: 0, note: "slow" },
      ]);
      await slow.query("update jobs set last_seq = $2 where id = $1", [id, number]);
      const writers = Promise.all(Array.from({ length: 8 }, (_, index) => jobs.claim(id, `worker-${index}`)));
      const waiting = "select 1 from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'";
      await until(async () => (await database().pool.query(waiting)).rows.length === 8, "all writers wait for the row");
      const seen = (await jobs.events(id, 0)).map((event) => event.seq);
      expect(seen).toEqual([1]);
      await slow.query("commit");
      await writers;
      const later = await jobs.events(id, 1);
      expect(later.map((event) => event.seq)).toEqual([2, 3, 4, 5, 6, 7, 8, 9, 10]);
      expect(later[0]).toMatchObject({ seq: number, note: "slow" });
    } finally {
      await slow.end();
    }
  });
});
