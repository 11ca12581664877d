/** Room for images (some 20 GB of them), models and results. */
import type { StatusRow } from "../../../core/client.ts";
import type { Run } from "../run.ts";
import { fine, stop, warn } from "./rows.ts";

export interface DiskFact {
  /** What lies there, for a person. */
  what: string;
  /** Bytes; inodes in percent used, where the file system counts them. */
  free: number;
  inodesUsed?: number;
}

const gigabyte = 1e9;
const enoughGb = 20;
const leastGb = 5;

/** The last line of `df -P`; undefined where there is no such folder. */
async function last(run: Run, args: string[]): Promise<string[] | undefined> {
  const said = await run("df", args);
  return said.code === 0 ? said.stdout.trim().split("\n").at(-1)?.trim().split(/\s+/) : undefined;
}

export async function lookAtDisk(what: string, path: string, run: Run): Promise<DiskFact | undefined> {
  const room = await last(run, ["-Pk", path]);
  const free = Number(room?.[3]) * 1024;
  if (!Number.isFinite(free)) return undefined;
  const inodesUsed = Number.parseInt((await last(run, ["-Pi", path]))?.[4] ?? "", 10);
  return { what, free, ...(Number.isFinite(inodesUsed) ? { inodesUsed } : {}) };
}

const part = "Disk";
const fix = "Free some: docker system df shows what images and volumes take, docker image prune removes images that nobody uses";

export function diskRows(facts: readonly DiskFact[]): StatusRow[] {
  const rows = facts.flatMap(({ what, free, inodesUsed }) => {
    const gb = (free / gigabyte).toFixed(1);
    const found: StatusRow[] = [];
    if (free < leastGb * gigabyte) found.push(stop(part, `${gb} GB are free for ${what}, and ${leastGb} GB are the least`, fix));
    else if (free < enoughGb * gigabyte)
      found.push(warn(part, `${gb} GB are free for ${what}; a first start with a model takes ${enoughGb} GB`, fix));
    if (inodesUsed !== undefined && inodesUsed >= 95)
      found.push(
        stop(
          part,
          `${inodesUsed} % of the inodes are used for ${what}: no file can be made soon, whatever room is left`,
          "Remove folders of many small files",
        ),
      );
    return found;
  });
  return rows.length > 0
    ? rows
    : facts.slice(0, 1).map(({ what, free }) => fine(part, `${(free / gigabyte).toFixed(0)} GB are free for ${what}`));
}
