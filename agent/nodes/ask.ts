/** ask: one question for the whole plan, where a call needs a person's yes. Nothing is submitted before the answer. */
import { Failure, toFailure } from "../../core/failure.ts";
import type { JsonObject } from "../../core/json.ts";
import { refused } from "../plan.ts";
import { type NodeConfig, type Question, type ThreadState, type ThreadUpdate, turnOf } from "../state.ts";
import type { Turn } from "../turn.ts";

/** Whether this message is past its question: a job of it is there. */
async function isUnderWay({ parts, request: { principal, conversation, message } }: Turn): Promise<boolean> {
  const jobs = await parts.studio.list(principal, { conversation, limit: 200 });
  return jobs.some(({ origin }) => origin?.message === message);
}

/** Keeps the question; the next node waits for its answer. A message that comes again finds the same one, and what was answered elsewhere. */
export async function askNode(state: ThreadState, config: NodeConfig): Promise<ThreadUpdate> {
  const turn = turnOf(config);
  const { plan } = state;
  if (!plan || plan.error || plan.approval || plan.calls.length === 0) return { question: null };
  const { principal, conversation, message } = turn.request;
  const { studio, log } = turn.parts;
  const approval = await studio.ask(principal, plan.calls, { face: "chat", conversation, message }).catch(toFailure);
  // where nobody can be asked nothing is submitted: the gate behind it weighs each call alone, and lets pass what is too much together
  if (approval instanceof Failure) {
    if (approval.code === "internal") log.error({ err: approval.cause, conversation, message }, "a plan could not be weighed");
    return { question: null, plan: { ...plan, calls: [], error: approval.view() } };
  }
  if (!approval) return { question: null };
  if (approval.state === "approved" || approval.state === "used") return { question: null, plan: { ...plan, approval: approval.id } };
  if (approval.state === "declined") return { question: null, plan: { ...plan, calls: [], text: refused } };
  // it takes longer by now than was thought when its jobs were accepted: a yes would make them a second time
  if (turn.replayed && (await isUnderWay(turn))) {
    await studio.approvals.expire(approval.id);
    return { question: null };
  }
  const { id, text, path, calls } = studio.approvals.view(approval);
  const question: Question = { id, message, text, path, plan: { calls } as unknown as JsonObject };
  return { question };
}
