/** A studio that was destroyed is there again, whatever kept its rows and files before and after. */
import { mkdtemp, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { silentLog } from "../../core/log.ts";
import { openPostgres } from "../postgres/open.ts";
import { story } from "../postgres/testing/drafts.ts";
import { query } from "../postgres/testing/query.ts";
import { backupOf, everything, fill, hashes, names, newPlace, type Place, restoreInto } from "./testing/studio.ts";

// databases are made and filled in each of them
vi.setConfig({ testTimeout: 240_000 });

let folder: string;
let places: Place[] = [];
const place = async (kind?: "folder" | "s3") => {
  const made = await newPlace(kind);
  places.push(made);
  return made;
};

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "spin-backups-"));
});
afterEach(async () => {
  for (const one of places.splice(0)) await one.end();
  await rm(folder, { recursive: true, force: true });
});

// what is brought to the truth of now, and the two that are true of a moment alone
const changing = [
  "public.jobs",
  "public.attempts",
  "public.events",
  "public.deliveries",
  "public.settings",
  "public.lanes",
  "public.migrations",
];

it.each([
  ["folder", "folder"],
  ["folder", "s3"],
  ["s3", "folder"],
] as const)("from a %s into a %s: every row and every file", async (from, to) => {
  const old = await place(from);
  const filled = await fill(old);
  const [rows, files] = [await everything(old.url, changing), await hashes(old.files, filled.keys)];
  const made = await backupOf(old, folder);
  expect(made).toMatchObject({ files: 4, damaged: [], gone: [], noted: true });
  expect((await stat(made.path)).mode & 0o777).toBe(0o600);
  await old.end();
  places = [];

  const fresh = await place(to);
  await restoreInto(fresh, made.path);
  expect(await everything(fresh.url, changing)).toEqual(rows);
  expect(rows["public.assets"]?.[0]).toContain("appr");
  expect(rows["langgraph.checkpoint_writes"]?.[0]).toContain("000a0d095cff");
  expect(await hashes(fresh.files, filled.keys)).toEqual(files);
  expect(await query(fresh.url, "select name from lanes")).toEqual([]);
  expect((await query<{ name: string }>(fresh.url, "select name from settings order by 1")).map(({ name }) => name)).toEqual([
    "backup.last",
    "installation",
    "link_secret",
  ]);
});

it("work that ran comes back in line with its next attempt, what was being canceled is, and leases are free", async () => {
  const old = await place();
  const filled = await fill(old);
  const { path } = await backupOf(old, folder);
  const fresh = await place();
  await restoreInto(fresh, path);
  const database = await openPostgres({ url: fresh.url, log: silentLog });
  try {
    const { jobs, deliveries } = database;
    expect(await jobs.get("local", filled.running)).toMatchObject({ state: "queued", attempt: 1 });
    expect((await jobs.get("local", filled.running))?.progress).toBeUndefined();
    expect(await story(jobs, filled.running)).toEqual(["queued", "running", "queued"]);
    expect(await story(jobs, filled.canceling)).toEqual(["queued", "running", "canceling", "canceled"]);
    const claimed = await jobs.claim(filled.running, "w2");
    expect(claimed?.job.attempt).toBe(2);
    expect(claimed?.previous).toMatchObject([{ number: 1, outcome: "lost" }]);
    expect(await jobs.publish(filled.running, 1, [])).toBe("fenced");
    expect((await deliveries.claim("local", { worker: "new", limit: 5, leaseMs: 1000 })).map(({ id }) => id)).toEqual([filled.delivery]);
    const counted = async () => (await query<{ n: number }>(fresh.url, "select max(number)::int as n from jobs"))[0]?.n;
    const before = await counted();
    await fill(fresh);
    expect(await counted()).toBeGreaterThan(before ?? Number.NaN);
  } finally {
    await database.close();
  }
});

it("the studio works on meanwhile: the rows are of one moment, and what is removed then is named and stays removed", async () => {
  const old = await place();
  const filled = await fill(old);
  let removed = "";
  const slow: Place["files"] = {
    ...old.files,
    async open(key, range) {
      if (removed === "") {
        removed = filled.keys[3] ?? "";
        await query(old.url, "delete from artifacts where storage_key = $1", [removed]);
        await old.files.remove(removed);
        await fill(old);
      }
      return old.files.open(key, range);
    },
  };
  const made = await backupOf({ ...old, files: slow }, folder);
  expect(made.files).toBe(3);
  expect(made.gone).toMatchObject([{ why: "it is not there" }]);
  expect(made.damaged).toEqual([]);
  const fresh = await place();
  await restoreInto(fresh, made.path);
  const kept = await query<{ key: string }>(fresh.url, "select storage_key as key from artifacts order by 1");
  expect(kept.map(({ key }) => key)).toEqual(filled.keys.filter((key) => key !== removed).sort());
});

it("a file that is damaged or missing is named, and everything else is in it", async () => {
  const old = await place();
  const { keys } = await fill(old);
  const [changed = "", , missing = ""] = keys;
  await old.files.put(changed, Buffer.alloc(300_000));
  await old.files.remove(missing);
  const made = await backupOf(old, folder);
  expect(made.damaged.map(({ why }) => why)).toEqual(["its content is not what was stored", "it is not there"]);
  expect(made).toMatchObject({ files: 2, noted: false });
  expect(await query(old.url, "select 1 from settings where name = 'backup.last'")).toEqual([]);
  const fresh = await place();
  await restoreInto(fresh, made.path);
  expect(await fresh.files.stat(changed)).toBeUndefined();
  expect(await fresh.files.stat(keys[3] ?? "")).toEqual({ bytes: 5000 });
});

it("tells the studio of itself, for those who watch its age", async () => {
  const old = await place();
  await fill(old);
  const { bytes, files, path } = await backupOf(old, folder, { now: () => new Date("2026-02-03T04:05:06.789Z") });
  expect(path).toBe(join(folder, "myspinbot-2026-02-03T04-05-06Z.tar"));
  const [row] = await query<{ value: object }>(old.url, "select value from settings where name = 'backup.last'");
  expect(row?.value).toEqual({ at: "2026-02-03T04:05:06.789Z", bytes, files });
});

it("one that cannot be finished leaves nothing: a full disk, a store that is away, an interruption", async () => {
  const old = await place("s3");
  await fill(old);
  const failing = (open: Place["files"]["open"]) => backupOf({ ...old, files: { ...old.files, open } }, folder);
  const full = Object.assign(new Error("write"), { code: "ENOSPC" });
  await expect(
    backupOf(old, folder, {
      progress: () => {
        throw full;
      },
    }),
  ).rejects.toMatchObject({
    code: "storage_full",
    message: expect.stringMatching(/is full.*removed.*another disk/s),
  });
  await old.s3?.stop();
  await expect(failing(old.files.open)).rejects.toMatchObject({ code: "storage_unavailable" });
  const controller = new AbortController();
  controller.abort();
  await expect(backupOf(old, folder, { signal: controller.signal })).rejects.toMatchObject({ code: "canceled" });
  expect(await names(folder)).toEqual([]);
});

it("two at once are two", async () => {
  const old = await place();
  await fill(old);
  const now = () => new Date(0);
  const made = await Promise.all([1, 2, 3].map(() => backupOf(old, folder, { now })));
  expect(new Set(made.map(({ path }) => path)).size).toBe(3);
  expect(await names(folder)).toEqual(["", "-2", "-3"].map((end) => `myspinbot-1970-01-01T00-00-00Z${end}.tar`).sort());
});

it("refuses where there is no studio, no folder to write to, or no room, with the remedy", async () => {
  const empty = await place();
  await expect(backupOf(empty, folder)).rejects.toMatchObject({ code: "config", message: expect.stringContaining("myspinbot start") });
  const old = await place();
  await fill(old);
  await expect(backupOf(old, join(old.filesPath, "installation", "id"))).rejects.toMatchObject({
    message: expect.stringContaining("Name a folder"),
  });
  await query(old.url, "update artifacts set bytes = 1e15 where storage_key like 'uploads/%'");
  await expect(backupOf(old, folder)).rejects.toMatchObject({
    code: "storage_full",
    message: expect.stringMatching(/needs about 1000 TB, and .* are free.*another disk/),
  });
  expect(await names(folder)).toEqual([]);
});
