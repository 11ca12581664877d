/** Gives the card back: the checkpoint is unloaded when nothing is drawn, then a look at its memory until it is so. */
import { Failure } from "../../../core/failure.ts";
import type { Log } from "../../../core/log.ts";
import type { Api } from "./api.ts";
import { Unreachable } from "./http.ts";
import { isBusy } from "./truth.ts";
import type { Memory } from "./wire.ts";

/** What torch keeps for itself when no checkpoint is loaded. */
const idleBytes = 1024 ** 3;
/** Growth below this is noise of other programs on the card. */
const noiseBytes = 64 * 1024 ** 2;
/** Unloading copies the checkpoint into ordinary memory. */
const slow = 60_000;

const held = ({ cuda }: Memory) => cuda.reserved?.current;

export async function release(api: Api, log: Log, sleep: (ms: number) => Promise<void>, signal: AbortSignal): Promise<void> {
  const step = Math.min(250, api.timings.poll);
  try {
    // unloaded in the middle of a picture it would fail, and what is drawn now need not be ours
    while ((await isBusy(api, signal)).busy) await sleep(api.timings.poll);
    const before = held(await api.memory({ signal }));
    const { status } = await api.post("/sdapi/v1/unload-checkpoint", {}, { timeout: slow, signal });
    // where there is no figure of a card there is nothing to look at
    if (before === undefined || (before <= idleBytes && status === 200)) return;
    let end = Date.now() + api.timings.free;
    let lowest = before;
    for (let steady = 0; Date.now() < end; ) {
      await sleep(step);
      const now = held(await api.memory({ signal }));
      if (now === undefined || now <= idleBytes) return;
      steady = now < lowest - noiseBytes ? 0 : steady + 1;
      lowest = Math.min(lowest, now);
      if (lowest < before - noiseBytes && steady >= 4) return;
      // someone began to draw in between: it is unloaded after that
      if ((await isBusy(api, signal)).busy) {
        while ((await isBusy(api, signal)).busy) await sleep(api.timings.poll);
        await api.post("/sdapi/v1/unload-checkpoint", {}, { timeout: slow, signal });
        end = Date.now() + api.timings.free;
      }
    }
  } catch (error) {
    if (!(error instanceof Unreachable)) throw error;
    log.info({ err: error }, "A1111/Forge does not answer, so it holds no VRAM for us to free");
    return;
  }
  throw new Failure(
    "engine_failed",
    "A1111/Forge did not give the graphics card back after it was asked to. Restart it (an extension may hold a model), then retry the job.",
    { retryable: true },
  );
}
