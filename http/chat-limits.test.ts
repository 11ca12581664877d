/** Chat turns that are too large, in words that say how large they may be. */
import { describe, expect, it } from "vitest";
import type { Part } from "../core/chat.ts";
import { maxAttachments, maxText } from "../core/limits.ts";
import { createApp } from "./app.ts";
import { scriptedAgent, testParts } from "./testing/app-parts.ts";

function start() {
  const agent = scriptedAgent(async function* ({ conversation, message }): AsyncGenerator<Part> {
    yield { type: "done", conversation, message, planner: "rules", jobs: [] };
  });
  const parts = testParts({ agent });
  const app = createApp(parts);
  const say = async (body: object) => {
    const response = await app.request("/v1/chat", {
      ...{ method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(body) },
    });
    return { status: response.status, text: await response.text() };
  };
  return { agent, studio: parts.studio, say };
}

describe("a chat turn", () => {
  it("takes 500 files in their order, and no more", async () => {
    const { agent, studio, say } = start();
    const ids = Array.from({ length: maxAttachments }, (_, n) => studio.addFile(Buffer.from(`photo ${n}`)).id);
    expect((await say({ text: "these", attachments: ids })).status).toBe(200);
    expect(agent.turns[0]?.attachments).toEqual(ids);
    const { status, text } = await say({ text: "these", attachments: [...ids, ids[0]] });
    expect([status, text]).toEqual([400, expect.stringContaining("at most 500 files; send the rest in another message")]);
  });

  it("takes 32 000 characters; more, and a megabyte, are told how many", async () => {
    const { agent, say } = start();
    expect((await say({ text: "ü".repeat(maxText) })).status).toBe(200);
    const over = await say({ text: "x".repeat(maxText + 1) });
    expect([over.status, over.text]).toEqual([400, expect.stringContaining("at most 32000 characters; say it in fewer words")]);
    const megabyte = await say({ text: "x".repeat(1_048_576) });
    expect([megabyte.status, megabyte.text]).toEqual([413, expect.stringContaining("at most 1000000 bytes")]);
    expect(agent.turns).toHaveLength(1);
  });
});
