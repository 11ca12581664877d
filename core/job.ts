/** The words for a job and the rules of its life: `queued → running → succeeded / failed / canceled`. */
import type { Artifact } from "./artifact.ts";
import type { FailureView } from "./failure.ts";
import type { JsonObject } from "./json.ts";

export const jobStates = ["queued", "running", "canceling", "succeeded", "failed", "canceled"] as const;
export type JobState = (typeof jobStates)[number];

const next: Record<JobState, readonly JobState[]> = {
  queued: ["running", "canceled", "failed"],
  // back to `queued`: parked by a person, or an infrastructure error that a later attempt may not meet
  running: ["succeeded", "failed", "canceling", "canceled", "queued"],
  canceling: ["canceled", "failed"],
  succeeded: [],
  // a retry is a new attempt of the same job
  failed: ["queued"],
  canceled: ["queued"],
};

export function isTerminal(state: JobState): boolean {
  return state === "succeeded" || state === "failed" || state === "canceled";
}

/** True where `from → to` is a step of the state machine. */
export function canMove(from: JobState, to: JobState): boolean {
  return next[from].includes(to);
}

export const stages = ["waiting", "making_room", "loading", "sampling", "upscaling", "encoding", "storing"] as const;
/** `waiting` = for an engine that does not answer, or a foreign prompt; `making_room` = VRAM is being freed. */
export type Stage = (typeof stages)[number];

/** The latest snapshot of a running job. Ephemeral: at most 4 a second, kept on the row for those who join late. */
export interface JobProgress {
  stage: Stage;
  /** 0 to 1 over the whole job, never falling within one attempt. */
  fraction: number;
  step?: number;
  steps?: number;
  /** Plain words for a person, such as "ComfyUI at http://127.0.0.1:8188 does not answer; waiting up to 10 minutes". */
  note?: string;
}

/** Where in a chat a job was asked for. */
export interface Origin {
  conversation: string;
  /** Id of the assistant message that carries the answer. */
  message: string;
  /** Place of the call in the checked plan, from 0. */
  ordinal: number;
}

export type JobClass = "interactive" | "training";

export interface Job {
  id: string;
  principal: string;
  tool: string;
  /** What runs, fully resolved: seed chosen, sizes in pixels, model named. Valid under the tool's own schema. */
  input: JsonObject;
  /** A few words for lists, such as `render_image: a red fox in fresh snow`. */
  title: string;
  state: JobState;
  /** What must be in VRAM: an engine and a model family, such as `comfy-sdxl`. One queue each. */
  family: string;
  engine: string;
  class: JobClass;
  vramGb: number;
  priority: number;
  /** The fence: number of the attempt that may publish. 0 = none yet. */
  attempt: number;
  /** Failed infrastructure attempts since the person last asked. */
  tries: number;
  parent?: string;
  origin?: Origin;
  key?: string;
  error?: FailureView;
  progress?: JobProgress;
  createdAt: Date;
  /** When it last became `queued`. */
  queuedAt: Date;
  startedAt?: Date;
  finishedAt?: Date;
  /** W3C trace context of the request that asked for it. */
  traceparent?: string;
}

export interface JobWithArtifacts extends Job {
  artifacts: Artifact[];
}
