/** Waiting for the end of a job: the bus tells it, and the row is read at the beginning and at the end alone. */
import type { BusMessage } from "./event.ts";
import { isTerminal, type JobProgress, type JobWithArtifacts } from "./job.ts";
import { createStageProgress, type StageState } from "./stage-progress.ts";
import type { WatchParts } from "./watch.ts";

interface WaitOptions {
  /** Milliseconds; 0 = as it stands. */
  ms: number;
  signal?: AbortSignal;
  progress?: (fraction: number, note: string) => void;
  /** At a stage of a clip; without it only the clip's own job is told. */
  look?: (stage: string) => Promise<StageState | undefined>;
}

/** The job when it is terminal, or as it is when the time is over or the signal ends. @param read the row; what it throws is thrown. */
export async function waitForEnd(
  { bus, lookMs = 5000 }: Pick<WatchParts, "bus" | "lookMs">,
  read: () => Promise<JobWithArtifacts>,
  id: string,
  { ms, signal, progress, look }: WaitOptions,
): Promise<JobWithArtifacts> {
  const say = ({ fraction, note, stage }: JobProgress): void => progress?.(fraction, note ?? stage);
  let ended = false;
  let wake = (): void => {};
  const stages = createStageProgress(id);
  const hear = (message: BusMessage): void => {
    if (message.type === "settings") return;
    // of a clip, what its stages report is its own progress
    for (const told of stages.told(message)) if (told.type === "progress") say(told.progress);
    if (message.type === "changed") stages.changed(message);
    if (message.type !== "changed" || message.job !== id || !isTerminal(message.state)) return;
    ended = true;
    wake();
  };
  const until = Date.now() + ms;
  const onAbort = (): void => wake();
  const stopHearing = bus.subscribe(hear);
  signal?.addEventListener("abort", onAbort);
  try {
    for (let first = true; ; first = false) {
      ended = false;
      const job = await read();
      const left = until - Date.now();
      if (isTerminal(job.state) || left <= 0 || signal?.aborted) return job;
      if (first && job.tree?.head === id && look) await stages.begin(job.tree, look);
      if (first && job.state === "running" && job.progress)
        for (const told of stages.told({ type: "progress", job: id, attempt: job.attempt, progress: job.progress }))
          if (told.type === "progress") say(told.progress);
      // a notification may be lost, a row is not
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, Math.min(left, lookMs));
        wake = () => {
          clearTimeout(timer);
          resolve();
        };
        if (ended || signal?.aborted) wake();
      });
    }
  } finally {
    stopHearing();
    signal?.removeEventListener("abort", onAbort);
  }
}
