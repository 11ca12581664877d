/** The newest answer to a question that may take long: asked again now and then, never waited for. */
import { within } from "./make.ts";

export interface Look<T> {
  /** Asks unless it was asked a moment ago or still is. Never throws. */
  start(): void;
  /** Undefined before the first answer; `failed` where there was none, or none in time. */
  readonly latest: T | "failed" | undefined;
}

/** @param everyMs least time between two beginnings. @param patienceMs after which there was no answer. */
export function createLook<T>(ask: () => Promise<T>, { everyMs, patienceMs = 5000 }: { everyMs: number; patienceMs?: number }): Look<T> {
  let latest: T | "failed" | undefined;
  let begun = Number.NEGATIVE_INFINITY;
  let asking = false;
  const look = async (): Promise<void> => {
    try {
      latest = await within(patienceMs, ask());
    } catch {
      latest = "failed";
    }
    asking = false;
  };
  return {
    start() {
      const now = performance.now();
      if (asking || now - begun < everyMs) return;
      asking = true;
      begun = now;
      void look();
    },
    get latest() {
      return latest;
    },
  };
}
