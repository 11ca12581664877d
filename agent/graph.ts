/** The graph of a turn: plan → check → (ask?) → submit → reply. */
import { type BaseCheckpointSaver, END, START, StateGraph } from "@langchain/langgraph";
import { askNode } from "./nodes/ask.ts";
import { checkNode } from "./nodes/check.ts";
import { planNode } from "./nodes/plan.ts";
import { replyNode } from "./nodes/reply.ts";
import { submitNode } from "./nodes/submit.ts";
import { State } from "./state.ts";

export function createGraph(checkpointer: BaseCheckpointSaver) {
  return new StateGraph(State)
    .addNode("plan_turn", planNode)
    .addNode("check", checkNode)
    .addNode("ask", askNode)
    .addNode("submit", submitNode)
    .addNode("reply", replyNode)
    .addEdge(START, "plan_turn")
    .addEdge("plan_turn", "check")
    .addEdge("check", "ask")
    .addEdge("ask", "submit")
    .addEdge("submit", "reply")
    .addEdge("reply", END)
    .compile({ checkpointer });
}

export type TurnGraph = ReturnType<typeof createGraph>;
