/** A run's events as progress of a job that is no training. */
import type { Stage } from "../../../core/job.ts";
import type { Run } from "../../../core/ports/engine.ts";
import type { RunEvent } from "./wire.ts";

export interface Tell {
  on(event: RunEvent): void;
  /** While nothing can be done. */
  waiting(note: string): void;
}

/** @param step what was done of it, told where the engine counts. @param stage shown while it works, without a count. */
export function createTell(run: Pick<Run, "progress">, stage: Stage, step: (done: number, of: number) => void): Tell {
  return {
    on(event) {
      if (event.type === "step" && event.total > 0) step(event.step, event.total);
      else if (event.type === "stage") run.progress({ stage: event.name === "loading" ? "loading" : stage, fraction: 0 });
      else if (event.type === "warning") run.progress({ stage, fraction: 0, note: event.message });
    },
    waiting: (note) => run.progress({ stage: "waiting", fraction: 0, note }),
  };
}
