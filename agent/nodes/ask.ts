/** ask: one question for the whole plan, where a call needs a human yes. Nothing is submitted before the answer. */
import { interrupt } from "@langchain/langgraph";
import type { JsonObject } from "../../core/json.ts";
import { threadOf } from "../conversation.ts";
import { type Plan, readPlan } from "../plan.ts";
import { type NodeConfig, type ThreadState, type ThreadUpdate, turnOf } from "../state.ts";

export interface Question {
  /** The assistant message that asks. */
  message: string;
  text: string;
  plan: JsonObject;
}

function questionText(plan: Plan): string {
  const steps = plan.calls.map((call) => `- ${call.tool} ${JSON.stringify(call.input)}`).join("\n");
  return `Shall I do this? Answer yes or no.\n${steps}`;
}

/** The body runs again from its start when the answer comes: everything before `interrupt` has no effect. */
export async function askNode(state: ThreadState, config: NodeConfig): Promise<ThreadUpdate> {
  const turn = turnOf(config);
  const { plan } = state;
  const { needsYes, plans } = turn.parts;
  if (!plan || plan.error || plan.confirmed || !needsYes || !plan.calls.some(needsYes)) return {};
  const { principal, message } = turn.request;
  const question: Question = { message, text: questionText(plan), plan: { calls: plan.calls } as unknown as JsonObject };
  const yes: boolean = interrupt(question);
  const answered: Plan = yes ? { ...plan, confirmed: true } : { ...plan, calls: [], text: "Nothing was submitted." };
  // resumed by the message that says yes: its own plan, so that the same message again makes no second job
  const kept = readPlan(await plans.keep(principal.id, threadOf(turn.request), message, answered as unknown as JsonObject));
  turn.planner = kept.planner;
  return { plan: kept };
}
