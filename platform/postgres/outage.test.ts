/** A database that is away, goes away or refuses us: one clear Failure each, and nothing else breaks. */
import { describe, expect, it } from "vitest";
import { silentLog } from "../../core/log.ts";
import { databaseFailure } from "./errors.ts";
import { openPostgres } from "./open.ts";
import { accepted, draft, failureOf, newJob, running, unique } from "./testing/drafts.ts";
import { gateTo } from "./testing/gate.ts";
import { onEveryServer } from "./testing/servers.ts";
import { until } from "./testing/until.ts";

onEveryServer(({ database, url }) => {
  it("every call says database_unavailable while it is away, and works again after", async () => {
    const gate = await gateTo(url());
    const away = await openPostgres({ url: gate.url, log: silentLog });
    const me = unique("me");
    const id = await running(away.jobs, me);
    await gate.shut();
    const { jobs, artifacts, settings, plans } = away;
    const calls = [
      () => jobs.accept(newJob(me)),
      () => jobs.findByKey(me, "t", "k", "d"),
      () => jobs.get(me, id),
      () => jobs.list(me, {}),
      () => jobs.events(id, 0),
      () => jobs.position(id),
      () => jobs.history("t", "f"),
      () => jobs.claim(id, "w"),
      () => jobs.setEngineRef(id, 1, "r"),
      () => jobs.beat(id, 1),
      () => jobs.publish(id, 1, [draft(0)]),
      () => jobs.settle(id, 1, { type: "canceled" }),
      () => jobs.cancel(me, id),
      () => jobs.retry(me, id),
      () => jobs.waiting(),
      () => jobs.open(),
      () => artifacts.get(me, "art"),
      () => artifacts.list(me, {}),
      () => artifacts.isReferenced("k"),
      () => settings.get("s"),
      () => settings.set("s", 1),
      () => plans.find("c", "m"),
      () => plans.keep(me, "c", "m", {}),
      () => artifacts.owner("art_0000000000000000"),
      () => away.ping(),
    ];
    for (const call of calls) {
      const failure = await failureOf(call());
      expect(failure).toMatchObject({ code: "database_unavailable", retryable: true });
      expect(failure.message).toMatch(/does not answer.*doctor/);
      expect(failure.message).not.toMatch(/127\.0\.0\.1|postgres:/);
    }
    away.notify({ type: "settings", name: "nobody hears it" });
    await gate.open();
    expect(await jobs.publish(id, 1, [draft(0)])).toBe("published");
    await away.close();
    await gate.close();
  });

  it("a session that is ended inside a transaction fails that call and no more", async () => {
    const { jobs, pool } = database();
    const me = unique("me");
    const id = await running(jobs, me);
    const holder = await pool.connect();
    await holder.query("begin");
    await holder.query("select 1 from jobs where id = $1 for update", [id]);
    const publishing = failureOf(jobs.publish(id, 1, [draft(0)]));
    const waiting = "select pid from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'";
    await until(async () => (await pool.query(waiting)).rows.length > 0, "it waits for the row");
    await pool.query(`select pg_terminate_backend(pid) from (${waiting}) as stuck`);
    expect(await publishing).toMatchObject({ code: "database_unavailable", retryable: true });
    await holder.query("rollback");
    holder.release();
    expect(await jobs.get(me, id)).toMatchObject({ state: "running", artifacts: [] });
    expect(await jobs.publish(id, 1, [draft(0)])).toBe("published");
  });

  it("a session that is ended while a transaction thinks does not end the process", async () => {
    const { pool } = database();
    const client = await pool.connect();
    await client.query("begin");
    const { rows } = await client.query<{ pid: number }>("select pg_backend_pid() as pid");
    const broken = new Promise<Error>((resolve) => client.once("error", resolve));
    await pool.query("select pg_terminate_backend($1)", [rows[0]?.pid]);
    expect(databaseFailure(await broken)).toMatchObject({ code: "database_unavailable" });
    // besides the one that this test has put there
    expect(client.listenerCount("error")).toBeGreaterThan(0);
    client.release(true);
    await database().ping();
  });

  it("no connection is lost to the pool by a transaction that could not begin", async () => {
    const gate = await gateTo(url());
    const away = await openPostgres({ url: gate.url, log: silentLog, poolMax: 1 });
    const id = await accepted(away.jobs, unique("me"));
    for (let round = 0; round < 3; round++) {
      gate.slam();
      await failureOf(away.jobs.claim(id, "worker"));
      await gate.open();
      expect((await away.jobs.claim(id, "worker"))?.job.id).toBe(id);
    }
    expect(away.pool.totalCount - away.pool.idleCount).toBe(0);
    await away.close();
    await gate.close();
  });

  describe("opening", () => {
    const opening = (change: (address: URL) => void) => {
      const address = new URL(url());
      change(address);
      return failureOf(openPostgres({ url: address.href, log: silentLog }));
    };

    it("one that is not there", async () => {
      const gate = await gateTo(url());
      await gate.close();
      expect(await failureOf(openPostgres({ url: gate.url, log: silentLog }))).toMatchObject({
        code: "database_unavailable",
        retryable: true,
      });
    });

    it("a database that does not exist, or a user it does not know", async () => {
      const missing = await opening((address) => {
        address.pathname = "/nowhere";
      });
      expect(missing).toMatchObject({ code: "config", retryable: false });
      expect(missing.message).toMatch(/does not exist.*createdb/);
      const stranger = await opening((address) => {
        address.username = "stranger";
        address.password = "secret-of-mine";
      });
      expect(stranger.code).toBe("config");
      expect(stranger.message).toMatch(/user or password of DATABASE_URL/);
      expect(stranger.message).not.toContain("secret-of-mine");
    });

    it("as a user that may not make tables", async () => {
      const role = unique("guest").replace("-", "_");
      const { pool } = database();
      await pool.query(
        `create role ${role} login password 'guest'; drop schema if exists elsewhere; revoke create on schema public from public`,
      );
      await pool.query("create table kept as select 1").then(() => pool.query("drop table migrations"));
      const refused = await opening((address) => {
        address.username = role;
        address.password = "guest";
      });
      expect(refused).toMatchObject({ code: "config" });
      expect(refused.message).toMatch(/may not create tables.*schema public/);
      await pool.query(`drop role ${role}`);
    });
  });

  it("a full disk is told as such", () => {
    expect(databaseFailure(Object.assign(new Error("could not extend file"), { code: "53100" }))).toMatchObject({ code: "storage_full" });
    const fault = new Error("a fault of ours");
    expect(databaseFailure(fault)).toBe(fault);
  });

  it("nothing of it has hurt what was accepted", async () => {
    expect(await accepted(database().jobs, unique("me"))).toMatch(/^job_/);
  });
});
