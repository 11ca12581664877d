/** Turns over fakes: order of parts, ownership, one job a call, crashes, budget, memory, questions. */
import { MemorySaver } from "@langchain/langgraph";
import { describe, expect, it } from "vitest";
import type { Part } from "../core/chat.ts";
import { Failure } from "../core/failure.ts";
import { newId } from "../core/ids.ts";
import { localPrincipal } from "../core/principal.ts";
import { picture } from "../tools/testing/context.ts";
import { submitKey } from "./key.ts";
import { createTestChat, doneOf, errorOf, textOf } from "./testing/chat.ts";
import { createMemoryPlans } from "./testing/plans.ts";
import { createFakeStudio, jobRow } from "./testing/studio.ts";

const types = (parts: readonly Part[]) => parts.map((part) => part.type);

describe("a turn", () => {
  it("says what it did, shows the job, and is done with the job to follow", async () => {
    const chat = createTestChat();
    const parts = await chat.turn("draw a red fox in fresh snow, wide", { conversation: "conv_1", message: "msg_1" });
    expect(types(parts)).toEqual(["text", "job", "text", "done"]);
    const [job] = chat.studio.jobs;
    expect(job).toMatchObject({ origin: { conversation: "conv_1", message: "msg_1", ordinal: 0 }, key: "conv_1:msg_1:0" });
    expect(doneOf(parts)).toMatchObject({ planner: "rules", conversation: "conv_1", message: "msg_1", jobs: [{ id: job?.id }] });
    expect(textOf(parts)).toContain(`Job ${job?.id}`);
    expect(textOf(parts)).toContain("Planned by rules");
  });
  it("submits in the order of the words", async () => {
    const chat = createTestChat();
    const parts = await chat.turn("two pictures: a fox in snow, and a fox at night");
    expect(chat.studio.jobs.map((job) => job.input["prompt"])).toEqual(["a fox in snow", "a fox at night"]);
    expect(doneOf(parts).jobs).toHaveLength(2);
  });
  it("follows what an answer tool started, and not what it only showed", async () => {
    const chat = createTestChat();
    await chat.turn("draw a fox");
    const again = await chat.turn("another one");
    expect(doneOf(again).jobs.map((job) => job.id)).toEqual([chat.studio.jobs[1]?.id]);
    expect(chat.studio.jobs[1]?.parent).toBe(chat.studio.jobs[0]?.id);
    const status = await chat.turn("how far is it?");
    expect(types(status)).toContain("job");
    expect(doneOf(status).jobs).toEqual([]);
  });
  it.each([
    ["an empty message", { text: "  " }, "invalid_input"],
    ["a NUL", { text: "draw a \u0000fox" }, "invalid_input"],
    ["a message of 1 MB", { text: `draw ${"a fox ".repeat(170_000)}` }, "limit_exceeded"],
    ["a prompt of 1 MB", { text: `/render ${"x".repeat(1_000_000)}` }, "limit_exceeded"],
    ["a conversation id with a line break", { text: "draw a fox", conversation: "a\nb" }, "invalid_input"],
    ["an attached file that is nobody's", { text: "upscale this", attachments: [newId("art")] }, "unknown_artifact"],
  ])("refuses %s with one error and is done", async (_name, { text, ...more }, code) => {
    const chat = createTestChat();
    const parts = await chat.turn(text, more);
    expect(errorOf(parts)?.code).toBe(code);
    expect(types(parts).filter((type) => type === "error")).toHaveLength(1);
    expect(doneOf(parts).jobs).toEqual([]);
    expect(chat.studio.jobs).toEqual([]);
  });
  it("submits nothing where one call of several does not fit", async () => {
    const chat = createTestChat();
    const parts = await chat.turn("draw a fox, then draw a cat with seed -1");
    expect(errorOf(parts)?.message).toMatch(/seed/);
    expect(chat.studio.invoked).toEqual([]);
  });
});

describe("a conversation", () => {
  it("of somebody else is neither read nor written: its name begins a new one, as any unknown name does", async () => {
    const chat = createTestChat();
    await chat.turn("draw a red fox", { conversation: "conv_x" });
    const theirs = await chat.turn("upscale that", { conversation: "conv_x", message: "m", principal: { id: "mallory" } });
    const nobodys = await chat.turn("upscale that", { conversation: "conv_n", message: "m", principal: { id: "mallory" } });
    const named = (parts: typeof theirs) => JSON.stringify(parts).replaceAll(/conv_[xn]/g, "conv");
    expect(named(theirs)).toBe(named(nobodys));
    expect(chat.studio.invoked).toHaveLength(1);
  });
  it("that two people begin at once, with the same message id, is two conversations", async () => {
    const chat = createTestChat();
    const both = await Promise.all([
      chat.turn("draw a fox", { conversation: "conv_z", message: "m1" }),
      chat.turn("draw a hare", { conversation: "conv_z", message: "m1", principal: { id: "mallory" } }),
    ]);
    for (const parts of both) expect([errorOf(parts), doneOf(parts).jobs.length]).toEqual([undefined, 1]);
    expect(chat.studio.jobs).toHaveLength(2);
  });
});

describe("one job a call", () => {
  it("the same message again makes no second job, in another process too", async () => {
    const plans = createMemoryPlans();
    const studio = createFakeStudio();
    const first = await createTestChat({ plans, studio }).turn("draw a fox", { message: "m" });
    const second = await createTestChat({ plans, studio }).turn("draw a fox", { message: "m" });
    expect(studio.jobs).toHaveLength(1);
    expect(doneOf(second).jobs.map((job) => job.id)).toEqual(doneOf(first).jobs.map((job) => job.id));
    expect(textOf(second)).toBe(textOf(first));
  });
  it("the same message twice at once makes one job", async () => {
    const chat = createTestChat();
    await Promise.all([chat.turn("draw a fox", { message: "m" }), chat.turn("draw a fox", { message: "m" })]);
    expect(chat.studio.jobs).toHaveLength(1);
  });
  it("the same call twice in one turn is one job", async () => {
    const chat = createTestChat();
    await chat.turn("draw a fox. draw a fox. draw a hare");
    expect(chat.studio.jobs.map((job) => job.input["prompt"])).toEqual(["a fox", "a hare"]);
  });
  it("a regenerated answer is a new message, so a new picture", async () => {
    const chat = createTestChat();
    await chat.turn("draw a fox", { message: "m1" });
    await chat.turn("draw a fox", { message: "m2" });
    expect(chat.studio.jobs).toHaveLength(2);
  });

  /** A process that dies at the nth call: that call and all after it never return. */
  async function crashAt(call: number) {
    const plans = createMemoryPlans();
    const studio = createFakeStudio();
    const invoke = studio.invoke.bind(studio);
    let calls = 0;
    let died = () => {};
    const death = new Promise<void>((resolve) => {
      died = resolve;
    });
    studio.invoke = (...given) => {
      if (++calls < call) return invoke(...given);
      died();
      return new Promise(() => {});
    };
    const checkpointer = new MemorySaver();
    void createTestChat({ plans, studio, checkpointer }).turn("draw a fox, then draw a hare", { message: "m" });
    await death;
    studio.invoke = invoke;
    return { plans, studio, checkpointer };
  }
  it.each([
    ["between plan and submit", 1],
    ["after the first of two submits", 2],
  ])("a crash %s loses nothing and doubles nothing", async (_name, call) => {
    const { plans, studio, checkpointer } = await crashAt(call);
    expect(studio.jobs).toHaveLength(call - 1);
    // the words are other ones now: the stored plan holds
    const again = await createTestChat({ plans, studio, checkpointer }).turn("draw an owl", { message: "m" });
    expect(studio.jobs.map((job) => job.input["prompt"])).toEqual(["a fox", "a hare"]);
    expect(doneOf(again).jobs).toHaveLength(2);
  });
  it("a retry that was made before the crash is shown, not refused", async () => {
    const plans = createMemoryPlans();
    const studio = createFakeStudio();
    const id = newId("job");
    studio.jobs.push(
      jobRow({
        id,
        tool: "render_image",
        input: { prompt: "a fox" },
        state: "failed",
        origin: { conversation: "conv", message: "m0", ordinal: 0 },
      }),
    );
    await createTestChat({ plans, studio }).turn("try again", { message: "m" });
    const parts = await createTestChat({ plans, studio }).turn("try again", { message: "m" });
    expect(errorOf(parts)).toBeUndefined();
    expect(doneOf(parts).jobs.map((job) => job.id)).toEqual([id]);
  });
  it("a fault of the moment is not part of the plan: the same message may succeed later", async () => {
    const chat = createTestChat();
    const check = chat.studio.check.bind(chat.studio);
    chat.studio.check = async () => {
      throw new Failure("engine_unavailable", "ComfyUI does not answer. Start it.", { retryable: true });
    };
    expect(errorOf(await chat.turn("draw a fox", { message: "m" }))?.code).toBe("engine_unavailable");
    chat.studio.check = check;
    expect(doneOf(await chat.turn("draw a fox", { message: "m" })).jobs).toHaveLength(1);
  });
  it("keys are short, printable and cannot be confused", () => {
    expect(submitKey("conv_a", "msg_b", 3)).toBe("conv_a:msg_b:3");
    const long = submitKey("c".repeat(100), "m".repeat(100), 0);
    expect(long).toMatch(/^[\x20-\x7e]{1,128}$/);
    expect(submitKey("a:b", "c", 0)).not.toBe(submitKey("a", "b:c", 0));
    expect(new Set([0, 1, 2].map((n) => submitKey("c".repeat(100), "m".repeat(100), n))).size).toBe(3);
  });
});

describe("a reader who leaves", () => {
  it("after the plan is stored ends no submit", async () => {
    const chat = createTestChat();
    const reading = chat.agent.turn(
      { principal: localPrincipal, conversation: "conv", message: "m", text: "draw a fox, then draw a hare", attachments: [] },
      new AbortController().signal,
    );
    for await (const part of reading) if (part.type === "job") break;
    await expect.poll(() => chat.studio.jobs.length, { timeout: 10_000 }).toBe(2);
  });
});

describe("the budget of a turn", () => {
  it("is said, not silently cut", async () => {
    const chat = createTestChat({ budget: 2 });
    const parts = await chat.turn("draw a fox. draw a hare. draw an owl. draw a cat");
    expect(chat.studio.jobs).toHaveLength(2);
    expect(textOf(parts)).toMatch(/4 steps; one turn makes at most 2.*left out 2/);
  });
  it("is 8 where none is given", async () => {
    const chat = createTestChat();
    await chat.turn(["ant", "bee", "cat", "dog", "elk", "fox", "gnu", "hen", "ibis"].map((animal) => `draw a ${animal}.`).join(" "));
    expect(chat.studio.jobs).toHaveLength(8);
  });
});

describe("a thread", () => {
  it("remembers what its jobs made: two turns in a row", async () => {
    const chat = createTestChat();
    await chat.turn("draw a red fox in fresh snow, wide");
    chat.studio.finish(chat.studio.jobs[0]?.id ?? "");
    await chat.turn("upscale that 2x");
    expect(chat.studio.jobs[1]).toMatchObject({ tool: "upscale_image", input: { image: chat.studio.files[0]?.id, scale: 2 } });
  });
  it("keeps its memory when the checkpoints are gone: it is in the rows", async () => {
    const plans = createMemoryPlans();
    const studio = createFakeStudio();
    await createTestChat({ plans, studio }).turn("draw a fox", { message: "m1" });
    studio.finish(studio.jobs[0]?.id ?? "");
    await createTestChat({ plans, studio, checkpointer: new MemorySaver() }).turn("upscale that", { message: "m2" });
    expect(studio.jobs).toHaveLength(2);
  });
  it("knows branches: what another branch made is not meant", async () => {
    const chat = createTestChat();
    await chat.turn("draw a fox", { message: "m1", branch: [] });
    await chat.turn("draw a hare", { message: "m2", branch: [] });
    for (const job of [...chat.studio.jobs]) chat.studio.finish(job.id);
    await chat.turn("upscale that", { message: "m3", branch: ["m1"] });
    expect(chat.studio.jobs[2]?.input["image"]).toBe(chat.studio.jobs[0]?.artifacts[0]?.id);
    const none = await chat.turn("upscale that", { message: "m4", branch: [] });
    expect(textOf(none)).toContain("no finished picture");
  });
  it("says that a picture is not finished yet", async () => {
    const chat = createTestChat();
    await chat.turn("draw a fox");
    const parts = await chat.turn("upscale that");
    expect(textOf(parts)).toMatch(/not finished yet \(job_\w+ is queued\)/);
    expect(chat.studio.invoked).toHaveLength(1);
  });
  it("takes attached files as this and that before anything else", async () => {
    const chat = createTestChat();
    await chat.turn("draw a fox");
    chat.studio.finish(chat.studio.jobs[0]?.id ?? "");
    const file = picture(newId("art"));
    chat.studio.files.push(file);
    await chat.turn("upscale this", { attachments: [file.id] });
    expect(chat.studio.jobs[1]?.input["image"]).toBe(file.id);
  });
  it("counts pictures alone where a picture is meant", async () => {
    const chat = createTestChat();
    const sound = picture(newId("art"), { name: "voice.wav", mediaType: "audio/wav" });
    const [photo, another] = [picture(newId("art")), picture(newId("art"))];
    chat.studio.files.push(sound, photo, another);
    await chat.turn("upscale this", { attachments: [sound.id, photo.id] });
    expect(errorOf(await chat.turn("/upscale --scale 3", { attachments: [photo.id, sound.id] }))).toBeUndefined();
    await chat.turn("upscale number 2", { attachments: [photo.id, sound.id, another.id] });
    expect(chat.studio.jobs.map(({ input }) => input["image"])).toEqual([photo.id, photo.id, another.id]);
    expect(textOf(await chat.turn("upscale this", { attachments: [photo.id, sound.id, another.id] }))).toContain("2 attached pictures");
    expect(textOf(await chat.turn("upscale this", { attachments: [sound.id, sound.id] }))).toContain("2 attached files");
  });
});

describe("the catalogue", () => {
  it("is all that the agent knows of tools: a new one is a command at once", async () => {
    const { defineAnswerTool } = await import("../core/tool.ts");
    const { z } = await import("zod");
    const echo = defineAnswerTool({
      name: "echo_words",
      title: "Echo",
      alias: "echo",
      description: "Says it again.",
      input: z.strictObject({ words: z.string().describe("What to say."), loud: z.boolean().optional().describe("In capitals.") }),
      positional: ["words"],
      annotations: { readOnly: true, destructive: false, idempotent: true },
      answer: async ({ words, loud }) => ({ text: loud ? words.toUpperCase() : words, data: {} }),
    });
    const chat = createTestChat({ studio: createFakeStudio([echo]) });
    expect(textOf(await chat.turn("/echo good day --loud"))).toBe("GOOD DAY");
    expect(textOf(await chat.turn("/help"))).toContain("/echo <words>  Says it again.");
  });
});
