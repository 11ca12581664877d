/** What the trace tells of a turn that its reader leaves. */
import { expect, it } from "vitest";
import type { Attributes, Tracing } from "../core/ports/tracing.ts";
import { localPrincipal } from "../core/principal.ts";
import { createTestChat } from "./testing/chat.ts";

interface Told {
  name: string;
  attributes: Attributes;
  failed?: string | undefined;
}

function remembering(): { tracing: Tracing; told: Told[] } {
  const told: Told[] = [];
  const tracing: Tracing = {
    on: true,
    begin(name, { attributes = {}, parent } = {}) {
      let all = attributes;
      return {
        traceparent: parent,
        set(more) {
          all = { ...all, ...more };
        },
        end: (failed) => void told.push({ name, attributes: all, failed }),
      };
    },
    record() {},
  };
  return { tracing, told };
}

const asked = { principal: localPrincipal, conversation: "conv", message: "msg", attachments: [] };
const chatOf = (told: readonly Told[]) => told.filter(({ name }) => name === "chat");

it("is canceled and no error where nobody reads on", async () => {
  const { tracing, told } = remembering();
  const { agent } = createTestChat({ tracing });
  for await (const _part of agent.turn({ ...asked, text: "draw a fox" }, new AbortController().signal)) break;
  expect(chatOf(told)).toMatchObject([{ attributes: { "myspinbot.outcome": "canceled" }, failed: undefined }]);
});

it("is canceled and no error where its request has ended", async () => {
  const { tracing, told } = remembering();
  const { agent } = createTestChat({ tracing });
  const reading = async () => {
    for await (const _part of agent.turn({ ...asked, text: "draw a fox" }, AbortSignal.abort()));
  };
  await reading().catch(() => undefined);
  expect(chatOf(told)).toMatchObject([{ attributes: { "myspinbot.outcome": "canceled" }, failed: undefined }]);
});

it("that was read to its end has no such outcome, and its error where it has one", async () => {
  const { tracing, told } = remembering();
  const chat = createTestChat({ tracing });
  await chat.turn("draw a fox");
  await chat.turn("  ");
  expect(chatOf(told).map(({ attributes, failed }) => [attributes["myspinbot.outcome"], failed])).toEqual([
    [undefined, undefined],
    [undefined, "invalid_input"],
  ]);
});
