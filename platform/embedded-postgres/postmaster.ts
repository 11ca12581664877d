/** Who works in a data folder: what `postmaster.pid` claims, and what the system knows. */
import { readFileSync } from "node:fs";
import { readdir, readFile, readlink } from "node:fs/promises";
import { join } from "node:path";

export interface PidFile {
  pid: number;
  /** Absent while the server is still starting. */
  port?: number;
}

export const pidFilePath = (data: string) => join(data, "postmaster.pid");

/** Lines: pid, data folder, start time, port, socket folder, address, shared memory key, status. */
export async function readPidFile(data: string): Promise<PidFile | undefined> {
  const text = await readFile(pidFilePath(data), "utf8").catch((error: NodeJS.ErrnoException) => {
    if (error.code !== "ENOENT") throw error;
    return undefined;
  });
  const lines = text?.split("\n") ?? [];
  const pid = Number(lines[0]);
  if (!Number.isInteger(pid) || pid <= 1) return undefined;
  const port = Number(lines[3]);
  return { pid, ...(port > 0 ? { port } : {}) };
}

/** False for a process that has ended and only waits to be collected: in a container nobody may collect it for long. */
export async function lives(pid: number): Promise<boolean> {
  try {
    process.kill(pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
  const stat = await readFile(`/proc/${pid}/stat`, "utf8").catch(() => undefined);
  return stat === undefined || !/^[ZX]/.test(stat.slice(stat.lastIndexOf(")") + 2));
}

/**
 * When a process began, in the system's own count since boot: a program that got its number later began later. Undefined for one that has ended, and where the system
 * does not tell. Read at once: it is memory of the system and no file, and the way through a thread costs several times as much.
 */
export function begunAt(pid: number): string | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    const [state = "", ...fields] = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    return /[ZX]/.test(state) ? undefined : fields[18];
  } catch {
    return undefined;
  }
}

/**
 * Every PostgreSQL process whose working folder this is: the postmaster and its children go there and stay. A pid alone proves nothing (it may name a zombie, or a
 * program that got the number later), and a busy backend outlives its postmaster. Undefined where the system does not tell (macOS).
 */
export async function processesIn(data: string): Promise<number[] | undefined> {
  if (process.platform !== "linux") return undefined;
  const pids = (await readdir("/proc")).filter((name) => /^\d+$/.test(name));
  const folders = await Promise.all(pids.map((pid) => readlink(`/proc/${pid}/cwd`).catch(() => "")));
  const there = pids.filter((_, index) => folders[index] === data);
  // an administrator's shell may stand there too
  const names = await Promise.all(there.map((pid) => readFile(`/proc/${pid}/comm`, "utf8").catch(() => "")));
  return there.filter((_, index) => names[index]?.trim() === "postgres").map(Number);
}

/** The same of one process, without a look at all others. Undefined where the system does not tell. */
export async function worksIn(data: string, pid: number): Promise<boolean | undefined> {
  if (process.platform !== "linux") return undefined;
  if ((await readlink(`/proc/${pid}/cwd`).catch(() => "")) !== data) return false;
  return (await readFile(`/proc/${pid}/comm`, "utf8").catch(() => "")).trim() === "postgres";
}
