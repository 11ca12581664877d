/** check: every call against its schema and the studio before the first is submitted; then the plan is stored, and holds. */
import type { Makes } from "../../core/asset.ts";
import { toFailure } from "../../core/failure.ts";
import type { JsonObject } from "../../core/json.ts";
import { threadOf } from "../conversation.ts";
import { isLasting, type Plan, readPlan, withoutRepeats } from "../plan.ts";
import { type NodeConfig, type ThreadState, type ThreadUpdate, turnOf } from "../state.ts";
import type { Turn } from "../turn.ts";

/** No more calls than the budget: what is left out is said. */
function withinBudget(plan: Plan, budget: number): Plan {
  if (plan.calls.length <= budget) return plan;
  const left = plan.calls.length - budget;
  const text = `That would be ${plan.calls.length} steps; one turn makes at most ${budget}. I did the first ${budget} and left out ${left}: ask for ${left === 1 ? "it" : "them"} in another message.`;
  return { ...plan, calls: plan.calls.slice(0, budget), text: [plan.text, text].filter(Boolean).join("\n") };
}

async function checked(plan: Plan, turn: Turn): Promise<Plan> {
  const { studio } = turn.parts;
  try {
    const promised: Makes[] = [];
    for (const call of plan.calls) {
      const makes = await studio.check(turn.request.principal, call, promised);
      if (makes) promised.push(makes);
    }
    return plan;
  } catch (error) {
    const failure = toFailure(error);
    if (failure.code === "internal") turn.parts.log.error({ err: failure.cause }, "checking a plan failed");
    return { ...plan, calls: [], error: failure.view() };
  }
}

/** All or nothing: one bad call, and none is submitted. */
export async function checkNode(state: ThreadState, config: NodeConfig): Promise<ThreadUpdate> {
  const turn = turnOf(config);
  const { plans } = turn.parts;
  const { principal, message } = turn.request;
  if (!state.plan) throw new Error("nothing was planned");
  if (turn.replayed) return {};
  const plan = await checked(withinBudget({ ...state.plan, calls: withoutRepeats(state.plan.calls) }, turn.parts.budget ?? 8), turn);
  // an engine that is down now may be up at the next try of the same message
  if (plan.error && !isLasting(plan.error)) return { plan };
  // a reader who left while it was planned wants nothing of it; from here on it is kept
  turn.signal.throwIfAborted();
  const kept = readPlan(await plans.keep(principal.id, threadOf(turn.request), message, plan as unknown as JsonObject));
  turn.planner = kept.planner;
  return { plan: kept };
}
