/** Where a restore may go, what it refuses, and what is left of one that breaks. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import pg from "pg";
import { afterAll, afterEach, beforeAll, expect, it, vi } from "vitest";
import { silentLog } from "../../core/log.ts";
import { openPostgres } from "../postgres/open.ts";
import { failureOf } from "../postgres/testing/drafts.ts";
import { query } from "../postgres/testing/query.ts";
import { ourMigrations } from "./catalog.ts";
import { knownTables } from "./format.ts";
import { migrate } from "./rows-in.ts";
import { openSession } from "./session.ts";
import { piecesOf, resealed, write } from "./testing/forge.ts";
import { backupOf, everything, type Filled, fill, newPlace, type Place, restoreInto } from "./testing/studio.ts";

// databases are made and filled in each of them
vi.setConfig({ testTimeout: 240_000 });

let folder: string;
let old: Place;
let filled: Filled;
let path: string;
const places: Place[] = [];
const place = async (kind?: "folder" | "s3") => {
  const made = await newPlace(kind);
  places.push(made);
  return made;
};

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "spin-restore-"));
  old = await newPlace();
  filled = await fill(old);
  ({ path } = await backupOf(old, folder));
});
afterAll(async () => {
  await old.end();
  await rm(folder, { recursive: true, force: true });
});
afterEach(async () => {
  for (const one of places.splice(0)) await one.end();
});

const jobsIn = async ({ url }: Place) => (await query<{ n: number }>(url, "select count(*)::int as n from jobs"))[0]?.n;

it("a table that is added to the schema is added to the backup, or said to be of the moment", async () => {
  const fresh = await place();
  await fill(fresh);
  const there = Object.keys(await everything(fresh.url)).map((name) => name.replace(/^public\./, ""));
  const without = ["lanes", "migrations", "langgraph.checkpoint_migrations"];
  expect(there.filter((name) => !without.includes(name)).sort()).toEqual([...knownTables].sort());
});

it("one of an older version is brought up to this one", async () => {
  const older = await place();
  const upTo = ourMigrations()[2]?.folderMillis ?? 0;
  const session = await openSession(older.url);
  await migrate(session, 0, upTo);
  await session.end();
  await query(
    older.url,
    `insert into jobs (id, principal, tool, input, title, state, family, engine, class, vram_gb, priority, request_digest, created_at, queued_at)
     values ('job_old', 'local', 'render_image', '{}', 'x', 'queued', 'f', 'e', 'interactive', 1, 1, '', now(), now())`,
  );
  const { path: backup } = await backupOf(older, join(folder, "older"));
  const fresh = await place();
  await restoreInto(fresh, backup);
  const applied = await query<{ hash: string }>(fresh.url, "select hash from migrations order by created_at");
  expect(applied.map(({ hash }) => hash)).toEqual(ourMigrations().map(({ hash }) => hash));
  const database = await openPostgres({ url: fresh.url, log: silentLog });
  expect(await database.jobs.get("local", "job_old")).toMatchObject({ state: "queued", tool: "render_image" });
  await database.close();
});

it("chats of a newer LangGraph are refused, and nothing is loaded", async () => {
  const newer = await write(
    join(folder, "chat.tar"),
    resealed(await piecesOf(path), (manifest) => void Object.assign(manifest, { chat: 99 })),
  );
  const fresh = await place();
  expect((await failureOf(restoreInto(fresh, newer))).message).toMatch(/chats.*newer version.*1\.2\.3/);
  expect(await query(fresh.url, "select 1 from pg_tables where schemaname = 'public'")).toEqual([]);
});

it("a column that is unknown is refused before a row is loaded", async () => {
  const strange = resealed(await piecesOf(path), ({ tables }) => void tables.find(({ name }) => name === "plans")?.columns.push("evil"));
  const fresh = await place();
  expect((await failureOf(restoreInto(fresh, await write(join(folder, "column.tar"), strange)))).message).toMatch(
    /plans has columns.*evil/,
  );
  expect(await query(fresh.url, "select 1 from pg_tables where schemaname = 'public'")).toEqual([]);
});

it("a studio that is there stays, unless it is to be replaced", async () => {
  const other = await place();
  await fill(other);
  await query(other.url, "update settings set value = '\"inst-2\"' where name = 'installation'");
  await other.files.put("installation/id", Buffer.from("inst-2"));
  await query(other.url, "delete from lanes");
  await query(other.url, "delete from jobs where principal = 'you'");
  const before = await everything(other.url);
  const failure = await failureOf(restoreInto(other, path));
  expect(failure).toMatchObject({ code: "conflict", message: expect.stringMatching(/There is a studio already \(jobs, .*--replace/) });
  expect(await everything(other.url)).toEqual(before);
  await restoreInto(other, path, { replace: true });
  expect(await jobsIn(other)).toBe(5);
  expect(await query(other.url, "select value from settings where name = 'installation'")).toEqual([{ value: "inst-1" }]);
  expect(await other.files.stat(filled.keys[0] ?? "")).toEqual({ bytes: 300_000 });
  // and once more over itself
  await restoreInto(other, path, { replace: true });
  expect(await jobsIn(other)).toBe(5);
});

it("one that was started and never used counts as empty", async () => {
  const fresh = await place();
  const database = await openPostgres({ url: fresh.url, log: silentLog });
  await database.settings.keep("installation", "inst-3");
  await database.settings.keep("link_secret", "x".repeat(43));
  await fresh.files.put("installation/id", Buffer.from("inst-3"));
  await database.close();
  await restoreInto(fresh, path);
  expect(await jobsIn(fresh)).toBe(5);
  expect(await query(fresh.url, "select value from settings where name = 'link_secret'")).toEqual([{ value: "s".repeat(43) }]);
});

it("stored files of another studio are never taken over, not even by --replace", async () => {
  const fresh = await place();
  await fresh.files.put("installation/id", Buffer.from("somebody-else"));
  const failure = await failureOf(restoreInto(fresh, path, { replace: true }));
  expect(failure).toMatchObject({ code: "conflict", message: expect.stringMatching(/another studio.*S3_BUCKET/s) });
  expect(await query(fresh.url, "select 1 from pg_tables where schemaname = 'public'")).toEqual([]);
});

it("tables of another program that are called as ours are never dropped, not even by --replace", async () => {
  const fresh = await place();
  await query(fresh.url, "create table settings (name text, value jsonb)");
  await query(fresh.url, "create table events (id int)");
  for (const replace of [false, true])
    expect((await failureOf(restoreInto(fresh, path, { replace }))).message).toMatch(/Another program keeps events, settings/);
  expect(await query(fresh.url, "select count(*)::int as n from events")).toEqual([{ n: 0 }]);
});

it("files of a living studio are not taken over by a second database, unless they are to be", async () => {
  const fresh = await place();
  await fresh.files.put("installation/id", Buffer.from("inst-1"));
  await fresh.files.put("jobs/job_later/1/a.png", Buffer.from("made after the backup"));
  const failure = await failureOf(restoreInto(fresh, path));
  expect(failure).toMatchObject({ code: "conflict", message: expect.stringMatching(/not in the backup.*S3_BUCKET/s) });
  expect(await query(fresh.url, "select 1 from pg_tables where schemaname = 'public'")).toEqual([]);
  await restoreInto(fresh, path, { replace: true });
  expect(await jobsIn(fresh)).toBe(5);
});

it("what comes to life while the files are put is not lost", async () => {
  const fresh = await place();
  const { check } = fresh.files;
  fresh.files.check = async () => {
    await check();
    await restoreInto({ ...fresh, files: { ...fresh.files, check } }, path);
    await query(fresh.url, "delete from jobs where principal = 'you'");
  };
  expect((await failureOf(restoreInto(fresh, path))).message).toMatch(/There is a studio already/);
  expect(await jobsIn(fresh)).toBeGreaterThan(0);
});

it("nobody may be at work: neither a server nor a lane that was seen a moment ago", async () => {
  const fresh = await place();
  const database = await openPostgres({ url: fresh.url, log: silentLog });
  expect((await failureOf(restoreInto(fresh, path))).message).toMatch(/works on this database \(\d+ connections\).*myspinbot stop/s);
  await database.lanes.beat({ name: "l", worker: "box:7", families: [], vramGb: 1, offloads: [] } as never);
  await database.close();
  expect((await failureOf(restoreInto(fresh, path))).message).toMatch(/box:7 took work.*half a minute/s);
  await query(fresh.url, "update lanes set seen_at = now() - interval '1 minute'");
  await restoreInto(fresh, path);
  expect(await jobsIn(fresh)).toBe(5);
});

it.each(["folder", "s3"] as const)(
  "one that breaks half way leaves the old studio or none, and can be run again, in a %s",
  async (kind) => {
    const fresh = await place(kind);
    let left = 2;
    const breaking: Place["files"] = {
      ...fresh.files,
      async put(...given) {
        if (left-- === 0) throw new Error("the power is gone");
        return fresh.files.put(...given);
      },
    };
    await expect(restoreInto({ ...fresh, files: breaking }, path)).rejects.toThrow("the power is gone");
    expect(await query(fresh.url, "select 1 from pg_tables where schemaname = 'public'")).toEqual([]);
    // in the middle of the rows
    const spoilt = await write(
      join(folder, "late.tar"),
      resealed(await piecesOf(path), ({ tables }) => void tables.find(({ name }) => name === "approvals")?.columns.reverse()),
    );
    expect((await failureOf(restoreInto(fresh, spoilt))).message).toMatch(/rows of approvals are not what/);
    expect(await query(fresh.url, "select 1 from pg_tables where schemaname = 'public'")).toEqual([]);
    await restoreInto(fresh, path);
    expect(await jobsIn(fresh)).toBe(5);
    const before = await everything(fresh.url);
    await expect(restoreInto(fresh, spoilt, { replace: true })).rejects.toThrow();
    expect(await everything(fresh.url)).toEqual(before);
  },
);

it("killed in the middle of its transaction it leaves nothing", async () => {
  const fresh = await place();
  const killer = new pg.Client({ connectionString: fresh.url });
  await killer.connect();
  const watching = (async () => {
    for (;;) {
      const { rows } = await killer.query<{ pid: number }>(
        "select pid from pg_stat_activity where application_name = 'myspinbot-copy' and datname = current_database() and xact_start is not null and query ilike 'copy %'",
      );
      if (rows[0]) return void (await killer.query("select pg_terminate_backend($1)", [rows[0].pid]));
      await new Promise((resolve) => setTimeout(resolve, 1));
    }
  })();
  // many rows, so that there is a moment to be killed in
  const many = await place();
  await fill(many);
  await query(many.url, "insert into plans select 'c' || n, 'm', 'local', '{}', now() from generate_series(1, 100000) n");
  const { path: large } = await backupOf(many, join(folder, "large"));
  await expect(restoreInto(fresh, large)).rejects.toMatchObject({ code: "database_unavailable" });
  await watching;
  await killer.end();
  expect(await query(fresh.url, "select 1 from pg_tables where schemaname = 'public'")).toEqual([]);
  await restoreInto(fresh, large);
  expect(await query(fresh.url, "select count(*)::int as n from plans")).toEqual([{ n: 100_001 }]);
});
