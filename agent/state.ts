/** What a thread keeps: the last messages as deltas (ids and words, never files), which photos came with them, and the plan while a question about it is open. */

import type { BaseMessage } from "@langchain/core/messages";
import { DeltaValue, messagesDeltaReducer, StateSchema } from "@langchain/langgraph";
import { z } from "zod";
import type { JsonObject } from "../core/json.ts";
import type { Brought } from "./memory/brought.ts";
import type { Plan } from "./plan.ts";
import type { Turn } from "./turn.ts";

/** A question that waits for a person. */
export interface Question {
  /** Of the approval that the answer is written to. */
  id: string;
  /** The assistant message that asks. */
  message: string;
  text: string;
  /** Of its page. */
  path: string;
  plan: JsonObject;
}

/** Messages that a thread keeps: snapshots stay small however long the conversation is. */
const kept = 40;

export const State = new StateSchema({
  messages: new DeltaValue(
    z.custom<BaseMessage[]>().default(() => []),
    {
      // the last 40 of the last 40 and what follows are the last 40 of all: batching changes nothing
      reducer: (state, writes) => messagesDeltaReducer(state, writes).slice(-kept),
      // a read walks back to the last snapshot, one query a turn
      snapshotFrequency: 10,
    },
  ),
  plan: z.custom<Plan | null>().default(null),
  question: z.custom<Question | null>().default(null),
  /** Photos of the messages that brought any, oldest first. */
  brought: z.custom<readonly Brought[]>().default(() => []),
  /** Remarks about the planner that were made once. */
  noted: z.custom<readonly string[]>().default(() => []),
});

export type ThreadState = typeof State.State;
export type ThreadUpdate = typeof State.Update;
/** The part of a node's second argument that we use. */
export interface NodeConfig {
  context?: unknown;
}

/** The turn that a node works for. */
export function turnOf(config: NodeConfig): Turn {
  const turn = (config.context as { turn?: Turn } | undefined)?.turn;
  if (!turn) throw new Error("the graph was started without a turn");
  return turn;
}

/** A message's place in the thread: the turn's own id, so that a re-run replaces and branches can be told apart. */
export const messageId = {
  of: (message: string, role: "user" | "reply") => `${message}#${role}`,
  message: (id: string) => id.replace(/#(user|reply)$/, ""),
};
