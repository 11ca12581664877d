/** Pictures inside messages, as LangChain's content parts. */
import { type BaseMessage, HumanMessage } from "@langchain/core/messages";

export interface ShownPicture {
  /** What it is, as data. */
  label: string;
  jpeg: Uint8Array;
}

/** The words come last: a server that shortens a conversation keeps the last message, and some make each part a message of its own. */
export function messageWithPictures(words: string, pictures: readonly ShownPicture[]): HumanMessage {
  if (pictures.length === 0) return new HumanMessage(words);
  const shown = pictures.flatMap(({ label, jpeg }) => [
    { type: "text" as const, text: label },
    { type: "image_url" as const, image_url: { url: `data:image/jpeg;base64,${Buffer.from(jpeg).toString("base64")}` } },
  ]);
  return new HumanMessage({ content: [...shown, { type: "text", text: words }] });
}

export const holdsPictures = (messages: readonly BaseMessage[]): boolean => messages.some(({ content }) => typeof content !== "string");

/** The same words without pictures and their labels. */
export function withoutPictures(messages: readonly BaseMessage[]): BaseMessage[] {
  return messages.map((message) => {
    if (typeof message.content === "string") return message;
    const last = message.content.at(-1);
    return new HumanMessage(last?.type === "text" ? String(last["text"]) : "");
  });
}
