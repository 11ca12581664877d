/** What processes cost, as the kernel counts it: processor time of whole trees, and memory. */
import { readdir, readFile } from "node:fs/promises";
import { basename } from "node:path";

export interface Held {
  pid: number;
  what: string;
  /** Megabytes: resident now, resident at most until now, and its own with its share of what it shares. */
  rss: number;
  peak: number;
  pss: number;
}

const ticksPerSecond = 100;
const read = (pid: number, file: string): Promise<string> => readFile(`/proc/${pid}/${file}`, "utf8").catch(() => "");

/** Everything after the name, which may hold blanks: state, parent, … */
async function fields(pid: number): Promise<string[]> {
  const text = await read(pid, "stat");
  return text.slice(text.lastIndexOf(")") + 2).split(" ");
}

async function parents(): Promise<Map<number, number>> {
  const pids = (await readdir("/proc")).filter((entry) => /^\d+$/.test(entry)).map(Number);
  return new Map(await Promise.all(pids.map(async (pid) => [pid, Number((await fields(pid))[1])] as const)));
}

export async function childrenOf(pid: number): Promise<number[]> {
  return [...(await parents())].filter(([, parent]) => parent === pid).map(([child]) => child);
}

/** A process and all that it started and that still runs. */
export async function tree(root: number): Promise<number[]> {
  const known = await parents();
  const found = [root];
  for (const pid of found) for (const [child, parent] of known) if (parent === pid) found.push(child);
  return found;
}

/** Milliseconds of user and system time, of ended children too. The kernel counts in steps of 10 ms. */
export async function cpuMs(pids: readonly number[]): Promise<number> {
  const each = await Promise.all(
    pids.map(async (pid) => {
      const [user = 0, system = 0, childUser = 0, childSystem = 0] = (await fields(pid)).slice(11, 15).map(Number);
      return user + system + childUser + childSystem;
    }),
  );
  return (each.reduce((sum, ticks) => sum + ticks, 0) * 1000) / ticksPerSecond;
}

export async function held(pids: readonly number[]): Promise<Held[]> {
  const kilobytes = (text: string, name: string) => Number(new RegExp(`^${name}:\\s+(\\d+) kB`, "m").exec(text)?.[1] ?? Number.NaN) / 1000;
  const each = await Promise.all(
    pids.map(async (pid) => {
      const [status, rollup, line] = await Promise.all([read(pid, "status"), read(pid, "smaps_rollup"), read(pid, "cmdline")]);
      return {
        pid,
        what: line
          .split("\0")
          .map((part) => basename(part))
          .join(" ")
          .trim()
          .slice(0, 50),
        rss: kilobytes(status, "VmRSS"),
        peak: kilobytes(status, "VmHWM"),
        pss: kilobytes(rollup, "Pss"),
      };
    }),
  );
  return each.filter(({ what }) => what !== "");
}

/** What was done, and the children that this process has since. */
export async function startedBy<T>(act: () => Promise<T>): Promise<{ result: T; pids: number[] }> {
  const before = new Set(await childrenOf(process.pid));
  const result = await act();
  return { result, pids: (await childrenOf(process.pid)).filter((pid) => !before.has(pid)) };
}
