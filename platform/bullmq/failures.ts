/** Queue trouble in words for a person, patience with a limit, and a log that does not repeat itself. */
import { Failure } from "../../core/failure.ts";
import type { Log } from "../../core/log.ts";

export function queueFailure(server: string, error: unknown): Failure {
  if (error instanceof Failure) return error;
  const full = error instanceof Error && /OOM command not allowed|53100|No space left/.test(`${error.message}`);
  const message = full
    ? `The job queue (${server}) is full. What was accepted is kept and queued as soon as there is room: give ${server} more memory or disk.`
    : `The job queue (${server}) does not answer. What was accepted is kept and queued as soon as it is back; \`myspinbot doctor\` shows what is wrong.`;
  return new Failure("queue_unavailable", message, { cause: error, retryable: true });
}

const ticks = 10;

/**
 * The same promise, rejected after `ms`. The work itself goes on: only nobody waits for it any more.
 * Only time in which we could have heard an answer counts: on a machine that is busy, such as while everything on it starts, the silence is our own.
 */
export async function within<T>(ms: number, work: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  let left = ticks;
  const late = new Promise<never>((_, reject) => {
    timer = setInterval(() => {
      if (--left === 0) reject(new Error(`no answer within ${ms} ms`));
    }, ms / ticks);
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearInterval(timer);
  }
}

/** A server that is down makes every connection complain several times a second: each text is a warning once in `ms`, else debug. */
export function quietly(log: Log, ms = 10_000): (error: unknown, text: string) => void {
  const said = new Map<string, number>();
  return (error, text) => {
    const key = `${text}: ${error instanceof Error ? error.message : error}`;
    const now = Date.now();
    if (now - (said.get(key) ?? 0) < ms) {
      log.debug({ err: error }, text);
      return;
    }
    if (said.size > 100) said.clear();
    said.set(key, now);
    log.warn({ err: error }, text);
  };
}
