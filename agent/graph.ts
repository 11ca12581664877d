/** The graph of a turn: plan → check → ask → (answer?) → submit → reply. */
import { type BaseCheckpointSaver, END, START, StateGraph } from "@langchain/langgraph";
import { answerNode } from "./nodes/answer.ts";
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
    .addNode("answer", answerNode)
    .addNode("submit", submitNode)
    .addNode("reply", replyNode)
    .addEdge(START, "plan_turn")
    .addEdge("plan_turn", "check")
    .addEdge("check", "ask")
    .addEdge("ask", "answer")
    .addEdge("answer", "submit")
    .addEdge("submit", "reply")
    .addEdge("reply", END)
    .compile({ checkpointer });
}

export type TurnGraph = ReturnType<typeof createGraph>;
