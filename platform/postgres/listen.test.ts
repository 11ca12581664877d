/** Notifications come after the commit, once each, and their way comes back by itself. */
import pg from "pg";
import { expect, it } from "vitest";
import type { BusMessage } from "../../core/event.ts";
import { silentLog } from "../../core/log.ts";
import { listen } from "./listen.ts";
import { openPostgres } from "./open.ts";
import { accepted, draft, failureOf, newJob, running, unique } from "./testing/drafts.ts";
import { gateTo } from "./testing/gate.ts";
import { onEveryServer } from "./testing/servers.ts";
import { until } from "./testing/until.ts";

onEveryServer(({ database, url }) => {
  const query = async <Row extends object>(text: string): Promise<Row[]> => (await database().pool.query<Row>(text)).rows;
  const listeners = () =>
    query<{ pid: number }>("select pid from pg_stat_activity where datname = current_database() and application_name = 'myspinbot-listen'");

  it("each change of a job is told, with its state and family, and each setting", async () => {
    const heard: BusMessage[] = [];
    const listening = await database().listen(
      (message) => void heard.push(message),
      () => undefined,
    );
    const { jobs, settings } = database();
    const me = unique("me");
    const id = await running(jobs, me);
    await jobs.beat(id, 1, { stage: "sampling", fraction: 0.5 });
    await jobs.publish(id, 1, [draft(0)]);
    await jobs.publish(id, 1, [draft(0)]);
    const other = await accepted(jobs, me);
    await jobs.cancel(me, other);
    await settings.set("paused", null);
    database().notify({ type: "settings", name: "last" });
    await until(() => heard.some((message) => message.type === "settings" && message.name === "last"), "the last one");
    const changed = (job: string, state: string) => ({ type: "changed", job, state, family: "comfy-sdxl" });
    expect(heard).toEqual([
      changed(id, "queued"),
      changed(id, "running"),
      changed(id, "succeeded"),
      changed(other, "queued"),
      changed(other, "canceled"),
      { type: "settings", name: "paused" },
      { type: "settings", name: "last" },
    ]);
    await listening.close();
    expect(await listeners()).toEqual([]);
  });

  it("nothing is told before the commit, and then the row is there", async () => {
    const me = unique("me");
    const given = newJob(me);
    const found: unknown[] = [];
    const listening = await database().listen(
      (message) => {
        if (message.type === "changed" && message.job === given.id)
          void database()
            .jobs.get(me, given.id)
            .then((job) => found.push(job?.state));
      },
      () => undefined,
    );
    const blocker = new pg.Client({ connectionString: url() });
    await blocker.connect();
    await blocker.query("begin; lock table events in exclusive mode");
    const accepting = database().jobs.accept(given);
    await until(
      async () => (await blocker.query("select 1 from pg_locks where not granted")).rows.length > 0,
      "it is stopped before its commit",
    );
    // a message of now would overtake one that was told too early
    await query(`select pg_notify('myspinbot', '{"type":"settings","name":"x"}')`);
    expect(found).toEqual([]);
    expect(await database().jobs.get(me, given.id)).toBeUndefined();
    await blocker.query("rollback");
    await accepting;
    await until(() => found.length > 0, "it is told");
    expect(found).toEqual(["queued"]);
    await blocker.end();
    await listening.close();
  });

  it("an undone change tells nothing", async () => {
    const heard: BusMessage[] = [];
    const listening = await database().listen(
      (message) => void heard.push(message),
      () => undefined,
    );
    const id = await running(database().jobs, unique("me"));
    await expect(database().jobs.publish(id, 1, [draft(0), draft(0)])).rejects.toThrow();
    database().notify({ type: "settings", name: "end" });
    await until(() => heard.some((message) => message.type === "settings"), "the end");
    expect(heard.filter((message) => message.type === "changed").map((message) => message.state)).toEqual(["queued", "running"]);
    await listening.close();
  });

  it("comes back after its session was ended, says that there was a gap, and hears each message once", async () => {
    const heard: BusMessage[] = [];
    let gaps = 0;
    const listening = await database().listen(
      (message) => void heard.push(message),
      () => gaps++,
    );
    for (let round = 1; round <= 3; round++) {
      const [one] = await listeners();
      await query(`select pg_terminate_backend(${one?.pid})`);
      await until(() => gaps === round, "it is back");
    }
    expect(await listeners()).toHaveLength(1);
    database().notify({ type: "settings", name: "after" });
    await until(() => heard.length > 0, "it hears again");
    expect(heard).toEqual([{ type: "settings", name: "after" }]);
    await listening.close();
    expect(await listeners()).toEqual([]);
  });

  it("after a long outage there is still one session, not one for each try", async () => {
    const gate = await gateTo(url());
    let gaps = 0;
    const listening = await listen(
      gate.url,
      silentLog,
      () => undefined,
      () => gaps++,
    );
    const before = gate.knocks();
    gate.slam();
    // with one try at a time there are few; with a second loop after each failure there would be dozens
    await until(() => gate.knocks() >= before + 4, "four tries");
    await gate.open();
    await until(() => gaps > 0, "it is back");
    expect(gate.knocks()).toBeLessThanOrEqual(before + 7);
    expect(gaps).toBe(1);
    expect(await listeners()).toHaveLength(1);
    await listening.close();
    await gate.close();
    await until(async () => (await listeners()).length === 0, "its session has ended");
  });

  it("that cannot begin is a Failure, and tries no more behind the caller's back", async () => {
    const gate = await gateTo(url());
    gate.slam();
    const failure = await failureOf(
      listen(
        gate.url,
        silentLog,
        () => undefined,
        () => undefined,
      ),
    );
    expect(failure).toMatchObject({ code: "database_unavailable", retryable: true });
    const after = gate.knocks();
    await gate.open();
    // longer than its first pause, told by the database's own clock
    await query("select pg_sleep(0.5)");
    expect(gate.knocks()).toBe(after);
    await gate.close();
  });

  it("closed while it is away, it does not come back", async () => {
    const gate = await gateTo(url());
    let gaps = 0;
    const listening = await listen(
      gate.url,
      silentLog,
      () => undefined,
      () => gaps++,
    );
    gate.slam();
    await listening.close();
    const after = gate.knocks();
    await gate.open();
    await query("select pg_sleep(0.5)");
    expect(gate.knocks()).toBe(after);
    expect(gaps).toBe(0);
    await gate.close();
  });

  it("what PostgreSQL cannot carry is dropped, and what is no message of ours is passed over", async () => {
    const heard: BusMessage[] = [];
    const listening = await database().listen(
      (message) => void heard.push(message),
      () => undefined,
    );
    database().notify({ type: "preview", job: "job_0000000000000000", mediaType: "image/jpeg", data: "x".repeat(100_000) });
    await query("select pg_notify('myspinbot', 'no json')");
    database().notify({ type: "settings", name: "small" });
    await until(() => heard.length > 0, "the small one");
    expect(heard).toEqual([{ type: "settings", name: "small" }]);
    await listening.close();
    const other = await openPostgres({ url: url(), log: silentLog });
    await other.close();
    expect(() => other.notify({ type: "settings", name: "late" })).not.toThrow();
  });
});
