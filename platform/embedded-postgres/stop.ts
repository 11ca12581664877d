/** A clean end of the server: sessions are closed, everything is on the disk. */
import { setTimeout as sleep } from "node:timers/promises";
import { Failure } from "../../core/failure.ts";
import type { Log } from "../../core/log.ts";
import { lives, readPidFile, worksIn } from "./postmaster.ts";

/** A pid that some other program got later is never signalled. */
export async function isServer(data: string, pid: number): Promise<boolean> {
  if (!(await lives(pid))) return false;
  return (await worksIn(data, pid)) ?? (await readPidFile(data))?.pid === pid;
}

async function gone(pid: number, ms: number): Promise<boolean> {
  for (const end = Date.now() + ms; Date.now() < end; await sleep(10)) if (!(await lives(pid))) return true;
  return false;
}

export async function stopServer(data: string, pid: number, log: Log): Promise<void> {
  if (!(await isServer(data, pid))) return;
  // SIGINT: fast, with a checkpoint; SIGQUIT: at once, repaired at the next start
  for (const [signal, ms] of [
    ["SIGINT", 60_000],
    ["SIGQUIT", 10_000],
  ] as const) {
    process.kill(pid, signal);
    if (await gone(pid, ms)) return;
    log.warn({ pid, signal }, "the database server does not stop");
  }
  throw new Failure(
    "database_unavailable",
    `The database server (pid ${pid}) does not stop. End it with \`kill -9 ${pid}\`; it repairs itself at the next start.`,
  );
}
