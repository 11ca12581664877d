/** Turns what A1111 tells of our task into progress a person understands. It never falls, also when a lost task begins anew. */
import type { JobProgress, Stage } from "../../../core/job.ts";
import type { Run } from "../../../core/ports/engine.ts";
import type { Standing } from "./truth.ts";

const loading = 0.02;
const workFrom = 0.05;
const work = 0.83;
const stored = 0.95;

export interface Tracker {
  waiting(note: string): void;
  running(standing: Standing): void;
  /** Of an enlargement, which tells no more than that it goes on. */
  upscaling(): void;
  storing(index: number): void;
}

/** @param share pictures before this task, in it, and in the whole job. */
export function createTracker(run: Pick<Run, "progress" | "preview">, share: { from: number; count: number; of: number }): Tracker {
  let furthest = 0;
  let last = "";

  const say = (stage: Stage, at: number, more: Pick<JobProgress, "step" | "steps" | "note"> = {}) => {
    furthest = Math.max(furthest, at);
    run.progress({ stage, fraction: (share.from + furthest * share.count) / share.of, ...more });
  };
  const which = (index: number) =>
    share.of > 1 ? { note: `picture ${share.from + Math.min(index, share.count - 1) + 1} of ${share.of}` } : {};

  return {
    waiting: (note) => say("waiting", 0, { note }),
    running({ state, fraction, preview }) {
      const { job_no, sampling_step, sampling_steps } = state;
      // what does not move says nothing: a card that hangs must not look alive
      const seen = `${job_no} ${sampling_step} ${fraction}`;
      if (seen !== last) {
        const steps =
          sampling_step > 0 && sampling_steps > 0 ? { step: Math.min(sampling_step, sampling_steps), steps: sampling_steps } : {};
        const encoding = job_no >= share.count;
        const stage = encoding ? "encoding" : fraction > 0 ? "sampling" : "loading";
        say(stage, encoding ? workFrom + work : fraction > 0 ? workFrom + work * fraction : loading, {
          ...which(job_no),
          ...(encoding ? {} : steps),
        });
      }
      last = seen;
      if (preview) run.preview(preview.mediaType, preview.data);
    },
    upscaling: () => say("upscaling", workFrom),
    storing: (index) => say("storing", stored + ((1 - stored) * index) / share.count, which(index)),
  };
}
