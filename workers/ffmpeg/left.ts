/** What a killed process leaves: the folders of its work, and an ffmpeg that goes on for nobody. */
import { readdir, readFile, readlink, realpath, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import type { Log } from "../../core/log.ts";
import { folderPrefix, isFolderName } from "./folder.ts";

export interface Left {
  /** Where folders for work are made. */
  parent: string;
  /** Whether nobody else can have made one there; else those that changed within a day are left alone. */
  alone: boolean;
  log: Log;
  now?: number;
}

const day = 24 * 3_600_000;

/** Newest change of a folder or of what lies in it. */
async function changedAt(folder: string): Promise<number> {
  const paths = [folder, ...(await readdir(folder)).map((name) => join(folder, name))];
  return Math.max(...(await Promise.all(paths.map(async (path) => (await stat(path)).mtimeMs))));
}

/** Every run of ours has these. */
const isOurs = (line: string): boolean => /(^|\0)-nostdin\0-hide_banner\0/.test(line);

/** Where the system does not tell in what folder a process works, none is found: it ends with its file, which nobody reads. */
async function ffmpegsIn(parent: string): Promise<number[]> {
  const place = join(await realpath(parent), folderPrefix);
  const pids = (await readdir("/proc").catch(() => [])).filter((name) => /^\d+$/.test(name));
  const found = await Promise.all(
    pids.map(async (pid) => {
      const folder = await readlink(`/proc/${pid}/cwd`).catch(() => "");
      if (!folder.startsWith(place)) return [];
      return isOurs(await readFile(`/proc/${pid}/cmdline`, "utf8").catch(() => "")) ? [Number(pid)] : [];
    }),
  );
  return found.flat();
}

async function endFfmpegs({ parent, log }: Left): Promise<void> {
  // what is killed may finish a write: where work is gone on with, two must not write the same file
  for (let tries = 0; tries < 50; tries++) {
    const pids = await ffmpegsIn(parent);
    if (pids.length === 0) return;
    if (tries === 0) log.info({ pids }, "an ffmpeg of a server that was killed is ended");
    for (const pid of pids) {
      try {
        process.kill(pid, "SIGKILL");
      } catch {
        // it has ended by itself
      }
    }
    await delay(20);
  }
}

/** Removes it. Before any work of this process begins. A failure is for the log. */
export async function sweepLeft(left: Left): Promise<void> {
  const { parent, alone, log, now = Date.now() } = left;
  try {
    if (alone) await endFfmpegs(left);
    for (const name of (await readdir(parent)).filter(isFolderName)) {
      const folder = join(parent, name);
      // what cannot be looked at is another's
      if (!alone && now - (await changedAt(folder).catch(() => now)) < day) continue;
      await rm(folder, { recursive: true, force: true }).catch((error: unknown) => log.debug({ err: error }, "a folder of work stays"));
    }
  } catch (error) {
    log.warn({ err: error }, "what a killed server left was not looked for");
  }
}
