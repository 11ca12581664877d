/** The server outlives whoever started it, and the next start finds its way whatever is left. */
import { spawn } from "node:child_process";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import pg from "pg";
import { describe, expect, it } from "vitest";
import { silentLog } from "../../core/log.ts";
import { clusterPath } from "./cluster.ts";
import { pidFilePath, processesIn } from "./postmaster.ts";
import { stopServer } from "./stop.ts";
import { ended, failureOf, newFolder, query, start, starter, until } from "./testing/harness.ts";

const dataOf = (folder: string) => join(clusterPath(folder), "data");

/** Its starter is gone, and looks after it no more. */
async function abandoned(folder: string) {
  const { child, told } = starter(folder);
  const server = await told;
  child.kill("SIGKILL");
  await ended(child);
  return server;
}

describe("adopts", () => {
  it.each(["SIGKILL", "SIGINT", "SIGHUP", "SIGTERM"] as const)("after %s to the whole process group of its starter", async (signal) => {
    const folder = await newFolder();
    const { child, told } = starter(folder);
    const first = await told;
    await query(first.url, "create table kept as select 7 as n");
    process.kill(-(child.pid as number), signal);
    await ended(child);
    const server = await start(folder);
    expect(server).toMatchObject({ adopted: true, pid: first.pid, url: first.url });
    expect(await query(server.url, "select n from kept")).toEqual([{ n: 7 }]);
    await server.stop();
    expect(await processesIn(dataOf(folder))).toEqual([]);
  });

  it("one that is still starting", async () => {
    const folder = await newFolder();
    await (await start(folder)).stop();
    const { child } = starter(folder);
    await until(async () => ((await processesIn(dataOf(folder))) ?? []).length > 0, "the server is on its way");
    process.kill(child.pid as number, "SIGKILL");
    const server = await start(folder);
    expect(server.adopted).toBe(true);
  });
});

describe("is started again at the same address when it is killed under us", () => {
  it.each([false, true])("adopted: %s", async (adopt) => {
    const folder = await newFolder();
    if (adopt) await abandoned(folder);
    const server = await start(folder);
    expect(server.adopted).toBe(adopt);
    await query(server.url, "create table kept (n int)");
    for (let n = 1; n <= 2; n++) {
      const { pid } = server;
      await query(server.url, `insert into kept values (${n})`);
      process.kill(pid, "SIGKILL");
      await until(() => server.pid !== pid, "another server");
      expect(await query(server.url, "select count(*)::int as rows from kept")).toEqual([{ rows: n }]);
    }
    await server.stop();
    expect(await processesIn(dataOf(folder))).toEqual([]);
  });
});

describe("starts anew", () => {
  it("when the pid is dead, and nothing acknowledged is lost", async () => {
    const folder = await newFolder();
    const first = await abandoned(folder);
    await query(first.url, "create table kept as select 7 as n");
    process.kill(first.pid, "SIGKILL");
    await until(async () => ((await processesIn(dataOf(folder))) ?? []).length === 0, "all of it is gone");
    const server = await start(folder);
    expect(server.adopted).toBe(false);
    expect(await query(server.url, "select n from kept")).toEqual([{ n: 7 }]);
  });

  it("when the pid is a zombie's", async () => {
    const folder = await newFolder();
    const { child, told } = starter(folder);
    const first = await told;
    // a parent that is stopped does not collect its children
    process.kill(child.pid as number, "SIGSTOP");
    process.kill(first.pid, "SIGKILL");
    await until(async () => ((await processesIn(dataOf(folder))) ?? []).length === 0, "its children are gone");
    expect(await readFile(`/proc/${first.pid}/stat`, "utf8")).toMatch(/\) Z /);
    expect(await readFile(pidFilePath(dataOf(folder)), "utf8")).toMatch(new RegExp(`^${first.pid}\n`));
    const server = await start(folder);
    expect(server.adopted).toBe(false);
    await query(server.url, "select 1");
  });

  it("when the pid now belongs to another program", async () => {
    const folder = await newFolder();
    await (await start(folder)).stop();
    await writeFile(pidFilePath(dataOf(folder)), `${process.pid}\n${dataOf(folder)}\n1\n5432\n\n127.0.0.1\n\nready\n`);
    const server = await start(folder);
    expect(server.adopted).toBe(false);
  });

  it("though somebody's shell stands in the data folder", async () => {
    const folder = await newFolder();
    await (await start(folder)).stop();
    const shell = spawn("sleep", ["60"], { cwd: dataOf(folder), stdio: "ignore" });
    try {
      await query((await start(folder)).url, "select 1");
    } finally {
      shell.kill("SIGKILL");
      await ended(shell);
    }
  });

  it("only when a busy backend of the killed server has ended; what it had begun is committed", async () => {
    const folder = await newFolder();
    const first = await abandoned(folder);
    await query(first.url, "create table kept (n int)");
    const client = new pg.Client({ connectionString: first.url });
    client.on("error", () => undefined);
    await client.connect();
    const [{ pid }] = (await client.query("select pg_backend_pid() as pid")).rows as [{ pid: number }];
    const busy = client
      .query(
        `do $$ declare begun timestamptz := clock_timestamp();
         begin while clock_timestamp() < begun + interval '3 s' loop end loop; insert into kept values (1); end $$`,
      )
      .catch(() => undefined);
    const active = `select 1 from pg_stat_activity where pid = ${pid} and state = 'active'`;
    await until(async () => (await query(first.url, active)).length > 0, "it is busy");
    process.kill(first.pid, "SIGKILL");
    const said: string[] = [];
    const server = await start(folder, { say: (text) => void said.push(text) });
    expect(server.adopted).toBe(false);
    expect(await processesIn(dataOf(folder))).not.toContain(pid);
    expect(await query(server.url, "select n from kept")).toEqual([{ n: 1 }]);
    // a loaded machine has more to tell later
    expect(said[0]).toContain("a query of the earlier database server");
    await busy;
    await client.end().catch(() => undefined);
  });

  it("after a server that is just stopping", async () => {
    const folder = await newFolder();
    const first = await start(folder);
    const client = new pg.Client({ connectionString: first.url });
    client.on("error", () => undefined);
    await client.connect();
    const [{ pid }] = (await client.query("select pg_backend_pid() as pid")).rows as [{ pid: number }];
    // a session that does not hear the shutdown holds it up
    process.kill(pid, "SIGSTOP");
    const stopping = first.stop();
    await until(async () => (await readFile(pidFilePath(dataOf(folder)), "utf8")).includes("stopping"), "it is stopping");
    const next = start(folder, { say: () => void process.kill(pid, "SIGCONT") });
    const server = await next;
    await stopping;
    expect(server.adopted).toBe(false);
    expect(server.pid).not.toBe(first.pid);
    await query(server.url, "select 1");
    await client.end().catch(() => undefined);
  });
});

it("refuses a server that does not take our password, and leaves it alone", async () => {
  const folder = await newFolder();
  const first = await start(folder);
  await query(first.url, "alter role myspinbot password 'another'");
  const failure = await failureOf(start(folder));
  expect(failure.code).toBe("config");
  expect(failure.message).toContain(`pid ${first.pid}`);
  expect(failure.message).toMatch(/did not start.*Stop it, set DATABASE_URL to it, or set MYSPINBOT_DATA/);
  expect(failure.message).not.toContain(new URL(first.url).password);
  const other = new URL(first.url);
  other.password = "another";
  expect(await query(other.href, "select 1 as n")).toEqual([{ n: 1 }]);
});

it("stop leaves a pid alone that is no longer the server", async () => {
  const folder = await newFolder();
  const next = await start(folder);
  // this very process, for one
  await stopServer(dataOf(folder), process.pid, silentLog);
  expect(await query(next.url, "select 1 as n")).toEqual([{ n: 1 }]);
});

it("stop ends open transactions and loses nothing committed", async () => {
  const folder = await newFolder();
  const first = await start(folder);
  const client = new pg.Client({ connectionString: first.url });
  client.on("error", () => undefined);
  await client.connect();
  await client.query("create table kept (n int); insert into kept values (1)");
  await client.query("begin; insert into kept values (2)");
  await first.stop();
  const second = await start(folder);
  expect(await query(second.url, "select n from kept")).toEqual([{ n: 1 }]);
});
