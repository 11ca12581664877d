/** A server that is ended from outside (kill -9, out of memory) comes back at the same address: sessions fail for a moment, and no caller has to know. */
import type { Log } from "../../core/log.ts";
import { begunAt } from "./postmaster.ts";
import type { Server } from "./running.ts";
import { isServer } from "./stop.ts";

/** Milliseconds between looks. */
const look = 250;
/** Longest pause after restarts that failed: a full disk stays full for a while, and the log is on it. */
const longest = 10_000;

export interface Supervisor {
  current(): Server;
  /** No more looks; resolves when a restart that is under way is over. */
  end(): Promise<void>;
}

/** @param again finds or starts a server on this port, or throws: then it is tried again, each time later. */
export function supervise(first: Server, again: (port: number) => Promise<Server>, log: Log): Supervisor {
  const port = Number(new URL(first.url).port);
  let current = first;
  let ended = false;
  let looking: Promise<void> | undefined;
  let failures = 0;
  /** Of the process that was seen to be the server. */
  let begun: string | undefined;
  let notBefore = 0;

  const check = async (): Promise<void> => {
    if (performance.now() < notBefore) return;
    const now = begunAt(current.pid);
    // the very process that was looked at closely before
    if (now !== undefined && now === begun) return;
    if (await isServer(current.data, current.pid)) {
      begun = now;
      return;
    }
    if (ended) return;
    log.error({ pid: current.pid }, "the database server was ended from outside; starting it again");
    try {
      current = await again(port);
      failures = 0;
      log.info({ pid: current.pid }, "the database server is back");
    } catch (error) {
      notBefore = performance.now() + Math.min(look * 2 ** failures++, longest);
      log.error({ err: error }, "the database server could not be started again");
    }
  };
  const timer = setInterval(() => {
    looking ??= check().finally(() => {
      looking = undefined;
    });
  }, look);
  timer.unref();

  return {
    current: () => current,
    async end() {
      ended = true;
      clearInterval(timer);
      await looking;
    },
  };
}
