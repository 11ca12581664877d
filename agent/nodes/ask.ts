/** ask: one question for the whole plan, where a call needs a person's yes. Nothing is submitted before the answer. */
import type { JsonObject } from "../../core/json.ts";
import { refused } from "../plan.ts";
import { type NodeConfig, type Question, type ThreadState, type ThreadUpdate, turnOf } from "../state.ts";

/** Keeps the question; the next node waits for its answer. A message that comes again finds the same one, and what was answered elsewhere. */
export async function askNode(state: ThreadState, config: NodeConfig): Promise<ThreadUpdate> {
  const turn = turnOf(config);
  const { plan } = state;
  if (!plan || plan.error || plan.approval || plan.calls.length === 0) return { question: null };
  const { principal, conversation, message } = turn.request;
  const { studio, log } = turn.parts;
  // what cannot be weighed now is met again by the submit, where the gate stands; a job that this message made before is found there by its key
  const approval = await studio.ask(principal, plan.calls, { face: "chat", conversation, message }).catch((error: unknown) => {
    log.debug({ err: error, conversation, message }, "a plan could not be weighed");
    return undefined;
  });
  if (!approval) return { question: null };
  if (approval.state === "approved" || approval.state === "used") return { question: null, plan: { ...plan, approval: approval.id } };
  if (approval.state === "declined") return { question: null, plan: { ...plan, calls: [], text: refused } };
  const { id, text, path, calls } = studio.approvals.view(approval);
  const question: Question = { id, message, text, path, plan: { calls } as unknown as JsonObject };
  return { question };
}
