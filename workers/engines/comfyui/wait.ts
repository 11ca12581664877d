/** Waiting that an abort ends at once, and waiting for a ComfyUI that does not answer. */
import type { Run } from "../../../core/ports/engine.ts";
import { createPatience, type Patience } from "../patience.ts";
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

/** Patience that can also wait for no answer but that there is one. */
export interface ComfyuiPatience extends Patience {
  ready(): Promise<void>;
}

export function patienceWith(
  api: Api,
  waitMinutes: number,
  run: Pick<Run, "signal" | "log">,
  say: (note: string) => void,
): ComfyuiPatience {
  const { address } = api.http;
  const comfyui = {
    ...{ name: "ComfyUI", address, start: startCommand(address), waitMinutes, retryMs: api.timings.retry },
    isSilence: (error: unknown) => error instanceof Unreachable,
  };
  const patience = createPatience(comfyui, run, say);
  return { ...patience, ready: () => patience.insist(async () => void (await api.systemStats({ signal: run.signal }))) };
}
