/** Conversation, turn and branch of requests that bring no id. */
import { describe, expect, it } from "vitest";
import { localPrincipal } from "../../core/principal.ts";
import { fakeStudio } from "../testing/fake-studio.ts";
import { type CompletionRequest, readRequest } from "./request.ts";
import { branchOf, threadOf } from "./thread.ts";

type Said = [role: string, content: unknown];
const ask = (said: Said[], more: Partial<CompletionRequest> = {}): CompletionRequest =>
  readRequest({ model: "myspinbot", messages: said.map(([role, content]) => ({ role, content })), ...more });
const thread = (said: Said[], more: Partial<CompletionRequest> = {}, key?: string, principal = localPrincipal) =>
  threadOf(principal, ask(said, more), key);

const first: Said[] = [
  ["system", "Be brief."],
  ["user", "draw a fox"],
];
const second: Said[] = [...first, ["assistant", "Here."], ["user", "bigger"]];
const third: Said[] = [...second, ["assistant", "There."], ["user", "at night"]];

describe("a conversation", () => {
  it("stays the same one while its history grows, and its turns are told apart", () => {
    const turns = [thread(first), thread(second), thread(third)];
    expect(new Set(turns.map(({ conversation }) => conversation)).size).toBe(1);
    expect(new Set(turns.map(({ message }) => message)).size).toBe(3);
    expect(turns[2]?.earlier.map(({ message }) => message)).toEqual([turns[0]?.message, turns[1]?.message]);
  });
  it("is another one for other first words, other instructions, another user and another principal", () => {
    const all = [
      thread(first),
      thread([first[0] as Said, ["user", "draw a cat"]]),
      thread([["system", "Be long."], first[1] as Said]),
      thread(first, { user: "june" }),
      thread(first, {}, undefined, { id: "somebody" }),
      thread(first, { metadata: { conversation_id: "a" } }),
      thread(first, { metadata: { conversation_id: "a" } }, undefined, { id: "somebody" }),
    ];
    expect(new Set(all.map(({ conversation }) => conversation)).size).toBe(all.length);
  });
  it("is the named one whatever the words are", () => {
    const named = { metadata: { conversation_id: "chat 7/ä" } };
    expect(thread(first, named).conversation).toBe(thread([["user", "other"]], named).conversation);
    expect(thread(first, named).conversation).toMatch(/^oai_[\da-f]{12}_[\da-f]{32}$/);
  });
  it("can be named by the id that we gave it, and by nobody else", () => {
    const { conversation } = thread(first);
    const named = { metadata: { conversation_id: conversation } };
    expect(thread(first, named).conversation).toBe(conversation);
    expect(thread(first, named, undefined, { id: "somebody" }).conversation).not.toBe(conversation);
  });
});

describe("a turn", () => {
  it("is the same one for the same request, also in parts instead of text and with another time in the instructions", () => {
    const parts: Said[] = [
      ["system", "Be brief."],
      ["user", [{ type: "text", text: " draw a fox " }]],
    ];
    expect(thread(parts).message).toBe(thread(first).message);
    const at = (time: string) =>
      thread(
        [
          ["system", time],
          ["user", "hi"],
        ],
        { metadata: { conversation_id: "a" } },
      ).message;
    expect(at("10:00")).toBe(at("10:01"));
  });
  it("is another one by another picture, by other words of the assistant before, and by a key", () => {
    const picture = (data: string): Said[] => [["user", [{ type: "image_url", image_url: { url: `data:image/png;base64,${data}` } }]]];
    expect(thread(picture("AAAA")).message).not.toBe(thread(picture("BBBB")).message);
    const other: Said[] = [...first, ["assistant", "Another."], ["user", "bigger"]];
    expect(thread(other).message).not.toBe(thread(second).message);
    const messages = [thread(first), thread(first, {}, "1"), thread(first, {}, "2"), thread(first, { metadata: { message_id: "3" } })];
    expect(new Set(messages.map(({ message }) => message)).size).toBe(4);
    expect(thread(first, {}, "1").message).toBe(thread(first, {}, "1").message);
  });
  it("asks what the last message of the user says; what comes after it is passed over", () => {
    const { asked, index } = thread([...first, ["assistant", "Half an ans"], ["tool", "{}"]]);
    expect([asked.content, index]).toEqual(["draw a fox", 1]);
  });
});

describe("a branch", () => {
  const made = (conversation: string, message: string) => fakeStudio().make("succeeded", { origin: { conversation, message, ordinal: 0 } });

  it("is made of the earlier turns of this very history", () => {
    const [one, two, three] = [thread(first), thread(second), thread(third)];
    expect(branchOf(one, [])).toEqual([]);
    expect(branchOf(three, [])).toEqual([one.message, two.message]);
    const edited = thread([...first, ["assistant", "Here."], ["user", "smaller"], ["assistant", "So."], ["user", "at night"]]);
    expect(branchOf(edited, [])).not.toContain(two.message);
  });
  it("holds of a turn that was made twice the one whose job the assistant's words name, else both", () => {
    const { conversation, message } = thread(first);
    const forced = thread(first, {}, "again").message;
    const [a, b] = [made(conversation, message), made(conversation, forced)];
    const told = (said: string) => thread([...first, ["assistant", said], ["user", "bigger"]]);
    expect(branchOf(told(`Job ${b.id} is queued.`), [a, b])).toEqual([forced]);
    expect(branchOf(told(`Job ${a.id} is queued.`), [a, b])).toEqual([message]);
    expect(branchOf(told("Here."), [a, b])).toEqual([message, forced]);
  });
  it("takes no id of a job that is not of that turn from the assistant's words", () => {
    const { conversation, message } = thread(first);
    const other = made(conversation, "oai_other");
    expect(branchOf(thread([...first, ["assistant", `Job ${other.id}`], ["user", "bigger"]]), [other])).toEqual([message]);
  });
  it("of a named conversation is all of it where only the new message is sent, and is told by names where the history is cut", () => {
    const named = { metadata: { conversation_id: "a" } };
    const { conversation } = thread(first, named);
    const job = made(conversation, "oai_long_ago");
    expect(branchOf(thread([["user", "bigger"]], named), [job])).toBeUndefined();
    const cut: Said[] = [
      ["user", "a later one"],
      ["assistant", `See ${job.id}.`],
      ["user", "bigger"],
    ];
    expect(branchOf(thread(cut, named), [job])).toEqual(["oai_long_ago"]);
  });
});
