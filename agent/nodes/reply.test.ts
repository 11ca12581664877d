/** What the thread keeps of a turn with more files than it has room for. */
import { expect, it } from "vitest";
import { newId } from "../../core/ids.ts";
import { localPrincipal } from "../../core/principal.ts";
import type { NodeConfig, ThreadState } from "../state.ts";
import type { Turn } from "../turn.ts";
import { replyNode } from "./reply.ts";

async function kept(text: string, attachments: string[]): Promise<string> {
  const request = { principal: localPrincipal, conversation: "c", message: "m", text, attachments };
  const turn: Partial<Turn> = { request, said: [], say() {} };
  const state = { plan: { planner: "rules", calls: [], text: "" } } as unknown as ThreadState;
  const { messages } = await replyNode(state, { context: { turn } } as unknown as NodeConfig);
  const [asked] = messages as { content: string }[];
  return asked?.content ?? "";
}

it("the ids of a few attached files, whole", async () => {
  expect(await kept("what is this?", ["art_a", "art_b"])).toBe("what is this?\n[attached: art_a, art_b]");
});

it("of three hundred the number and the first few, beside as much of the words as fits", async () => {
  const ids = Array.from({ length: 300 }, () => newId("art"));
  const content = await kept(`what are these? ${"many words ".repeat(1000)}`, ids);
  expect(content).toMatch(/^what are these\? many words .*\n\[attached: 300 files, the first of them art_[^\]]*\]$/);
  expect(content).toContain(`${ids[0]}, ${ids[1]}`);
  expect(content).toHaveLength(2000);
});
