/** Ends a run and makes sure that it is over: only then is the card free. */
import { setTimeout as sleep } from "node:timers/promises";
import type { Log } from "../../../core/log.ts";
import type { Api } from "./api.ts";
import { Refused } from "./http.ts";
import { isOver, type RunView } from "./wire.ts";

/**
 * @param keep whether what it saved stays, to go on from.
 * @param late milliseconds during which "unknown" is not believed, because its post may still arrive.
 * Never throws. The run as it ended; undefined where gpu-host does not know it, or did not confirm its end in time.
 */
export async function endRun(api: Api, id: string, keep: boolean, log: Log, late = 0): Promise<RunView | undefined> {
  const begun = Date.now();
  const limit = AbortSignal.timeout(api.timings.confirm);
  for (let wait = 50, told = false; !limit.aborted; wait = Math.min(wait * 2, api.timings.poll)) {
    try {
      const run = await api.run(id, limit);
      if (isOver(run)) return run;
      if (!told || run.state !== "canceling") await api.cancel(id, keep, limit);
      told = true;
    } catch (error) {
      const unknown = error instanceof Refused && error.code === "unknown_run";
      if (unknown && Date.now() - begun >= late) return undefined;
      if (!unknown) log.debug({ err: error, run: id }, "gpu-host did not answer while a run was ended");
    }
    await sleep(wait, undefined, { signal: limit }).catch(() => undefined);
  }
  log.warn({ run: id }, "gpu-host did not confirm that a run is over");
  return undefined;
}
