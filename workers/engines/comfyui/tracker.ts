/** Turns events of our prompt into progress a person understands; events of any other prompt are dropped. */
import type { JobProgress, Stage } from "../../../core/job.ts";
import type { Run } from "../../../core/ports/engine.ts";
import type { ComfyEvent } from "./events.ts";
import type { Graph } from "./wire.ts";

const workFrom = 0.05;
/** Stage by node class, and how far a picture is when that node starts. */
const stages: Record<string, { stage: Stage; at: number }> = {
  KSampler: { stage: "sampling", at: workFrom },
  ImageUpscaleWithModel: { stage: "upscaling", at: workFrom },
  VAEDecode: { stage: "encoding", at: 0.88 },
  PreviewImage: { stage: "encoding", at: 0.93 },
};
const before = { stage: "loading" as const, at: 0.02 };
const after = { stage: "encoding" as const, at: 0.88 };
const work = 0.83;
const stored = 0.95;

export interface Tracker {
  /** Events of this prompt count from now on. */
  follow(prompt: string, graph: Graph): void;
  onEvent(event: ComfyEvent): void;
  waiting(note: string): void;
  running(): void;
  storing(): void;
  /** Says the last thing again: we know that it still runs, but hear nothing. */
  repeat(): void;
  /** Whether anything was heard of this prompt. */
  readonly heard: boolean;
  /** `announced`: the end is written down in a moment; `written`: the truth can be looked up now. */
  readonly ended: "announced" | "written" | undefined;
}

/** @param share the part of the whole job that is this picture: `index` of `count`. */
export function createTracker(run: Pick<Run, "progress" | "preview">, share: { index: number; count: number }, onEnd: () => void): Tracker {
  let prompt: string | undefined;
  let graph: Graph = {};
  let executing = false;
  let heard = false;
  let ended: Tracker["ended"];
  let worked = false;
  let furthest = 0;
  let last: JobProgress = { stage: "waiting", fraction: share.index / share.count };

  const say = (stage: Stage, at: number, more: Pick<JobProgress, "step" | "steps" | "note"> = {}) => {
    // never falling, also when a prompt that was lost starts anew
    furthest = Math.max(furthest, at);
    const which = share.count > 1 ? { note: `picture ${share.index + 1} of ${share.count}` } : {};
    last = { stage, fraction: (share.index + furthest) / share.count, ...which, ...more };
    run.progress(last);
  };
  const end = (how: "announced" | "written") => {
    executing = false;
    ended = how;
    onEnd();
  };

  return {
    follow(id, nodes) {
      prompt = id;
      graph = nodes;
      executing = false;
      worked = false;
      heard = false;
      ended = undefined;
    },
    onEvent(event) {
      if (event.type === "preview") {
        // without a prompt id it is ours only while nothing else can run
        if (event.prompt === prompt || (event.prompt === undefined && executing)) run.preview(event.mediaType, event.data);
        return;
      }
      if (event.prompt !== prompt) {
        // one runs at a time: a preview without an id is no longer ours
        if (event.type === "start" || event.type === "executing") executing = false;
        return;
      }
      heard = true;
      if (event.type === "start") {
        executing = true;
        say(before.stage, before.at);
      } else if (event.type === "executing") {
        if (event.node === null) return end("written");
        executing = true;
        // any other node prepares the work or follows it
        const found = stages[graph[event.node]?.class_type ?? ""] ?? (worked ? after : before);
        worked ||= found.at === workFrom;
        const steps = graph[event.node]?.inputs["steps"];
        say(found.stage, found.at, typeof steps === "number" ? { step: 0, steps } : {});
      } else if (event.type === "progress") {
        executing = true;
        const found = stages[graph[event.node]?.class_type ?? ""];
        if (!found || event.max <= 0) return;
        say(found.stage, found.at + work * Math.min(1, event.value / event.max), { step: event.value, steps: event.max });
      } else if (ended === undefined) end("announced");
    },
    waiting: (note) => say("waiting", 0, { note }),
    running() {
      if (last.stage === "waiting") say(before.stage, before.at);
    },
    storing: () => say("storing", stored),
    repeat: () => run.progress(last),
    get heard() {
      return heard;
    },
    get ended() {
      return ended;
    },
  };
}
