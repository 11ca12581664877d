/** Turns events of our prompt into progress a person understands; events of any other prompt are dropped. */
import type { JobProgress, Stage } from "../../../core/job.ts";
import type { Run } from "../../../core/ports/engine.ts";
import type { ComfyEvent } from "./events.ts";
import type { Graph } from "./wire.ts";

const workFrom = 0.05;
/** Stage by node class, and how far a picture is when that node starts. */
const stages: Record<string, { stage: Stage; at: number }> = {
  KSampler: { stage: "sampling", at: workFrom },
  KSamplerAdvanced: { stage: "sampling", at: workFrom },
  SamplerCustom: { stage: "sampling", at: workFrom },
  ImageUpscaleWithModel: { stage: "upscaling", at: workFrom },
  VAEDecode: { stage: "encoding", at: 0.88 },
  PreviewImage: { stage: "encoding", at: 0.93 },
  CreateVideo: { stage: "encoding", at: 0.93 },
  SaveVideo: { stage: "encoding", at: 0.93 },
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

/** Where a series lies in its job's progress (fractions), and what one of it is called. */
export interface Share {
  from: number;
  to: number;
  called: string;
}

/** Nodes that do the work of a graph, in their order: some graphs have two, one after the other. */
const workers = (graph: Graph) => Object.keys(graph).filter((node) => stages[graph[node]?.class_type ?? ""]?.at === workFrom);

/** @param place the part of the series that is this picture: `index` of `count`. */
export function createTracker(
  run: Pick<Run, "progress" | "preview">,
  place: { index: number; count: number; share?: Share },
  onEnd: () => void,
): Tracker {
  const { from, to, called } = place.share ?? { from: 0, to: 1, called: "picture" };
  const fractionAt = (at: number) => from + ((to - from) * (place.index + at)) / place.count;
  let prompt: string | undefined;
  let graph: Graph = {};
  let executing = false;
  let heard = false;
  let ended: Tracker["ended"];
  let worked = false;
  let furthest = 0;
  let last: JobProgress = { stage: "waiting", fraction: fractionAt(0) };

  const say = (stage: Stage, at: number, more: Pick<JobProgress, "step" | "steps" | "note"> = {}) => {
    // never falling, also when a prompt that was lost starts anew
    furthest = Math.max(furthest, at);
    const which = place.count > 1 ? { note: `${called} ${place.index + 1} of ${place.count}` } : {};
    last = { stage, fraction: fractionAt(furthest), ...which, ...more };
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
        const all = found.at === workFrom ? workers(graph) : [event.node];
        const part = (all.indexOf(event.node) + Math.min(1, event.value / event.max)) / all.length;
        say(found.stage, found.at + work * part, { step: event.value, steps: event.max });
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
