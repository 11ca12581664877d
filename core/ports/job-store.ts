/** The record of what was accepted and what became of it. Each call is one transaction; PostgreSQL is the adapter. */
import type { Artifact, ArtifactDraft } from "../artifact.ts";
import type { AssetDraft, Makes } from "../asset.ts";
import type { JobEvent } from "../event.ts";
import type { FailureView } from "../failure.ts";
import type { Job, JobProgress, JobState, JobWithArtifacts, OrderName } from "../job.ts";
import type { JsonObject } from "../json.ts";
import type { ApprovalRef } from "./approval-store.ts";
import type { NewDelivery } from "./delivery-store.ts";

export type NewJob = Pick<
  Job,
  | "id"
  | "principal"
  | "tool"
  | "input"
  | "title"
  | "family"
  | "engine"
  | "class"
  | "vramGb"
  | "key"
  | "parent"
  | "origin"
  | "traceparent"
  | "needs"
  | "makes"
  | "tree"
  | "notes"
  | "consent"
> & {
  /** SHA-256 of tool and input as the person gave them, before a seed was chosen: what "the same request" means. */
  requestDigest: string;
  /** Failure `limit_exceeded` where the principal already has this many jobs waiting. */
  maxWaiting?: number;
  /** The yes that this job uses up in the same transaction. Failure `conflict` where it is none, or was used before. */
  approval?: ApprovalRef;
  /** That the result is owed to a chat: a row in the same transaction. Nothing where the job is not made by this. */
  delivery?: Omit<NewDelivery, "principal" | "job">;
  /** Jobs that are accepted in the same transaction, before this one: those of its tree that are new. Each may need those before it. */
  stages?: NewJob[];
};

export interface Attempt {
  number: number;
  worker: string;
  startedAt: Date;
  endedAt?: Date;
  outcome?: "succeeded" | "failed" | "canceled" | "requeued" | "lost";
  /** Name of the work inside the engine (ComfyUI: the prompt id), stored before the engine hears of it. */
  engineRef?: string;
}

export interface Claim {
  job: Job;
  /** Earlier attempts, oldest first: what one of them left in an engine can be adopted or must be canceled. */
  previous: Attempt[];
}

export type Outcome =
  | { type: "failed"; error: FailureView }
  | { type: "canceled" }
  /** Back to `queued`. `counts` = it uses up one of the tries (an error did it, not a person). */
  | { type: "requeued"; counts: boolean; note: string }
  /** Back to `queued` on behalf of a worker that is dead; false where it has shown life since `heartbeatAt`. */
  | { type: "lost"; heartbeatAt: Date | undefined; note: string };

export interface JobFilter {
  states?: readonly JobState[];
  tool?: string;
  conversation?: string;
  /** 1 to 200, newest first. Default 20. */
  limit?: number;
  /** Only jobs created before this job (paging). */
  before?: string;
}

export interface WaitingFamily {
  family: string;
  jobs: number;
  /** Lowest number first. */
  bestPriority: number;
  /** When the job that goes first became queued. */
  firstQueuedAt: Date;
}

export interface OpenJob {
  id: string;
  family: string;
  state: JobState;
  priority: number;
  attempt: number;
  /** Waits for another job: it is not for the queue yet. */
  blocked?: boolean;
  /** Last heartbeat of the running attempt. */
  heartbeatAt?: Date;
}

export interface JobStore {
  /**
   * Row, first event, notification and, where it is asked for, delivery in one transaction. Priority = 1 + that principal's jobs already waiting (+ 1000 for training).
   * The same principal, tool and key again: the same job if the digest is the same, else Failure `key_conflict`.
   */
  accept(job: NewJob): Promise<{ job: Job; created: boolean }>;
  /** The job that this key already made, if any; Failure `key_conflict` where the digest differs. */
  findByKey(principal: string, tool: string, key: string, requestDigest: string): Promise<Job | undefined>;
  /** Another principal's job is answered as an unknown one. */
  get(principal: string, id: string): Promise<JobWithArtifacts | undefined>;
  list(principal: string, filter: JobFilter): Promise<JobWithArtifacts[]>;
  /** Durable events with a number above `after`, in order. */
  events(job: string, after: number): Promise<JobEvent[]>;
  /** 1 = the next to start in its family; undefined when it does not wait. */
  position(id: string): Promise<number | undefined>;
  /** The last (at most 20) succeeded jobs of this tool and family, newest first: what they did, and how many seconds they ran. */
  history(tool: string, family: string): Promise<{ input: JsonObject; seconds: number }[]>;

  /** Attempt + 1 and state `running`; an older open attempt is closed as lost. Undefined when there is nothing to do (terminal, or canceled meanwhile: it is then settled as canceled). */
  claim(id: string, worker: string): Promise<Claim | undefined>;
  /** Stores the engine's name for this attempt. False when fenced. */
  setEngineRef(id: string, attempt: number, ref: string): Promise<boolean>;
  /** Keeps the snapshot and the heartbeat. `fenced`: another attempt has taken over; `canceling`: stop. */
  beat(id: string, attempt: number, progress?: JobProgress): Promise<"ok" | "canceling" | "fenced">;
  /**
   * Artifact rows, the asset (under the next free name where its own was taken meanwhile), state `succeeded` and events in one compare-and-set on the fence; no event for a part.
   * `fenced`: nothing was written. `canceled`: the person canceled first.
   */
  publish(
    id: string,
    attempt: number,
    artifacts: readonly ArtifactDraft[],
    asset?: AssetDraft,
  ): Promise<"published" | "canceled" | "fenced">;
  /** Ends an attempt without a result. False when fenced. */
  settle(id: string, attempt: number, outcome: Outcome): Promise<boolean>;

  /** Queued → canceled at once; running → canceling. Terminal stays. Undefined = unknown to this principal. */
  cancel(principal: string, id: string): Promise<Job | undefined>;
  /** Failed or canceled → queued, with the row of what a chat is owed, where it is none yet; Failure `conflict` from any other state. Undefined = unknown to this principal. */
  retry(principal: string, id: string, delivery?: NewJob["delivery"]): Promise<Job | undefined>;

  /** A word to a job that runs, with a notification; Failure `conflict` where it does not run. Undefined = unknown to this principal. */
  order(principal: string, id: string, name: OrderName): Promise<Job | undefined>;
  /** The newest head of whose stages this job is one: a stage that was kept when another was done again has several. */
  headOf(principal: string, stage: string): Promise<string | undefined>;
  /** Open jobs of this principal that speak with this voice. */
  speaking(principal: string, voice: string, maker?: string): Promise<string[]>;
  /** Open jobs of this principal that will make an asset. */
  promises(principal: string): Promise<{ job: string; makes: Makes }[]>;
  /** Frees the jobs whose needs have all succeeded, and ends those of which one has failed or was canceled (`needs_failed`). Returns the freed ones, for the queue. */
  freeNeeds(): Promise<{ id: string; family: string; priority: number }[]>;

  /** What waits and may start, one entry a family. */
  waiting(): Promise<WaitingFamily[]>;
  /** Every job that is not terminal. */
  open(): Promise<OpenJob[]>;
}

export interface ArtifactStore {
  /** Another principal's artifact is answered as an unknown one. */
  get(principal: string, id: string): Promise<Artifact | undefined>;
  /** Whose it is, for whom no principal asks: a signed link. */
  owner(id: string): Promise<string | undefined>;
  addUpload(artifact: Artifact): Promise<void>;
  /** The rows of this principal's among these go. Returns where their files lie. */
  remove(principal: string, ids: readonly string[]): Promise<string[]>;
  /** Newest first, without parts. `sha256`: those with these bytes alone. */
  list(principal: string, options: { conversation?: string; sha256?: string; limit?: number }): Promise<Artifact[]>;
  /** Whether some row points at this stored file: what has none may be swept. */
  isReferenced(storageKey: string): Promise<boolean>;
}
