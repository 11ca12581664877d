/** What of some runs of a job still works in gpu-host, or is done, before an attempt begins another one. */
import type { Run } from "../../../core/ports/engine.ts";
import { type Patience, pause } from "../patience.ts";
import type { Api } from "./api.ts";
import { runsOf } from "./left.ts";
import { isOver, type RunView } from "./wire.ts";

export type Standing = { adopt: RunView } | { done: RunView } | { /** All over, newest first. */ runs: RunView[] };

/** @param which of the job's runs count: others are none of ours. */
export async function standing(
  api: Api,
  run: Run,
  patience: Patience,
  waiting: (note: string) => void,
  which: (view: RunView) => boolean = () => true,
): Promise<Standing> {
  for (;;) {
    const runs = (await patience.insist(() => runsOf(api, run.job.id, run.signal))).filter(which);
    // the attempt before this one put it down: what it leaves is known when it is over
    if (runs.some(({ state }) => state === "canceling")) {
      waiting("The run before this one is ending");
      await pause(api.timings.poll, run.signal);
      continue;
    }
    const alive = runs.find((view) => !isOver(view));
    if (alive) return { adopt: alive };
    const [newest] = runs;
    return newest?.state === "succeeded" ? { done: newest } : { runs };
  }
}
