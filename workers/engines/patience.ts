/** Waiting for an engine that does not answer, up to a limit, and saying so: it may only be restarting. */
import { setTimeout as sleep } from "node:timers/promises";
import { Failure } from "../../core/failure.ts";
import type { Run } from "../../core/ports/engine.ts";

export interface Awaited {
  name: string;
  address: string;
  waitMinutes: number;
  /** Milliseconds between two tries. */
  retryMs: number;
  /** Whether an error is its silence, and no answer of its. */
  isSilence(error: unknown): boolean;
  /** The command that starts it. */
  start: string;
  /** Sentences behind "then retry the job" and behind the word that we wait. */
  retried?: string;
  meanwhile?: string;
}

export interface Patience {
  /** It answered: the next silence starts a new count. */
  answered(): void;
  /** Says that we wait and pauses before the next try; Failure `engine_unavailable` past the limit. */
  silent(cause: unknown): Promise<void>;
  /** Asks until the engine answers. */
  insist<T>(ask: () => Promise<T>): Promise<T>;
}

/** Throws the signal's reason on abort. */
export async function pause(ms: number, signal: AbortSignal): Promise<void> {
  await sleep(ms, undefined, { signal }).catch(() => undefined);
  signal.throwIfAborted();
}

export function createPatience(engine: Awaited, run: Pick<Run, "signal" | "log">, say: (note: string) => void): Patience {
  const { name, address, waitMinutes, retried = ".", meanwhile = "" } = engine;
  let since: number | undefined;
  const limit = `${waitMinutes} minute${waitMinutes === 1 ? "" : "s"}`;
  const patience: Patience = {
    answered() {
      if (since !== undefined) run.log.info({ url: address }, `${name} answers again`);
      since = undefined;
    },
    async silent(cause) {
      if (since === undefined) run.log.warn({ url: address, err: cause }, `${name} does not answer; waiting for it`);
      since ??= Date.now();
      if (Date.now() - since >= waitMinutes * 60_000)
        throw new Failure(
          "engine_unavailable",
          `${name} at ${address} did not answer for ${limit}. Start it (${engine.start}), then retry the job${retried}`,
          { retryable: true, cause },
        );
      say(`${name} at ${address} does not answer; waiting up to ${limit}${meanwhile}`);
      await pause(engine.retryMs, run.signal);
    },
    async insist(ask) {
      for (;;) {
        try {
          const answer = await ask();
          patience.answered();
          return answer;
        } catch (error) {
          if (!engine.isSilence(error)) throw error;
          await patience.silent(error);
        }
      }
    },
  };
  return patience;
}
