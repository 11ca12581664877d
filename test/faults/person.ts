/** One person with three servers to choose from: whatever breaks, the same request is asked again of another one until somebody answers. */
import { setTimeout as sleep } from "node:timers/promises";
import type { Client } from "../../core/client.ts";
import { Failure, type FailureCode } from "../../core/failure.ts";
import { createHttpClient } from "../../http/client.ts";
import { askJson } from "../../http/connection.ts";
import { pick } from "../harness/random.ts";

export interface Door extends Client {
  retry(id: string, signal: AbortSignal): Promise<unknown>;
}

export interface Person {
  readonly name: string;
  /** Until it is answered, each time by any of the servers. Rejects with a Failure that no later try can change, and with `GaveUp` after four minutes. */
  persist<T>(call: (door: Door, signal: AbortSignal) => Promise<T>): Promise<T>;
  /** Requests that were sent again, by what the try before came to. */
  readonly again: ReadonlyMap<string, number>;
  readonly doors: readonly Door[];
}

/** Of silence, until somebody else is asked. */
const patienceMs = 15_000;
const deadlineMs = 240_000;

class GaveUp extends Error {}

export const hasCode = (error: unknown, ...codes: FailureCode[]): boolean => error instanceof Failure && codes.includes(error.code);

/** It may be answered otherwise later, or elsewhere. */
const passes = (error: unknown): boolean =>
  error instanceof Failure ? error.retryable : ["TimeoutError", "AbortError"].includes((error as Error).name);

export function createPerson(name: string, key: string, urls: readonly string[], chance: () => number): Person {
  const doors = urls.map((url): Door => {
    const where = { url, key };
    return {
      ...createHttpClient(where, { patience: { tries: 2, firstMs: 200 } }),
      retry: (id, signal) => askJson(where, { method: "POST", path: `/v1/jobs/${id}/retry`, signal }),
    };
  });
  const again = new Map<string, number>();
  return {
    name,
    doors,
    again,
    async persist(call) {
      for (const end = Date.now() + deadlineMs; ; await sleep(150 + 400 * chance())) {
        try {
          const signal = AbortSignal.timeout(patienceMs);
          const late = new Promise<never>((_resolve, reject) => {
            signal.addEventListener("abort", () => reject(signal.reason), { once: true });
          });
          late.catch(() => undefined);
          return await Promise.race([call(pick(doors, chance), signal), late]);
        } catch (error) {
          if (!passes(error)) throw error;
          if (Date.now() > end) throw new GaveUp(`no answer for ${deadlineMs / 1000} s, at last: ${(error as Error).message}`);
          const why = error instanceof Failure ? error.code : (error as Error).name;
          again.set(why, (again.get(why) ?? 0) + 1);
        }
      }
    },
  };
}
