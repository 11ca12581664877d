/** Only whole backups of ours are counted and removed. */
import { mkdir, mkdtemp, rm, symlink, truncate, utimes, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { manifestName, sealName } from "./format.ts";
import { backupName, clearParts, listBackups, prune } from "./kept.ts";
import { createTar } from "./tar-writer.ts";
import { names } from "./testing/studio.ts";

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "spin-kept-"));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const day = (number: number) => new Date(Date.UTC(2026, 0, number, 3, 4, 5));
async function made(name: string): Promise<string> {
  const tar = await createTar(join(folder, name), day(1));
  for (const entry of [manifestName, sealName])
    await tar.add(
      entry,
      (async function* () {
        yield Buffer.from("x");
      })(),
    );
  await tar.finish();
  return name;
}

it("the newest stay, also of several in one second; nothing else in the folder is touched", async () => {
  const days = await Promise.all([1, 2, 3, 10].map((number) => made(backupName(day(number)))));
  const second = await made(backupName(day(10), 2));
  const foreign = ["notes.txt", "myspinbot-old.tar", "myspinbot-2026-01-01T03-04-05Z.tar.gz", "myspinbot-2025-01-01T00-00-00Z.tar.part"];
  for (const name of foreign) await writeFile(join(folder, name), "mine");
  const broken = await made(backupName(day(4)));
  await truncate(join(folder, broken), 1500);
  const named = backupName(day(5));
  await writeFile(join(folder, named), Buffer.alloc(5000, 1));
  await mkdir(join(folder, backupName(day(6))));
  await symlink(join(folder, days[0] ?? ""), join(folder, backupName(day(7))));
  expect((await listBackups(folder)).map(({ path }) => path)).toEqual([second, ...days.toReversed()].map((name) => join(folder, name)));
  expect(await prune(folder, 2)).toEqual([days[2], days[1], days[0]].map((name) => join(folder, name ?? "")));
  expect(await names(folder)).toEqual([...foreign, broken, named, backupName(day(6)), backupName(day(7)), days[3] ?? "", second].sort());
  expect(await prune(folder, 2)).toEqual([]);
});

it("one of a clock that was ahead pushes out none that is made after it", async () => {
  const [ahead, fresh] = [await made(backupName(new Date("2126-01-01T00:00:00Z"))), await made(backupName(day(10)))];
  expect(await prune(folder, 1)).toEqual([]);
  expect(await names(folder)).toEqual([fresh, ahead].sort());
});

it("what a process that died had begun is removed when nothing has been added to it for an hour", async () => {
  const [fresh, stale] = [1, 2].map((number) => `${backupName(day(number))}.part`) as [string, string];
  for (const name of [fresh, stale]) await writeFile(join(folder, name), "x");
  const longAgo = new Date(Date.now() - 2 * 3600_000);
  await utimes(join(folder, stale), longAgo, longAgo);
  await clearParts(folder);
  expect(await names(folder)).toEqual([fresh]);
});

it("a folder that is not there has none", async () => {
  expect(await listBackups(join(folder, "nowhere"))).toEqual([]);
});
