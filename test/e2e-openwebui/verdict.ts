/** What became of a chat: its one picture, words that nothing was begun, or something that must not be. */
import { type Message, pictures, type Sent } from "./person.ts";
import type { Stage } from "./scene.ts";

/** `told`: no job was ever accepted, and the chat says so. `open`: may still become something else. */
export type Verdict = "pictured" | "told" | "lost" | "doubled" | "canceled" | "failed" | "stuck" | "begun twice" | "missing" | "open";

export interface Look {
  verdict: Verdict;
  /** For a report. */
  seen: string;
}

const whatToDo = /Is it running|Say it again|Send it again|[Tt]ry again|[Uu]se Regenerate/;

const isOver = (state: string): boolean => ["succeeded", "failed", "canceled"].includes(state);

const short = (message: Message) => ({
  ...{ id: message.id.slice(0, 8), done: message.done, content: message.content, pictures: pictures(message).length },
  status: message.statusHistory?.slice(-2),
});

/** As a reload of the chat shows it now. */
export async function lookAt({ anna, jobs, product }: Stage, sent: Sent): Promise<Look> {
  const made = await jobs(sent.chat);
  const owed = await product.rows<{ state: string; attempts: number; error: string | null }>(
    "select state, attempts, error from deliveries where job = any($1)",
    [made.map(({ id }) => id)],
  );
  const all = await anna.messages(sent.chat);
  const answer = all[sent.message];
  const replies = Object.values(all).filter(({ role }) => role === "assistant");
  const shown = replies.flatMap(pictures);
  const states = made.map(({ state }) => state);
  const verdict = ((): Verdict => {
    if (states.includes("canceled")) return "canceled";
    if (made.length > 1) return "begun twice";
    if (shown.length > 1) return "doubled";
    if (states.some((state) => !isOver(state)) || owed.some(({ state }) => state === "pending")) return "open";
    if (!answer) return "missing";
    if (!answer.done || answer.statusHistory?.at(-1)?.done === false) return "stuck";
    if (states.includes("failed")) return "failed";
    if (made.length === 1) return shown.length === 1 ? "pictured" : "lost";
    return whatToDo.test(answer.content) ? "told" : "stuck";
  })();
  return { verdict, seen: JSON.stringify({ chat: sent.chat, states, owed, replies: replies.map(short) }) };
}

/** What may still change by itself: nothing of it is a verdict before the patience is over. */
export const isUnsettled = (verdict: Verdict): boolean =>
  verdict === "open" || verdict === "stuck" || verdict === "lost" || verdict === "missing";
