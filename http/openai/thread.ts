/** Which conversation, which turn and which branch a request without a chat id belongs to: told by digests of its own messages (docs/openai.md). */

import { createHash } from "node:crypto";
import { digest } from "../../core/json.ts";
import type { Principal } from "../../core/principal.ts";
import { type CompletionRequest, checkAsked, type Message, picturesOf, refuse, wordsOf } from "./request.ts";

/** An earlier turn of this branch. */
interface Earlier {
  message: string;
  /** What the assistant said after it, as the client tells it: only ever compared with ids of the person's own jobs. */
  said: string;
}

export interface Thread {
  conversation: string;
  message: string;
  /** The user's last message. */
  asked: Message;
  /** Its place in the request. */
  index: number;
  earlier: Earlier[];
  /** The client named the conversation. */
  named: boolean;
}

const short = (value: unknown, length = 32): string => digest(value).slice(0, length);
/** Of megabytes: without a detour over JSON. */
const hashOf = (url: string): string => createHash("sha256").update(url).digest("hex");
const instructs = ({ role }: Message): boolean => role === "system" || role === "developer";
const content = (message: Message) => ({
  role: message.role,
  text: wordsOf(message),
  pictures: picturesOf(message).map(hashOf),
});

/** An id that we once gave to this person stands for itself; any other text is theirs alone, so that no two people can meet in one. */
function conversationOf(principal: Principal, { user, metadata, messages }: CompletionRequest): string {
  const own = `oai_${short(["principal", principal.id], 12)}_`;
  const given = metadata?.conversation_id;
  if (given?.startsWith(own) && /^[\da-f]{32}$/.test(given.slice(own.length))) return given;
  if (given) return `${own}${short(["given", user ?? null, given])}`;
  const first = messages.findIndex(({ role }) => role === "user");
  const opening = messages.slice(0, first + 1).filter((message) => instructs(message) || message.role === "user");
  return `${own}${short(["opening", user ?? null, opening.map(content)])}`;
}

/**
 * @param key makes this a turn of its own: with the same key it is the same turn, with another one it is not.
 * Failure `invalid_input` where no message of a user can be answered.
 */
export function threadOf(principal: Principal, request: CompletionRequest, key: string | undefined): Thread {
  const { messages, metadata } = request;
  const index = messages.findLastIndex(({ role }) => role === "user");
  const asked = messages[index];
  if (!asked) refuse("messages", 'there is no message with the role "user"; its last one is the request');
  checkAsked(asked, index);
  const conversation = conversationOf(principal, request);
  const earlier: Earlier[] = [];
  // a chain: each digest stands for all that came before it, in one pass however long the history is
  let link = conversation;
  for (const message of messages.slice(0, index + 1)) {
    // instructions often hold the time of day, and change nothing here
    if (instructs(message)) continue;
    link = short([link, content(message)]);
    if (message.role === "user") earlier.push({ message: `oai_${link}`, said: "" });
    const last = earlier.at(-1);
    if (message.role === "assistant" && last) last.said += `${wordsOf(message)}\n`;
  }
  const forced = metadata?.message_id ?? key;
  const message = `${earlier.pop()?.message}${forced === undefined ? "" : `.${short(forced, 16)}`}`;
  return { conversation, message, asked, index, earlier, named: typeof metadata?.conversation_id === "string" };
}

/** What a turn left behind: a job, or a question that it asked. */
export interface Trace {
  id: string;
  origin?: { message?: string };
  artifacts?: readonly { id: string }[];
}

/**
 * Messages of this branch, oldest first, as jobs and questions know them; undefined = all of the conversation.
 * Where a turn was made more than once, what the assistant's words name is the one that the person kept. Words can only choose among `traces`.
 */
export function branchOf({ earlier, named }: Thread, traces: readonly Trace[]): string[] | undefined {
  // a client that names the conversation and sends only what is new
  if (named && earlier.length === 0) return undefined;
  return earlier.flatMap(({ message, said }) => {
    const same = traces.filter(({ origin }) => origin?.message === message || origin?.message?.startsWith(`${message}.`));
    // a client that names the conversation may have cut the beginning of the history off
    const meant = (named ? traces : same).filter(({ id, artifacts = [] }) =>
      [id, ...artifacts.map((one) => one.id)].some((one) => said.includes(one)),
    );
    const chosen = new Set((meant.length > 0 ? meant : same).flatMap(({ origin }) => origin?.message ?? []));
    return chosen.size > 0 ? [...chosen] : [message];
  });
}
