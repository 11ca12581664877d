/** An agent over fakes, and its turns as lists of parts. */
import { MemorySaver } from "@langchain/langgraph";
import type { Agent, Part, TurnRequest } from "../../core/chat.ts";
import { silentLog } from "../../core/log.ts";
import { noMetrics } from "../../core/ports/metrics.ts";
import { localPrincipal } from "../../core/principal.ts";
import { type CheckpointerSource, createAgent } from "../agent.ts";
import type { AgentParts } from "../turn.ts";
import { createMemoryPlans } from "./plans.ts";
import { createFakeStudio, type FakeStudio } from "./studio.ts";

export interface TestChat {
  agent: Agent;
  studio: FakeStudio;
  parts: AgentParts;
  /** One whole turn; ids are counted up where none is given. */
  turn(text: string, more?: Partial<TurnRequest> & { signal?: AbortSignal }): Promise<Part[]>;
}

export function createTestChat(given: Partial<AgentParts> & { checkpointer?: CheckpointerSource; studio?: FakeStudio } = {}): TestChat {
  const { checkpointer = new MemorySaver(), studio = createFakeStudio(), ...more } = given;
  const parts: AgentParts = { plans: createMemoryPlans(), metrics: noMetrics, log: silentLog, ...more, studio };
  const agent = createAgent({ ...parts, checkpointer });
  let count = 0;
  return {
    agent,
    studio,
    parts,
    async turn(text, { signal = new AbortController().signal, ...request } = {}) {
      count++;
      const all: Part[] = [];
      const turn = { principal: localPrincipal, conversation: "conv", message: `turn_${count}`, text, attachments: [], ...request };
      for await (const part of agent.turn(turn, signal)) all.push(part);
      return all;
    },
  };
}

export function textOf(parts: readonly Part[]): string {
  return parts.map((part) => (part.type === "text" ? part.text : "")).join("");
}

export function errorOf(parts: readonly Part[]) {
  return parts.find((part) => part.type === "error")?.error;
}

export function doneOf(parts: readonly Part[]) {
  const last = parts.at(-1);
  if (last?.type !== "done") throw new Error("the turn did not end with done");
  return last;
}
