/** Gives the card back: a run that nobody follows any more is ended, what stayed loaded for the next one is unloaded, and it is looked whether that is so. */
import { Failure } from "../../../core/failure.ts";
import type { Log } from "../../../core/log.ts";
import { pause } from "../patience.ts";
import type { Api } from "./api.ts";
import { endRun } from "./cancel.ts";
import { Refused, Unreachable } from "./http.ts";
import { parseRunId } from "./run-ids.ts";

/** Refusals of one that has nothing to unload, as it is older; and of one that works again. */
const nothing = new Set(["unknown_route", "not_found"]);
const busy = new Set(["card_busy", "run_active"]);

/** Whether it has nothing loaded any more, as far as it tells. */
async function unload(api: Api, log: Log, signal: AbortSignal): Promise<boolean> {
  try {
    const gone = await api.unload(signal);
    if (gone.length > 0) log.info({ unloaded: gone }, "gpu-host gave the memory of its programs back");
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
    if (busy.has(error.code)) return false;
    if (!nothing.has(error.code) && error.status !== 404) throw error;
  }
  const { owner, cards } = await api.gpu(signal);
  return owner === null && cards.every(({ ours }) => ours.length === 0);
}

export async function release(api: Api, log: Log, signal: AbortSignal): Promise<void> {
  let foreign = false;
  try {
    for (;;) {
      const { owner } = await api.gpu(signal);
      foreign = owner !== null && !parseRunId(owner);
      // another program's run is not ours to stop; the signal ends this waiting
      if (owner !== null && !foreign) await endRun(api, owner, true, log);
      else if (owner === null && (await unload(api, log, signal))) return;
      else await pause(api.timings.poll, signal);
    }
  } catch (error) {
    if (error instanceof Unreachable) {
      log.info({ err: error }, "gpu-host does not answer, so it holds no VRAM for us to free");
      return;
    }
    if (!signal.aborted) throw error;
    throw new Failure(
      "engine_failed",
      foreign
        ? "A run that is not ours holds the card. Wait for its end, or end it in gpu-host, then retry the job."
        : "gpu-host did not give the memory of its programs back in time. Look at its log, or start it again, then retry the job.",
      { retryable: true, cause: error },
    );
  }
}
