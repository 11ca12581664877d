/** plan: the stored plan of this message, a slash command, the model's own tool calls, or rules. */
import { Failure, toFailure } from "../../core/failure.ts";
import { threadOf } from "../conversation.ts";
import type { Plan } from "../plan.ts";
import { readPlan } from "../plan.ts";
import { type NodeConfig, type ThreadState, type ThreadUpdate, turnOf } from "../state.ts";
import type { Turn } from "../turn.ts";

/** Characters of a message; more is a file, not a request. */
const longest = 20_000;

async function decide(turn: Turn, state: ThreadState): Promise<Plan> {
  const { request, parts } = turn;
  const text = request.text.trim();
  if (/^\/[a-z?]/i.test(text)) {
    turn.planner = "slash";
    const { planSlash } = await import("../slash/plan.ts");
    return planSlash(text, parts.studio.tools, await turn.memory());
  }
  if (text.length > longest)
    throw new Failure("limit_exceeded", `The message has ${text.length} characters; at most ${longest} are read. Shorten it.`);
  const choice = (await parts.model?.choose(turn.signal)) ?? { planner: "rules" as const };
  turn.planner = choice.planner;
  if (choice.planner === "native") {
    const { planNative } = await import("../native/plan.ts");
    return planNative(choice.model, turn, state.messages);
  }
  const { planByRules } = await import("../rules/plan.ts");
  const plan = planByRules(text, await turn.memory());
  const note = choice.note ?? "Planned by rules: no chat model is set up.";
  return { ...plan, text: [plan.text, note].filter(Boolean).join("\n") };
}

export async function planNode(state: ThreadState, config: NodeConfig): Promise<ThreadUpdate> {
  const turn = turnOf(config);
  const { conversation, message } = turn.request;
  const stored = await turn.parts.plans.find(threadOf(turn.request), message);
  if (stored) {
    const plan = readPlan(stored);
    turn.replayed = true;
    turn.planner = plan.planner;
    return { plan };
  }
  try {
    return { plan: await decide(turn, state) };
  } catch (error) {
    if (turn.signal.aborted) throw error;
    const failure = toFailure(error);
    if (failure.code === "internal") turn.parts.log.error({ err: failure.cause, conversation, message }, "planning failed");
    return { plan: { planner: turn.planner, calls: [], text: "", error: failure.view() } };
  }
}
