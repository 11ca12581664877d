/** What the nodes of one turn share: the request, what the conversation made so far, and the way to the reader. Never checkpointed. */
import type { Part, Planner, TurnRequest } from "../core/chat.ts";
import type { Deliveries } from "../core/deliveries.ts";
import type { Log } from "../core/log.ts";
import type { Metrics } from "../core/ports/metrics.ts";
import type { Plans } from "../core/ports/stores.ts";
import type { Tracing } from "../core/ports/tracing.ts";
import type { Studio } from "../core/studio.ts";
import type { JobView } from "../core/view.ts";
import type { Brought } from "./memory/brought.ts";
import type { Memory } from "./memory/memory.ts";
import type { ChatModelSource } from "./model.ts";

export interface AgentParts {
  studio: Studio;
  plans: Plans;
  /** For turns that ask for it: absent where no chat is owed anything. */
  deliveries?: Pick<Deliveries, "create">;
  model?: ChatModelSource | undefined;
  /** Calls a turn may make. Default 8. */
  budget?: number;
  metrics: Pick<Metrics, "turn">;
  /** Absent where no traces are made. */
  tracing?: Tracing;
  log: Log;
}

export interface Turn {
  readonly parts: AgentParts;
  readonly request: TurnRequest;
  /** Ends the planning. Once a plan is stored, its submits go on without a reader. */
  readonly signal: AbortSignal;
  /** What this branch of the conversation made; read once, after the plan node has set `brought`. */
  memory(): Promise<Memory>;
  /** Photos of earlier messages, as the thread keeps them. */
  brought: readonly Brought[];
  emit(part: Part): void;
  /** Shows text and keeps it for the thread. */
  say(text: string): void;
  readonly said: string[];
  /** Jobs to be followed, by id, in order. */
  readonly jobs: Map<string, JobView>;
  planner: Planner;
  /** Remarks about the planner that this turn makes, for a conversation to hear once. */
  readonly notes: string[];
  /** True where the model's text was already shown while it came. */
  streamed: boolean;
  /** True where the plan was read from the store: this message was here before. */
  replayed: boolean;
}
