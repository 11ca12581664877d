/** Whether there is room before anything is written. */
import { statfs } from "node:fs/promises";
import { Failure } from "../../core/failure.ts";

export function size(bytes: number): string {
  const units = ["bytes", "kB", "MB", "GB", "TB"];
  const step = bytes < 1000 ? 0 : Math.min(units.length - 1, Math.floor(Math.log10(bytes) / 3));
  const value = bytes / 1000 ** step;
  return `${step > 0 && value < 100 ? value.toFixed(1) : Math.round(value)} ${units[step]}`;
}

/** Failure `storage_full` with both numbers. A disk that does not tell is taken for large enough. @param path of a folder that is there. */
export async function checkRoom(path: string, needed: number, what: string): Promise<void> {
  const found = await statfs(path).catch(() => undefined);
  if (!found) return;
  const free = found.bavail * found.bsize;
  if (free >= needed) return;
  throw new Failure(
    "storage_full",
    `${what} needs about ${size(needed)}, and ${size(free)} are free at ${path}. Nothing was changed. Free some space, or name a folder on another disk.`,
  );
}
