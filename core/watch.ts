/** Following a job: subscribe first, then read, then stream, so that a job that ends early is not missed. */
import type { BusMessage, JobEvent, LiveEvent } from "./event.ts";
import { Failure } from "./failure.ts";
import { isTerminal } from "./job.ts";
import type { Bus } from "./ports/bus.ts";
import type { JobStore } from "./ports/job-store.ts";
import { createStageProgress } from "./stage-progress.ts";

export interface WatchParts {
  jobs: JobStore;
  bus: Bus;
  /** Milliseconds between looks at the rows when the bus is silent: a notification may be lost, a row is not. Default 5000. */
  lookMs?: number;
}

export function unknownJob(id: string): Failure {
  return new Failure("unknown_job", `There is no job ${id.slice(0, 60)} of yours. list_jobs shows those there are.`);
}

/** Durable events with a number above `after`, in order and once each, with live ones between them; ends with the terminal one. */
export async function* watchJob(
  parts: WatchParts,
  principal: string,
  id: string,
  { after = 0, signal }: { after?: number; signal?: AbortSignal } = {},
): AsyncGenerator<JobEvent | LiveEvent> {
  const live: LiveEvent[] = [];
  let changed = false;
  let wake = () => {};
  const stages = createStageProgress(id);
  const hear = (message: BusMessage): void => {
    if (message.type === "settings") return;
    if (message.job === id && message.type === "changed") changed = true;
    else if (message.type === "changed") stages.changed(message);
    // of a clip, what its stages report is its own progress
    else for (const told of stages.told(message)) if (live.length < 100) live.push(told);
    if (changed || live.length > 0) wake();
  };
  const stopHearing = parts.bus.subscribe(hear);
  const onAbort = () => wake();
  signal?.addEventListener("abort", onAbort);
  try {
    const row = await parts.jobs.get(principal, id);
    if (!row) throw unknownJob(id);
    if (row.tree && row.tree.stage === undefined) await stages.begin(row.tree, (stage) => parts.jobs.get(principal, stage));
    // a number that this job never gave would hide its end
    const known = after === 0 || (await parts.jobs.events(id, after - 1)).length > 0;
    let seen = known ? after : 0;
    let finished = false;
    let first = true;
    while (!signal?.aborted) {
      changed = false;
      for (const event of await parts.jobs.events(id, seen)) {
        seen = event.seq;
        yield event;
        // a retried job has terminal states in its past: only the last one counts
        if (event.type === "state") finished = isTerminal(event.state);
      }
      if (first && !finished && row.state === "running" && row.progress)
        yield* stages.told({ type: "progress", job: id, attempt: row.attempt, progress: row.progress });
      // someone who comes back after the last event hears nothing more, and must not wait for it
      if (first && seen === after && isTerminal(row.state)) return;
      first = false;
      if (finished) return;
      while (live.length > 0 && !signal?.aborted) yield live.shift() as LiveEvent;
      if (changed || signal?.aborted) continue;
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, parts.lookMs ?? 5000);
        wake = () => {
          clearTimeout(timer);
          resolve();
        };
        if (changed || live.length > 0 || signal?.aborted) wake();
      });
    }
  } finally {
    stopHearing();
    signal?.removeEventListener("abort", onAbort);
  }
}
