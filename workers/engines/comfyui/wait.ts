/** Waiting that an abort ends at once, and waiting for a ComfyUI that does not answer. */
import { Failure } from "../../../core/failure.ts";
import type { Run } from "../../../core/ports/engine.ts";
import type { Api } from "./api.ts";
import { startCommand } from "./engine-status.ts";
import { Unreachable } from "./http.ts";

/** Ends after `ms`, or earlier when `wake` is called; throws the signal's reason on abort. */
export function createPause(signal: AbortSignal): { sleep(ms: number): Promise<void>; wake(): void } {
  let end: (() => void) | undefined;
  let early = false;
  return {
    async sleep(ms) {
      signal.throwIfAborted();
      // woken between two sleeps: what woke us may not have been seen yet
      if (early) {
        early = false;
        return;
      }
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, ms);
        end = () => {
          clearTimeout(timer);
          resolve();
        };
        signal.addEventListener("abort", end, { once: true });
      });
      if (end) signal.removeEventListener("abort", end);
      end = undefined;
      early = false;
      signal.throwIfAborted();
    },
    wake() {
      if (end) end();
      else early = true;
    },
  };
}

export interface Patience {
  /** It answered: the next silence starts a new count. */
  answered(): void;
  /** Says that we wait and pauses before the next try; Failure `engine_unavailable` past the limit. */
  silent(cause: Unreachable): Promise<void>;
  /** Asks until ComfyUI answers. */
  insist<T>(ask: () => Promise<T>): Promise<T>;
  /** Waits until ComfyUI answers. */
  ready(): Promise<void>;
}

export function createPatience(api: Api, waitMinutes: number, run: Pick<Run, "signal" | "log">, say: (note: string) => void): Patience {
  let since: number | undefined;
  const pause = createPause(run.signal);
  const limit = `${waitMinutes} minute${waitMinutes === 1 ? "" : "s"}`;
  const patience: Patience = {
    answered() {
      if (since !== undefined) run.log.info({ url: api.http.address }, "ComfyUI answers again");
      since = undefined;
    },
    async silent(cause) {
      if (since === undefined) run.log.warn({ url: api.http.address, err: cause }, "ComfyUI does not answer; waiting for it");
      since ??= Date.now();
      if (Date.now() - since >= waitMinutes * 60_000)
        throw new Failure(
          "engine_unavailable",
          `ComfyUI at ${api.http.address} did not answer for ${limit}. Start it (${startCommand(api.http.address)}), then retry the job.`,
          { retryable: true, cause },
        );
      say(`ComfyUI at ${api.http.address} does not answer; waiting up to ${limit}`);
      await pause.sleep(api.timings.retry);
    },
    async insist(ask) {
      for (;;) {
        try {
          const answer = await ask();
          patience.answered();
          return answer;
        } catch (error) {
          if (!(error instanceof Unreachable)) throw error;
          await patience.silent(error);
        }
      }
    },
    async ready() {
      await patience.insist(() => api.systemStats({ signal: run.signal }));
    },
  };
  return patience;
}
