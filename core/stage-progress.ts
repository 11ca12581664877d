/** How far a clip is, told from what its stages report: they are jobs of their own, and nobody who waits for the clip follows them. */
import type { BusMessage, LiveEvent } from "./event.ts";
import type { JobState, Tree } from "./job.ts";

/** How a stage stands when somebody begins to follow. */
export interface StageState {
  state: JobState;
  progress?: { fraction: number };
}

export interface StageProgress {
  /** @param look at a stage's job; undefined where it is gone. */
  begin(tree: Tree, look: (job: string) => Promise<StageState | undefined>): Promise<void>;
  changed(message: BusMessage & { type: "changed" }): void;
  /** What is to be told of the head: its own reports and those of its stages, as a part of the whole. */
  told(message: LiveEvent | BusMessage): LiveEvent[];
}

/** @param head job that is followed; without `begin` it has no stages, and is told as it reports. */
export function createStageProgress(head: string): StageProgress {
  /** Name and how far it is, by job. */
  const stages = new Map<string, { name: string; done: boolean; fraction: number }>();
  let own = 0;
  let reached = 0;

  const part = (): number => {
    const sum = [...stages.values()].reduce((all, { done, fraction }) => all + (done ? 1 : fraction), own);
    reached = Math.max(reached, sum / (stages.size + 1));
    return reached;
  };

  return {
    async begin({ stages: jobs }, look) {
      for (const [name, job] of Object.entries(jobs)) {
        const found = await look(job);
        stages.set(job, { name, done: found?.state === "succeeded", fraction: found?.progress?.fraction ?? 0 });
      }
    },
    changed({ job, state }) {
      const stage = stages.get(job);
      if (stage) stage.done = state === "succeeded";
    },
    told(message) {
      if (message.type !== "progress" && message.type !== "preview") return [];
      const stage = stages.get(message.job);
      if (message.job !== head && (!stage || stage.done)) return [];
      if (message.type === "preview") return [{ ...message, job: head }];
      if (stages.size === 0) return [message];
      const { fraction, note, ...progress } = message.progress;
      if (stage) stage.fraction = fraction;
      else own = fraction;
      const words = stage ? `${stage.name}${note === undefined ? "" : `: ${note}`}` : note;
      // a stage has attempts of its own: to those who follow the head they are not its attempts
      const attempt = stage ? 0 : message.attempt;
      const told = { ...progress, fraction: part(), ...(words !== undefined ? { note: words } : {}) };
      return [{ type: "progress", job: head, attempt, progress: told }];
    },
  };
}
