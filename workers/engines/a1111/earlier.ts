/** What earlier attempts of a job left inside A1111: their pictures can no longer reach anybody, so they are stopped before ours is posted. */
import type { Run } from "../../../core/ports/engine.ts";
import type { Patience } from "../patience.ts";
import type { Api } from "./api.ts";
import { stopTask } from "./cancel.ts";
import { tasksOf } from "./task.ts";

export async function endEarlier(api: Api, run: Run, patience: Patience, say: (note: string) => void): Promise<void> {
  for (const id of run.earlierRefs.flatMap(tasksOf)) {
    await patience.insist(() => api.state(run.signal));
    await stopTask(api, id, run.log, {
      limit: api.timings.orphan,
      signal: run.signal,
      onQueued: () => say("An earlier try of this job still waits inside A1111/Forge; it is stopped as soon as it begins"),
    });
    run.signal.throwIfAborted();
  }
}
