/** Gives the card back. Nothing is loaded while no run works; one that nobody follows any more is ended, and can be gone on from. */
import { Failure } from "../../../core/failure.ts";
import type { Log } from "../../../core/log.ts";
import { pause } from "../patience.ts";
import type { Api } from "./api.ts";
import { endRun } from "./cancel.ts";
import { Unreachable } from "./http.ts";
import { parseRunId } from "./run-ids.ts";

export async function release(api: Api, log: Log, signal: AbortSignal): Promise<void> {
  try {
    for (;;) {
      const { owner } = await api.gpu(signal);
      if (owner === null) return;
      // another program's training is not ours to stop; the signal ends this waiting
      if (parseRunId(owner)) await endRun(api, owner, true, log);
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
      "A training that is not ours holds the card. Wait for its end, or end it in gpu-host, then retry the job.",
      {
        retryable: true,
        cause: error,
      },
    );
  }
}
