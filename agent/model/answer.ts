/** What a planning model is asked and what it says, whichever server it runs on. */
import type { BaseMessage } from "@langchain/core/messages";
import { Failure } from "../../core/failure.ts";
import type { JsonObject } from "../../core/json.ts";

/** A tool as chat servers take it. */
export interface OfferedTool {
  type: "function";
  function: { name: string; description: string; parameters: JsonObject };
}

export interface ModelCall {
  id: string;
  name: string;
  /** As the model wrote it: not yet checked. */
  input: JsonObject;
}

export interface ModelAnswer {
  text: string;
  calls: ModelCall[];
  /** The answer met its length limit: what there is of it must not be trusted to be whole. */
  cut: boolean;
}

export interface AskOptions {
  signal: AbortSignal;
  onText(text: string): void;
  /** The answer is one JSON object of this schema, and at most so many tokens. */
  form?: { schema: JsonObject; tokens: number };
}

export interface PlanningModel {
  name: string;
  url: string;
  /** Looks at pictures inside messages; where a server does not tell, it is tried. */
  sees?: boolean;
  /** Streams text to `onText`. Failures `model_unavailable`, `model_failed`; an abort throws the signal's reason. */
  ask(messages: BaseMessage[], tools: OfferedTool[], options: AskOptions): Promise<ModelAnswer>;
}

/** A server that tells no capabilities refused this kind of request: the same message is planned in another way. */
export class NotOffered extends Failure {
  constructor(what: "tool calls" | "answers to a schema", model: string, said: string) {
    super("model_failed", `The chat model ${model} offers no ${what}: "${said}".`);
  }
}

export interface Tuning {
  /** Tokens of context. Default 8192: the catalogue takes about 2500 of it. */
  contextTokens?: number;
  /** Most tokens of one answer. Default 1024. */
  answerTokens?: number;
  /** How long Ollama keeps the model in VRAM after an answer. Default `5m`. */
  keepAlive?: string;
  /** CPU threads; Ollama's own choice when absent. */
  threads?: number;
  /** Milliseconds without a word after which a model counts as stuck; loading a large one takes a while. Default 180 000; more than 300 000 changes nothing. */
  patience?: number;
}

export const tuned = (tuning: Tuning) => ({
  contextTokens: tuning.contextTokens ?? 8192,
  answerTokens: tuning.answerTokens ?? 1024,
  keepAlive: tuning.keepAlive ?? "5m",
  patience: tuning.patience ?? 180_000,
});
