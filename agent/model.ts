/** Which chat model plans: a configured OpenAI-compatible server, else Ollama, else none. The model's own capabilities decide how. */
import type { Agent } from "../core/chat.ts";
import type { Log } from "../core/log.ts";
import type { Card, ChatMemory } from "../core/ports/card.ts";
import type { PlanningModel, Tuning } from "./model/answer.ts";
import { createOllamaSource } from "./model/ollama-source.ts";
import { createOpenAiSource } from "./model/openai-source.ts";
import type { WhileBusy } from "./model/placement.ts";

/** What plans this turn. `note` is said to the person where it is not the model's own tool calls. */
export type PlannerChoice =
  | { planner: "native"; model: PlanningModel }
  /** `better`: the command that brings a model that calls tools, where there is one. */
  | { planner: "guided"; model: PlanningModel; better?: string }
  | { planner: "rules"; note?: string };

export interface ChatModelSource {
  /** Failure `model_unavailable`, naming the model and the command that brings it, where one was configured or seen and does not answer. */
  choose(signal: AbortSignal): Promise<PlannerChoice>;
  /** Never throws. */
  status(): ReturnType<Agent["status"]>;
  /** Unloads models of ours and waits until they are gone; nothing where there are none. */
  release(signal: AbortSignal): Promise<void>;
  /** What it takes of the card; absent for a server that cannot be told to give it back. */
  memory?: ChatMemory;
  /** Whether another request to the same server must stay off the card, such as a caption for a picture; asked right before each. `model` is then one of ours, and gives way to jobs. */
  onCpu(model?: string): Promise<boolean>;
}

export interface ChatModelOptions {
  /** `configured`: the person named the address or the model, so that it is waited for and never replaced by rules. */
  ollama: { url: string; configured: boolean; model?: string };
  /** Where set, it is used and Ollama is not asked. */
  openai?: { baseUrl: string; model: string; apiKey?: string };
  /** Whether a model was ever there; kept over restarts. */
  seen: { get(): Promise<boolean>; set(): Promise<void> };
  log: Log;
  /** Asked before each turn; absent where no job of ours uses one. */
  card?: Card;
  /** What to do while the card is busy. Default `cpu`. Only for Ollama. */
  whileBusy?: WhileBusy;
  tuning?: Tuning;
}

export function chatModelOf(options: ChatModelOptions): ChatModelSource {
  const { openai, tuning = {} } = options;
  return openai ? createOpenAiSource(openai, tuning) : createOllamaSource(options, tuning);
}
