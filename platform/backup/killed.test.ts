/** `kill -9` in a `restore --replace`, or a connection that breaks at its commit: whose the stored files are is set right by whoever comes next, a start of the studio or another restore. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { afterAll, afterEach, beforeAll, beforeEach, expect, it, vi } from "vitest";
import { silentLog } from "../../core/log.ts";
import { ownsFiles } from "../../workers/owns-files.ts";
import { openPostgres } from "../postgres/open.ts";
import { query } from "../postgres/testing/query.ts";
import { deafAtCommit } from "./testing/deaf-at-commit.ts";
import { backupOf, fill, newPlace, type Place, restoreInto } from "./testing/studio.ts";

vi.setConfig({ testTimeout: 240_000, hookTimeout: 240_000 });

let folder: string;
/** Of studio inst-1, and of studio inst-3. */
let first: string;
let third: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "spin-killed-"));
  const old = await newPlace();
  await fill(old);
  first = (await backupOf(old, folder)).path;
  await query(old.url, "update settings set value = '\"inst-3\"' where name = 'installation'");
  third = (await backupOf(old, folder)).path;
  await old.end();
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** Studio inst-2, at rest. */
let here: Place;
beforeEach(async () => {
  here = await newPlace();
  await fill(here);
  await query(here.url, "update settings set value = '\"inst-2\"' where name = 'installation'");
  await query(here.url, "delete from lanes");
  await here.files.put("installation/id", Buffer.from("inst-2"));
});
afterEach(() => here.end());

const read = async (key: string) => ((await here.files.stat(key)) ? text(await here.files.open(key)) : undefined);
const marks = async () => ({ mark: await read("installation/id"), note: await read("installation/restoring") });
const installation = async () =>
  (await query<{ value: string }>(here.url, "select value from settings where name = 'installation'"))[0]?.value;

async function killAt(prefix: string, count: number, backup = first): Promise<void> {
  const main = join(import.meta.dirname, "testing/restore-main.ts");
  const child = spawn(process.execPath, ["--import", "tsx", main, here.url, here.filesPath, backup, prefix, String(count)], {
    stdio: "ignore",
  });
  expect(await once(child, "exit")).toEqual([null, "SIGKILL"]);
}

async function start(): Promise<boolean> {
  const { settings, close } = await openPostgres({ url: here.url, log: silentLog });
  try {
    return await ownsFiles({ files: here.files, settings });
  } finally {
    await close();
  }
}

it.each([
  { moment: "between its note and the mark", prefix: "installation/id", count: 1, left: "inst-2", rows: "inst-2" },
  { moment: "while the files are put", prefix: "jobs/", count: 2, left: "inst-1", rows: "inst-2" },
  { moment: "behind the rows", prefix: "installation/id", count: 2, left: "inst-1", rows: "inst-1" },
])("killed $moment, the studio that is there keeps its files and looks after them, from its next start", async ({ left, rows, ...at }) => {
  await killAt(at.prefix, at.count);
  expect([await marks(), await installation()]).toEqual([{ mark: left, note: '{"from":"inst-2","to":"inst-1"}' }, rows]);
  expect(await start()).toBe(true);
  expect(await marks()).toEqual({ mark: rows, note: undefined });
});

it("killed while the files are put, the backup of yet another studio can be restored at once, and so can the same one", async () => {
  await killAt("jobs/", 2);
  await restoreInto(here, third, { replace: true });
  expect([await marks(), await installation()]).toEqual([{ mark: "inst-3", note: undefined }, "inst-3"]);
  await killAt("jobs/", 2);
  await restoreInto(here, first, { replace: true });
  expect([await marks(), await installation()]).toEqual([{ mark: "inst-1", note: undefined }, "inst-1"]);
});

it("a second one that is killed as well leaves the studio its files, and can be run again", async () => {
  await killAt("jobs/", 2);
  await killAt("installation/id", 1, third);
  await killAt("installation/id", 2, third);
  expect(await start()).toBe(true);
  expect([await marks(), await installation()]).toEqual([{ mark: "inst-2", note: undefined }, "inst-2"]);
  await restoreInto(here, third, { replace: true });
  expect([await marks(), await installation()]).toEqual([{ mark: "inst-3", note: undefined }, "inst-3"]);
});

it.each([
  { next: "the next start keeps its files", go: () => start() },
  { next: "a further restore is let in", go: () => restoreInto(here, third, { replace: true }).then(() => true) },
])("one whose connection broke at the commit fails, though the rows are there, and $next", async ({ go }) => {
  const deaf = await deafAtCommit(here.url);
  await expect(restoreInto(here, first, { replace: true, databaseUrl: deaf.url })).rejects.toMatchObject({ code: "database_unavailable" });
  expect([deaf.lost(), await installation(), await marks()]).toEqual([
    1,
    "inst-1",
    { mark: "inst-1", note: '{"from":"inst-2","to":"inst-1"}' },
  ]);
  await deaf.stop();
  await query(here.url, "delete from lanes");
  expect(await go()).toBe(true);
  expect(await marks()).toEqual({ mark: await installation(), note: undefined });
});

it("one that was begun and not ended gives the files to nobody else", async () => {
  await killAt("jobs/", 2);
  const settings = { keep: async () => "somebody-else" };
  expect(await ownsFiles({ files: here.files, settings })).toBe(false);
  expect(await marks()).toEqual({ mark: "inst-1", note: '{"from":"inst-2","to":"inst-1"}' });
});

it("one that fails without being killed leaves the mark as it was", async () => {
  const { put } = here.files;
  const breaking: Place["files"] = {
    ...here.files,
    async put(key, ...given) {
      if (key.startsWith("jobs/")) throw new Error("the power is gone");
      return put(key, ...given);
    },
  };
  await expect(restoreInto({ ...here, files: breaking }, first, { replace: true })).rejects.toThrow("the power is gone");
  expect(await marks()).toEqual({ mark: "inst-2", note: undefined });
});
