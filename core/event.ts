/** What happens to a job. Durable events have a sequence number per job and can be replayed; live ones are lost when nobody listens. */
import type { Artifact } from "./artifact.ts";
import type { FailureView } from "./failure.ts";
import type { JobProgress, JobState } from "./job.ts";

export interface StateEvent {
  type: "state";
  /** From 1, without gaps, per job. */
  seq: number;
  job: string;
  at: Date;
  state: JobState;
  attempt: number;
  error?: FailureView;
  /** Why, in plain words, where the state alone does not say it ("worker lost, starting again"). */
  note?: string;
}

export interface ArtifactEvent {
  type: "artifact";
  seq: number;
  job: string;
  at: Date;
  artifact: Artifact;
}

export type JobEvent = StateEvent | ArtifactEvent;

export interface ProgressEvent {
  type: "progress";
  job: string;
  attempt: number;
  progress: JobProgress;
}

export interface PreviewEvent {
  type: "preview";
  job: string;
  mediaType: string;
  /** Base 64. */
  data: string;
}

export type LiveEvent = ProgressEvent | PreviewEvent;

/** What the bus carries between processes. `changed` means: read the row and its new events. */
export type BusMessage = LiveEvent | { type: "changed"; job: string; state: JobState; family: string } | { type: "settings"; name: string };
