/** reply: what remains to be said, and the turn's two messages for the thread. */
import { AIMessage, HumanMessage } from "@langchain/core/messages";
import { isLasting } from "../plan.ts";
import { messageId, type NodeConfig, type ThreadState, type ThreadUpdate, turnOf } from "../state.ts";

/** Characters of one message that the thread keeps. */
const longest = 2000;
/** Attachments whose ids it keeps: more would leave no room for the words. */
const mostIds = 8;

function attached(ids: readonly string[]): string {
  const named = ids.slice(0, mostIds).join(", ");
  return ids.length > mostIds ? `[attached: ${ids.length} files, the first of them ${named}]` : `[attached: ${named}]`;
}

export async function replyNode(state: ThreadState, config: NodeConfig): Promise<ThreadUpdate> {
  const turn = turnOf(config);
  const plan = state.plan;
  if (!plan) throw new Error("nothing was planned");
  if (plan.text) {
    // the reader of a streamed answer has seen these words already
    if (turn.streamed) turn.said.unshift(plan.text);
    else turn.say(plan.text);
  }
  if (plan.error) {
    turn.emit({ type: "error", error: plan.error });
    // what was not stored can be tried again: the thread must not hold it twice
    if (!isLasting(plan.error)) return { plan: null };
    turn.said.push(plan.error.message);
  }
  const { message, text, attachments } = turn.request;
  const said = turn.said.join("\n");
  const note = attachments.length > 0 ? `\n${attached(attachments)}` : "";
  return {
    plan: null,
    messages: [
      new HumanMessage({ id: messageId.of(message, "user"), content: text.slice(0, longest - note.length) + note }),
      new AIMessage({ id: messageId.of(message, "reply"), content: said.slice(0, longest) }),
    ],
  };
}
