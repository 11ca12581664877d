/** Somebody else's conversation is answered as an unknown one. */
import { Failure } from "../core/failure.ts";

export function unknownConversation(conversation: string): Failure {
  return new Failure("unknown_conversation", `There is no conversation ${conversation.slice(0, 60)} of yours. Start a new one.`);
}
