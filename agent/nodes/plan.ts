/** plan: the stored plan of this message, a slash command, the model's own tool calls, rules with a model that fills in words, or rules alone. */
import { Failure, toFailure } from "../../core/failure.ts";
import { maxText } from "../../core/limits.ts";
import { threadOf } from "../conversation.ts";
import { NotOffered } from "../model/answer.ts";
import type { PlannerChoice } from "../model.ts";
import type { Plan } from "../plan.ts";
import { readPlan } from "../plan.ts";
import { type NodeConfig, type ThreadState, type ThreadUpdate, turnOf } from "../state.ts";
import type { Turn } from "../turn.ts";

async function planBy(choice: PlannerChoice, text: string, turn: Turn, state: ThreadState): Promise<Plan> {
  turn.planner = choice.planner;
  if (choice.planner === "native") {
    const { planNative } = await import("../native/plan.ts");
    return planNative(choice.model, turn, state.messages);
  }
  if (choice.planner === "guided") {
    const { planGuided } = await import("../guided/plan.ts");
    return planGuided(choice, text, turn);
  }
  const { planByRules } = await import("../rules/plan.ts");
  const plan = planByRules(text, await turn.memory());
  const note = choice.note ?? "Planned by rules: no chat model is set up.";
  return { ...plan, text: [plan.text, note].filter(Boolean).join("\n") };
}

async function decide(turn: Turn, state: ThreadState): Promise<Plan> {
  const { request, parts } = turn;
  const text = request.text.trim();
  if (/^\/[a-z?]/i.test(text)) {
    turn.planner = "slash";
    const { planSlash } = await import("../slash/plan.ts");
    return planSlash(text, parts.studio.tools, await turn.memory());
  }
  if (text.length > maxText)
    throw new Failure("limit_exceeded", `The message has ${text.length} characters; at most ${maxText} are read. Shorten it.`);
  const choice: PlannerChoice = (await parts.model?.choose(turn.signal)) ?? { planner: "rules" };
  try {
    return await planBy(choice, text, turn, state);
  } catch (error) {
    // a server that tells no capabilities has just said that it has no tool calls: from now on it is chosen otherwise
    const other = error instanceof NotOffered ? await parts.model?.choose(turn.signal) : undefined;
    if (!other || other.planner === choice.planner) throw error;
    return planBy(other, text, turn, state);
  }
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
