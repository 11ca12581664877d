/** The question in words, and whose it is. */
import { describe, expect, it } from "vitest";
import { type ApprovalCall, approvalView, questionText } from "./approval.ts";
import { createApprovals } from "./approvals.ts";
import { newId } from "./ids.ts";
import { silentLog } from "./log.ts";
import { memoryApprovals } from "./testing/memory-approvals.ts";

const call = (more: Partial<ApprovalCall> = {}): ApprovalCall => {
  return {
    tool: "t",
    title: "T",
    input: { words: "fox" },
    request: "secret request",
    why: "It matters.",
    ...more,
  };
};

describe("the question", () => {
  it("says all that would run, why, and how long; nothing is left out, and nothing is hidden", () => {
    const long = "x".repeat(9000);
    const text = questionText({
      calls: [call({ input: { words: long, more: "\u202eabc\u200b" }, seconds: [30, 600] }), call({ tool: "u", statement: "I may." })],
      fields: [{ name: "whose", title: "Whose", kind: "text", required: false }],
    });
    expect(text).toBe(
      [
        "Shall I do this? Answer yes or no.",
        `- t \`{"words":"${long}","more":"\\u{202e}abc\\u{200b}"}\``,
        '- u `{"words":"fox"}`',
        "It matters.",
        "I may.",
        "Time: about 30 s to 10 min, and what is not known yet.",
        "To fill in: Whose (if you like)",
      ].join("\n"),
    );
  });
});

it("the question holds what a model wrote as code, whatever backticks are in it", () => {
  const words = "a <!-- b `` c ![d](http://e) -->";
  const text = questionText({ calls: [call({ input: { words } })], fields: [] });
  expect(text).toContain(`- t \`\`\`${JSON.stringify({ words })}\`\`\`\n`);
});

describe("an approval", () => {
  const make = (now?: () => number) =>
    createApprovals({ store: memoryApprovals(), secret: Buffer.alloc(32), log: silentLog, ...(now ? { now } : {}) });
  const question = { about: "a", calls: [call()], fields: [], origin: { face: "chat" as const, conversation: "c", message: "m" } };

  it("is its principal's only, and shows no digest", async () => {
    const approvals = make();
    const approval = await approvals.ask({ id: "me" }, question);
    expect(JSON.stringify(approvalView(approval, "/p"))).not.toContain("secret");
    for (const id of [approval.id, newId("appr"), "appr_1", ""])
      await expect(approvals.get({ id: "you" }, id)).rejects.toMatchObject({ code: "unknown_approval" });
    await expect(approvals.answer({ id: "you" }, approval.id, { yes: true, how: "dialog" })).rejects.toMatchObject({
      code: "unknown_approval",
    });
    expect((await approvals.get({ id: "me" }, approval.id)).state).toBe("open");
  });

  it("is good for 24 hours", async () => {
    const begun = Date.parse("2026-06-01T12:00:00Z");
    const approval = await make(() => begun).ask({ id: "me" }, question);
    expect(approval.expiresAt.toISOString()).toBe("2026-06-02T12:00:00.000Z");
  });

  it("takes what is filled in as it is asked for, and nothing else", async () => {
    const approvals = make();
    const fields = [
      { name: "whose", title: "Whose", kind: "text", required: true },
      { name: "agreed", title: "Agreed", kind: "check", required: true },
    ] as const;
    const { id } = await approvals.ask({ id: "me" }, { ...question, fields });
    const yes = (values: Record<string, unknown>) => approvals.answer({ id: "me" }, id, { yes: true, how: "page", values });
    for (const values of [
      {},
      { whose: " ", agreed: true },
      { whose: "June" },
      { whose: "June", agreed: "yes" },
      { whose: "x".repeat(501), agreed: true },
    ])
      await expect(yes(values), JSON.stringify(values)).rejects.toMatchObject({ code: "invalid_input" });
    await expect(yes({ whose: "June", agreed: true, more: 1 })).rejects.toThrow("more: unknown field");
    expect((await yes({ whose: " June ", agreed: true })).answer?.values).toEqual({ whose: "June", agreed: true });
  });
});
