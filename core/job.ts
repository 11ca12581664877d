/** The words for a job and the rules of its life: `queued → running → succeeded / failed / canceled`. */
import type { Artifact } from "./artifact.ts";
import type { Makes } from "./asset.ts";
import type { Consent } from "./consent.ts";
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

export const stages = [
  "waiting",
  "making_room",
  "loading",
  "checking",
  "captioning",
  "caching",
  "training",
  "sampling",
  "saving",
  "upscaling",
  "speaking",
  "animating",
  "lip_sync",
  "joining",
  "encoding",
  "storing",
] as const;
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
  /** Of a training, the mean of the last steps. */
  loss?: number;
  /** Of a training: the last step from which it can go on after a crash. */
  savedStep?: number;
}

/** What a person may tell a training that runs: a picture now, a state to go on from now, or to end here and keep what there is. */
export const orderNames = ["sample", "save", "keep"] as const;
export type OrderName = (typeof orderNames)[number];

/** Where in a chat a job was asked for. */
export interface Origin {
  conversation: string;
  /** Id of the assistant message that carries the answer. */
  message: string;
  /** Place of the call in the checked plan, from 0. */
  ordinal: number;
}

/** Jobs that were accepted together for one result: each stage is a job of its own, the head needs them and makes the result. */
export interface Tree {
  head: string;
  /** Name of this job's stage; absent for the head. */
  stage?: string;
  /** Job of each stage by its name, in the order in which they were prepared. A stage that was done again has another job in the new tree; the others are shared. */
  stages: Record<string, string>;
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
  /** Jobs that must succeed before this one may start. */
  needs?: string[];
  /** True while one of them has not succeeded: nobody may claim it. */
  blocked?: boolean;
  /** What it makes when it succeeds: an asset. */
  makes?: Makes;
  tree?: Tree;
  /** What a person should know of it each time, such as a licence that forbids commercial use. */
  notes?: string[];
  /** What a person agreed to, where it works with a voice or a face. */
  consent?: Consent;
  /** The last thing a person told it while it ran; `number` grows with each. */
  order?: { name: OrderName; number: number };
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
  /** Without parts (`Recipe.part`): those belong to the asset that it made. */
  artifacts: Artifact[];
}
