/** Where a job stands in gpu-host before this attempt does anything: it may still train, be done, or have left something to go on from. */
import type { Run, TrainRequest } from "../../../core/ports/engine.ts";
import { type Patience, pause } from "../patience.ts";
import type { Api } from "./api.ts";
import { runsOf } from "./left.ts";
import { afterEarlier, type Next } from "./next.ts";
import type { Teller } from "./teller.ts";
import { isOver, type RunView } from "./wire.ts";

export type Found = { adopt: RunView } | { done: RunView } | { next: Next };

export async function lookBack(api: Api, run: Run, request: TrainRequest, patience: Patience, teller: Teller): Promise<Found> {
  for (;;) {
    const runs = await patience.insist(() => runsOf(api, run.job.id, run.signal));
    // the attempt before this one put it down: what it leaves is known when it is over
    if (runs.some(({ state }) => state === "canceling")) {
      teller.waiting("The training before this one is ending");
      await pause(api.timings.poll, run.signal);
      continue;
    }
    const alive = runs.find((view) => !isOver(view));
    if (alive) return { adopt: alive };
    const [newest] = runs;
    if (newest?.state === "succeeded") return { done: newest };
    if (!newest && run.earlierRefs.length === 0) return { next: { smaller: false } };
    return { next: afterEarlier(request, runs) };
  }
}
