/** plan: the stored plan of this message, a slash command, the model's own tool calls, rules with a model that fills in words, or rules alone. */
import { Failure, toFailure } from "../../core/failure.ts";
import { maxText } from "../../core/limits.ts";
import { noTracing, within } from "../../core/ports/tracing.ts";
import { threadOf } from "../conversation.ts";
import { remember } from "../memory/brought.ts";
import { NotOffered } from "../model/answer.ts";
import type { PlannerChoice } from "../model.ts";
import type { Plan } from "../plan.ts";
import { readPlan } from "../plan.ts";
import { type NodeConfig, type ThreadState, type ThreadUpdate, turnOf } from "../state.ts";
import type { Turn } from "../turn.ts";

/** What a conversation is told once. */
function once(note: string, turn: Turn, state: ThreadState): string[] {
  turn.notes.push(note);
  return state.noted.includes(note) ? [] : [note];
}

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
  return {
    ...plan,
    text: [plan.text, ...once(choice.note ?? "Planned by rules: no chat model is set up.", turn, state)].filter(Boolean).join("\n"),
  };
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
  const { planStatus } = await import("../status/plan.ts");
  const status = await planStatus(text, turn);
  if (status) return status;
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

/** What the thread keeps of this turn, whatever becomes of its plan: a question may end it here. */
async function kept(turn: Turn, state: ThreadState): Promise<ThreadUpdate> {
  const { message, attachments } = turn.request;
  const noted = turn.notes.filter((note) => !state.noted.includes(note));
  return {
    ...(noted.length > 0 ? { noted: [...state.noted, ...noted] } : {}),
    ...(attachments.length > 0 ? { brought: remember(state.brought, message, await turn.memory()) } : {}),
  };
}

export async function planNode(state: ThreadState, config: NodeConfig): Promise<ThreadUpdate> {
  const turn = turnOf(config);
  return within(turn.parts.tracing ?? noTracing, "plan", { parent: turn.request.traceparent }, async (span) => {
    const update = await planned(state, turn);
    span.set({ "myspinbot.planner": turn.planner, "myspinbot.calls": update.plan?.calls.length, "myspinbot.replayed": turn.replayed });
    if (update.plan?.error) span.end(update.plan.error.code);
    return update;
  });
}

async function planned(state: ThreadState, turn: Turn): Promise<ThreadUpdate> {
  const { conversation, message } = turn.request;
  turn.brought = state.brought;
  const stored = await turn.parts.plans.find(threadOf(turn.request), message);
  if (stored) {
    const plan = readPlan(stored);
    turn.replayed = true;
    turn.planner = plan.planner;
    return { plan };
  }
  try {
    const plan = await decide(turn, state);
    return { plan, ...(await kept(turn, state)) };
  } catch (error) {
    if (turn.signal.aborted) throw error;
    const failure = toFailure(error);
    if (failure.code === "internal") turn.parts.log.error({ err: failure.cause, conversation, message }, "planning failed");
    const plan: Plan = { planner: turn.planner, calls: [], text: "", error: failure.view() };
    return { plan, ...(await kept(turn, state).catch(() => ({}))) };
  }
}
