/** answer: waits for the person, over restarts, and takes their plain yes or no; it counts once, whichever face it came by first. */
import { interrupt } from "@langchain/langgraph";
import { toFailure } from "../../core/failure.ts";
import type { JsonObject } from "../../core/json.ts";
import { threadOf } from "../conversation.ts";
import { isLasting, type Plan, readPlan, refused } from "../plan.ts";
import { type NodeConfig, type Question, type ThreadState, type ThreadUpdate, turnOf } from "../state.ts";
import type { Turn } from "../turn.ts";

/** Undefined where words are not enough: the question has fields to be filled in. */
async function answered(turn: Turn, plan: Plan, question: Question, yes: boolean): Promise<Plan | undefined> {
  try {
    await turn.parts.studio.approvals.answer(turn.request.principal, question.id, { yes, how: "words" });
    return yes ? { ...plan, approval: question.id } : { ...plan, calls: [], text: refused };
  } catch (error) {
    const failure = toFailure(error);
    if (failure.code === "invalid_input") {
      turn.say(failure.message);
      return undefined;
    }
    if (!isLasting(failure.view())) throw failure;
    return { ...plan, calls: [], error: failure.view() };
  }
}

/** The body runs again from its start with each answer: what stands before `interrupt` has no effect, and an answer that was taken is taken again. */
export async function answerNode(state: ThreadState, config: NodeConfig): Promise<ThreadUpdate> {
  const turn = turnOf(config);
  const { plan, question } = state;
  if (!plan || !question) return {};
  let decided: Plan | undefined;
  while (!decided) decided = await answered(turn, plan, question, interrupt<Question, boolean>(question));
  const { principal, message } = turn.request;
  // resumed by the message that answers: its own plan, so that the same message again makes no second job
  const kept = readPlan(await turn.parts.plans.keep(principal.id, threadOf(turn.request), message, decided as unknown as JsonObject));
  turn.planner = kept.planner;
  return { plan: kept, question: null };
}
