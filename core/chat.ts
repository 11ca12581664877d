/** A chat turn and its typed parts: every face that shows a conversation renders the same parts. */
import type { DeliveryWish } from "./delivery.ts";
import type { FailureView } from "./failure.ts";
import type { JobProgress } from "./job.ts";
import type { JsonObject } from "./json.ts";
import type { Principal } from "./principal.ts";
import type { ArtifactView, JobView } from "./view.ts";

/** How a turn was planned; said in the reply when it was not the model's own tool calls. */
export type Planner = "native" | "guided" | "slash" | "rules";

export interface TurnRequest {
  principal: Principal;
  conversation: string;
  /** Id of the assistant message that will carry the answer; the same id again is the same turn. */
  message: string;
  text: string;
  /** Artifact ids attached to this turn. */
  attachments: readonly string[];
  /** Ids of the assistant messages before this one on this branch, oldest first; absent = all of the conversation. */
  branch?: readonly string[];
  /** Every job of this turn is owed to its message from the moment it is accepted, and leased to the caller. */
  delivery?: DeliveryWish;
  traceparent?: string;
}

export type Part =
  | { type: "text"; text: string }
  /** `delivery`, where the turn asked for it: the id of what its message is owed; null for a job that is only looked at. Said with the first part of a job. */
  | { type: "job"; job: JobView; delivery?: string | null }
  | { type: "progress"; job: string; progress: JobProgress; position?: number; seconds?: [number, number] }
  | { type: "preview"; job: string; media_type: string; data: string }
  | { type: "artifact"; job: string; artifact: ArtifactView }
  /** `id` is the approval that the answer is written to, `path` that of its page on this server. */
  | { type: "question"; id: string; text: string; plan: JsonObject; path?: string }
  | { type: "error"; error: FailureView; job?: string }
  | { type: "done"; conversation: string; message: string; planner: Planner; jobs: JobView[] };

export interface Agent {
  /** Plans and submits, then ends: `text`, `job`, `question` and `error` parts, and `done` last with every job of the turn that is to be followed. */
  turn(request: TurnRequest, signal: AbortSignal): AsyncIterable<Part>;
  /** What the planner can do now, for `doctor` and the start-up table. */
  status(): Promise<{ planner: Planner; model?: string; url?: string; note?: string; fix?: string }>;
  /** Gives the chat model's VRAM back (Ollama `keep_alive: 0`); nothing where there is none. */
  release?(signal: AbortSignal): Promise<void>;
}
