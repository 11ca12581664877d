/** Statements that are asked again and again are planned once a connection, and lists of any length are one statement. */
import { expect, it } from "vitest";
import { silentLog } from "../../core/log.ts";
import { openPostgres } from "./open.ts";
import { draft, running, unique } from "./testing/drafts.ts";
import { onEveryServer } from "./testing/servers.ts";

onEveryServer(({ url }) => {
  it("one name a text, however often and with however many values", async () => {
    const database = await openPostgres({ url: url(), log: silentLog, poolMax: 1, migrate: false });
    try {
      const me = unique("me");
      for (let n = 0; n < 5; n++) {
        const id = await running(database.jobs, me);
        await database.jobs.publish(id, 1, [draft(0)]);
        expect((await database.jobs.get(me, id))?.artifacts).toHaveLength(1);
        expect(await database.jobs.list(me, { limit: n + 1 })).toHaveLength(n + 1);
      }
      const { rows } = await database.pool.query("select name, statement from pg_prepared_statements");
      const texts = (rows as { name: string; statement: string }[]).map(({ statement }) => statement);
      expect(new Set(texts).size).toBe(texts.length);
      expect(rows.every(({ name }: { name: string }) => name.startsWith("spin_"))).toBe(true);
      const ofArtifacts = texts.filter((text) => text.startsWith("select") && text.includes('from "artifacts"'));
      expect(ofArtifacts).toHaveLength(1);
    } finally {
      await database.close();
    }
  });

  it("keeps no statement of hundreds of rows: there would be one for each number of them", async () => {
    const database = await openPostgres({ url: url(), log: silentLog, poolMax: 1, migrate: false });
    try {
      const me = unique("me");
      const id = await running(database.jobs, me);
      await database.jobs.publish(
        id,
        1,
        Array.from({ length: 300 }, (_, ordinal) => draft(ordinal)),
      );
      expect((await database.jobs.get(me, id))?.artifacts).toHaveLength(300);
      const { rows } = await database.pool.query("select max(length(statement)) as longest from pg_prepared_statements");
      expect(rows[0].longest).toBeLessThanOrEqual(8000);
    } finally {
      await database.close();
    }
  });
});
