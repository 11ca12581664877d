/** A plan that needs a person's yes: one question, nothing before the answer, one job after it. */
import { MemorySaver } from "@langchain/langgraph";
import { describe, expect, it } from "vitest";
import type { Part } from "../core/chat.ts";
import { Failure } from "../core/failure.ts";
import { createTestChat, doneOf, errorOf } from "./testing/chat.ts";
import { createMemoryPlans } from "./testing/plans.ts";
import { createFakeStudio } from "./testing/studio.ts";

const types = (parts: readonly Part[]) => parts.map((part) => part.type);

describe("a plan that needs a yes", () => {
  const asking = () => Object.assign(createFakeStudio(), { needsYes: ({ tool }: { tool: string }) => tool === "render_image" });
  it("asks once for the whole plan, with its parameters, and submits nothing", async () => {
    const chat = createTestChat({ studio: asking() });
    const parts = await chat.turn("draw a fox, then draw a hare");
    expect(types(parts)).toEqual(["question", "done"]);
    expect(parts[0]).toMatchObject({ plan: { calls: [{ input: { prompt: "a fox" } }, { input: { prompt: "a hare" } }] } });
    expect(chat.studio.invoked).toEqual([]);
  });
  it("goes on with a plain yes, once", async () => {
    const plans = createMemoryPlans();
    const studio = asking();
    const checkpointer = new MemorySaver();
    const chat = createTestChat({ plans, studio, checkpointer });
    await chat.turn("draw a fox", { message: "m1" });
    const parts = await chat.turn("yes", { message: "m2" });
    expect(doneOf(parts).jobs).toHaveLength(1);
    expect(studio.jobs[0]).toMatchObject({ origin: { message: "m2" }, input: { prompt: "a fox" } });
    await createTestChat({ plans, studio, checkpointer }).turn("yes", { message: "m2" });
    await chat.turn("yes", { message: "m3" });
    expect(studio.jobs).toHaveLength(1);
  });
  it.each(["no", "yes, but make it blue", "hello"])("submits nothing after %j", async (answer) => {
    const chat = createTestChat({ studio: asking() });
    await chat.turn("draw a fox");
    await chat.turn(answer);
    expect(chat.studio.invoked).toEqual([]);
  });
  it("submits nothing where nobody can be asked, and goes on when the same message comes again", async () => {
    const studio = createFakeStudio();
    const { ask } = studio;
    const chat = createTestChat({ studio });
    studio.ask = () => Promise.reject(new Failure("limit_exceeded", "100 questions are open.", { retryable: true }));
    expect(types(await chat.turn("draw a fox", { message: "m1" }))).toEqual(["text", "error", "done"]);
    expect(studio.invoked).toEqual([]);
    studio.ask = ask;
    expect(doneOf(await chat.turn("draw a fox", { message: "m1" })).jobs).toHaveLength(1);
  });
  it("a message whose job is there is not asked about when it comes again, though it would be by now", async () => {
    const studio = createFakeStudio();
    const chat = createTestChat({ studio });
    await chat.turn("draw a fox", { message: "m1" });
    studio.needsYes = () => true;
    const parts = await chat.turn("draw a fox", { message: "m1" });
    expect([types(parts).includes("question"), doneOf(parts).jobs.length]).toEqual([false, 1]);
    await chat.turn("yes", { message: "m2" });
    expect(studio.jobs).toHaveLength(1);
    expect(await studio.approvals.list({ id: "local" }, { open: true, limit: 9 })).toEqual([]);
  });
  it.each(["approval_required", "consent_required"] as const)(
    "a call that the gate refuses (%s) is told, and goes through when the same message comes again after a yes elsewhere",
    async (code) => {
      const studio = createFakeStudio();
      const chat = createTestChat({ studio });
      studio.before = () => {
        throw new Failure(code, "A person must say yes first.");
      };
      expect(errorOf(await chat.turn("draw a fox", { message: "m1" }))).toMatchObject({ code });
      expect(studio.jobs).toEqual([]);
      studio.before = () => {};
      expect(doneOf(await chat.turn("draw a fox", { message: "m1" })).jobs).toHaveLength(1);
    },
  );
  it("takes no yes from another branch", async () => {
    const chat = createTestChat({ studio: asking() });
    await chat.turn("draw a fox", { message: "m1" });
    await chat.turn("yes", { message: "m3", branch: ["m2"] });
    expect(chat.studio.invoked).toEqual([]);
  });
});
