/** What the database is like: durable, private, small, and there again at the next start. */
import { readdir, readFile, stat } from "node:fs/promises";
import { createServer } from "node:net";
import { join } from "node:path";
import { expect, it } from "vitest";
import { silentLog } from "../../core/log.ts";
import { accountFor } from "./account.ts";
import { prepareBinaries } from "./binaries.ts";
import { clusterPath, findCluster } from "./cluster.ts";
import { launch } from "./launch.ts";
import { stopServer } from "./stop.ts";
import { failureOf, isRoot, newFolder, query, start } from "./testing/harness.ts";

it("is made on the first start, and is the same with its rows at the second", async () => {
  const folder = await newFolder();
  const first = await start(folder);
  expect(first.adopted).toBe(false);
  expect(new URL(first.url)).toMatchObject({ hostname: "127.0.0.1", pathname: "/myspinbot", username: "myspinbot" });
  await query(first.url, "create table kept as select 1 as n");
  await Promise.all([first.stop(), first.stop()]);
  expect(() => process.kill(first.pid, 0)).toThrow("ESRCH");
  const second = await start(folder);
  expect(second.adopted).toBe(false);
  expect(second.pid).not.toBe(first.pid);
  expect(await query(second.url, "select n from kept")).toEqual([{ n: 1 }]);
  expect(await readFile(join(folder, "log"), "utf8")).not.toContain("automatic recovery");
  await second.stop();
  await second.stop();
});

it("is PostgreSQL 16 with durable, small settings, UTF-8, an order that no libc changes, and only loopback", async () => {
  const server = await start(await newFolder());
  const wanted = {
    fsync: "on",
    synchronous_commit: "on",
    full_page_writes: "on",
    data_checksums: "on",
    listen_addresses: "127.0.0.1",
    unix_socket_directories: "",
    password_encryption: "scram-sha-256",
    server_encoding: "UTF8",
    shared_buffers: "48MB",
    max_connections: "60",
  };
  for (const [name, value] of Object.entries(wanted)) expect(await query(server.url, `show ${name}`)).toEqual([{ [name]: value }]);
  const [about] = await query<{ version: string; collate: string }>(
    server.url,
    "select current_setting('server_version') as version, datcollate as collate from pg_database where datname = current_database()",
  );
  expect(about?.version).toMatch(/^16\./);
  expect(about?.collate).toBe("C");
});

it("wants its password, which nobody else can read and no process shows", async () => {
  const folder = await newFolder();
  const server = await start(folder);
  const address = new URL(server.url);
  const { password } = address;
  expect(password).toMatch(/^[0-9a-f]{48}$/);
  for (const wrong of ["", "wrong"]) {
    address.password = wrong;
    await expect(query(address.href, "select 1")).rejects.toThrow(/password/);
  }
  const rules = await query<{ auth_method: string }>(server.url, "select distinct auth_method from pg_hba_file_rules");
  expect(rules).toEqual([{ auth_method: "scram-sha-256" }]);
  const { mode } = await stat(join(clusterPath(folder), "password"));
  expect(mode & 0o777).toBe(0o600);
  const shown = ["cmdline", "environ"].map((name) => readFile(`/proc/${server.pid}/${name}`, "utf8"));
  for (const text of await Promise.all(shown)) expect(text).not.toContain(password);
  expect(await readFile(join(folder, "log"), "utf8")).not.toContain(password);
});

it("is not root's: the data belong to the server's user alone", async () => {
  const folder = await newFolder();
  const server = await start(folder);
  const account = await accountFor(clusterPath(folder));
  const uid = isRoot ? account?.uid : process.getuid?.();
  expect(uid).not.toBe(0);
  for (const path of [clusterPath(folder), join(clusterPath(folder), "data")]) {
    const found = await stat(path);
    expect(found.uid).toBe(uid);
    expect(found.mode & 0o777).toBe(0o700);
  }
  expect((await stat(folder)).mode & 0o077).toBe(isRoot ? 0o011 : 0);
  expect((await stat(join(folder, "log"))).mode & 0o777).toBe(0o600);
  const status = await readFile(`/proc/${server.pid}/status`, "utf8");
  expect(status).toMatch(new RegExp(`^Uid:\\s+${uid}\\s`, "m"));
  // none of root's groups
  if (isRoot) expect(/^Groups:(.*)$/m.exec(status)?.[1]?.trim()).toBe("");
});

it("hears nothing of our environment", async () => {
  const before = { ...process.env };
  Object.assign(process.env, { PGDATA: "/nowhere", PGPORT: "1", PGOPTIONS: "-c search_path=pg_catalog", LC_ALL: "xx_XX", LANG: "xx_XX" });
  try {
    const server = await start(await newFolder());
    expect(await readFile(`/proc/${server.pid}/environ`, "utf8")).not.toMatch(/PGDATA|PGPORT|PGOPTIONS|xx_XX/);
  } finally {
    for (const name of ["PGDATA", "PGPORT", "PGOPTIONS", "LC_ALL", "LANG"])
      if (before[name] === undefined) delete process.env[name];
      else process.env[name] = before[name];
  }
});

it("takes another port when the free one is taken meanwhile, and gives up in words", async () => {
  const folder = await newFolder();
  await (await start(folder)).stop();
  const account = await accountFor(clusterPath(folder));
  const binaries = await prepareBinaries(folder, account, () => undefined);
  const cluster = await findCluster(folder);
  if (!cluster) throw new Error("no cluster");
  const rival = createServer((socket) => socket.destroy());
  await new Promise<void>((listening) => rival.listen(0, "127.0.0.1", listening));
  const taken = (rival.address() as { port: number }).port;
  const free = createServer();
  await new Promise<void>((listening) => free.listen(0, "127.0.0.1", listening));
  const other = (free.address() as { port: number }).port;
  await new Promise((closed) => free.close(closed));
  const options = { logFile: join(folder, "log"), log: silentLog, say: () => undefined };
  try {
    const ports = [taken, taken, other];
    const server = await launch(cluster, binaries, account, { ...options, choosePort: async () => ports.shift() ?? 0 });
    expect(new URL(server.url).port).toBe(`${other}`);
    await stopServer(server.data, server.pid, silentLog);
    const failure = await failureOf(launch(cluster, binaries, account, { ...options, choosePort: async () => taken }));
    expect(failure).toMatchObject({ code: "database_unavailable", retryable: true });
    expect(failure.message).toMatch(/No free port/);
  } finally {
    await new Promise((closed) => rival.close(closed));
  }
});

it("makes the missing database where the first start was cut short between the two", async () => {
  const folder = await newFolder();
  const first = await start(folder);
  const admin = new URL(first.url);
  admin.pathname = "/postgres";
  await query(admin.href, "drop database myspinbot");
  await first.stop();
  const second = await start(folder);
  expect(await query(second.url, "select current_database() as name")).toEqual([{ name: "myspinbot" }]);
});

it("leaves one cluster, its log and the names of libraries, and no scraps", async () => {
  const folder = await newFolder();
  await start(folder);
  const names = await readdir(folder);
  expect(names.filter((name) => !["cluster", "log", "libraries"].includes(name))).toEqual([]);
});
