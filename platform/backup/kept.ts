/** The backups in a folder: their names, which of them are whole, and how many are kept. */
import { lstat, open, readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import type pg from "pg";
import { sealName } from "./format.ts";
import { endBytes } from "./tar-writer.ts";

const ours = /^myspinbot-(\d{4})-(\d\d)-(\d\d)T(\d\d)-(\d\d)-(\d\d)Z(?:-(\d+))?\.tar$/;
const unfinished = /^myspinbot-[\dTZ-]+\.tar\.part$/;
/** Milliseconds without a byte after which one that is unfinished was left by a process that died. */
const leftoverMs = 3600_000;

/** @param number 1, or more where several are made within one second. */
export function backupName(at: Date, number = 1): string {
  const moment = at
    .toISOString()
    .replace(/\.\d+Z$/, "Z")
    .replaceAll(":", "-");
  return `myspinbot-${moment}${number > 1 ? `-${number}` : ""}.tar`;
}

/** Whether it ends as ours do: with the seal, and nothing behind it. */
async function isWhole(path: string): Promise<boolean> {
  const tail = Buffer.alloc(1024 + endBytes);
  const found = await lstat(path);
  if (!found.isFile() || found.size < tail.length) return false;
  const file = await open(path, "r");
  try {
    await file.read(tail, 0, tail.length, found.size - tail.length);
  } finally {
    await file.close();
  }
  return tail.toString("latin1", 0, sealName.length + 1) === `${sealName}\0` && tail.subarray(1024).every((byte) => byte === 0);
}

export interface KeptBackup {
  path: string;
  /** By its name. */
  at: Date;
}

/** Whole backups, the newest first; anything else in the folder is none of ours. */
export async function listBackups(folder: string): Promise<KeptBackup[]> {
  const names = await readdir(folder).catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return [];
    throw error;
  });
  const found: (KeptBackup & { number: number })[] = [];
  for (const name of names) {
    const [matched, year, month, day, hour, minute, second, number = "1"] = ours.exec(name) ?? [];
    if (matched === undefined || !(await isWhole(join(folder, name)).catch(() => false))) continue;
    found.push({
      path: join(folder, name),
      at: new Date(`${year}-${month}-${day}T${hour}:${minute}:${second}Z`),
      number: Number(number),
    });
  }
  return found
    .sort((one, other) => other.at.getTime() - one.at.getTime() || other.number - one.number)
    .map(({ path, at }) => ({ path, at }));
}

/** Removes whole backups of ours beyond the newest `keep`; returns their paths. Those of a clock that was ahead stay, and push out none: the one just made would go first. */
export async function prune(folder: string, keep: number, now = Date.now()): Promise<string[]> {
  const old = (await listBackups(folder)).filter(({ at }) => at.getTime() <= now).slice(Math.max(1, keep));
  for (const { path } of old) await rm(path, { force: true });
  return old.map(({ path }) => path);
}

/** Removes what processes that died had not finished. */
export async function clearParts(folder: string): Promise<void> {
  for (const name of await readdir(folder)) {
    if (!unfinished.test(name)) continue;
    const found = await lstat(join(folder, name)).catch(() => undefined);
    if (found?.isFile() && Date.now() - found.mtimeMs > leftoverMs) await rm(join(folder, name), { force: true });
  }
}

export interface LastBackup {
  at: string;
  bytes: number;
  files: number;
}

/** The row by which others know that there is one. */
export async function lastSetting(session: Pick<pg.Client, "query">, last: LastBackup): Promise<void> {
  await session.query(
    "insert into public.settings (name, value) values ('backup.last', $1) on conflict (name) do update set value = excluded.value",
    [JSON.stringify(last)],
  );
}
