/** Above how many minutes of the card a person is asked, and what a changed decision does to their yes. */
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { createApprovals } from "./approvals.ts";
import { createStudio, type StudioParts } from "./create-studio.ts";
import { Failure } from "./failure.ts";
import { newId } from "./ids.ts";
import type { Job } from "./job.ts";
import type { JsonObject } from "./json.ts";
import { defaultLimits } from "./limits.ts";
import { silentLog } from "./log.ts";
import { estimateOf } from "./outlook.ts";
import type { JobStore, NewJob } from "./ports/job-store.ts";
import type { Call } from "./studio.ts";
import { memoryApprovals } from "./testing/memory-approvals.ts";
import { defineJobTool, type JobTool } from "./tool.ts";

const me = { id: "me" };
let model = "one";

const print = defineJobTool({
  name: "print_poster",
  title: "Print",
  alias: "print",
  description: "For tests.",
  input: z.strictObject({ copies: z.number().default(1), model: z.string().optional(), engine: z.string().default("card") }),
  annotations: { readOnly: false, destructive: false, idempotent: false },
  prepare: async (input) => ({
    input: { ...input, model: model },
    ...{ title: "Print", engine: input.engine, family: input.engine, vramGb: 1, class: "interactive" },
  }),
  run: async () => {},
  work: ({ copies }) => Number(copies),
}) as JobTool;

/** Chooses what was left open, as a seed is. */
const drawn: JobTool["prepare"] = async (input, context) => {
  const prepared = await print.prepare(input, context);
  return { ...prepared, input: { ...prepared.input, model: (input["model"] as string | undefined) ?? `seed ${Math.random()}` } };
};

const history = (...minutes: number[]) => minutes.map((each) => ({ input: { copies: 1 } as JsonObject, seconds: each * 60 }));

function studioWith(past: { input: JsonObject; seconds: number }[], askAboveMinutes = 30, tool: JobTool = print) {
  const accepted: NewJob[] = [];
  const store = memoryApprovals();
  const approvals = createApprovals({ store, secret: Buffer.alloc(32), log: silentLog });
  const jobs: Partial<JobStore> = {
    history: async () => past,
    async accept(job) {
      if (job.approval) await approvals.use(me, job.approval, job.id);
      accepted.push(job);
      return { job: { ...job, id: newId("job") } as unknown as Job, created: true };
    },
  };
  const engines = {
    all: [
      { id: "card", gpu: true },
      { id: "processor", gpu: false },
    ],
  };
  const rest = { queue: { add: async () => {} }, accepted() {}, log: silentLog, limits: { ...defaultLimits, askAboveMinutes } };
  const studio = createStudio({ tools: [tool], jobs, engines, approvals, ...rest } as unknown as StudioParts);
  const submit = (input: object) => studio.invoke(me, { tool: "print_poster", input }).catch((error: unknown) => error as Failure);
  return { studio, approvals, accepted, submit, kept: store.rows };
}

const codeOf = (answer: unknown) => (answer instanceof Failure ? answer.code : "accepted");

describe("minutes of the card", () => {
  it.each([
    ["as usual", { copies: 2 }, 30, history(10, 10, 10), "accepted"],
    ["three times the usual and a bit", { copies: 4 }, 30, history(10, 10, 10), "approval_required"],
    ["one that took long among many is no rule", { copies: 1 }, 30, history(10, 10, 10, 400), "accepted"],
    ["without a history nothing is known", { copies: 9 }, 30, history(10), "accepted"],
    ["0 never asks", { copies: 9 }, 0, history(100, 100), "accepted"],
    ["the processor's minutes are nobody's card", { copies: 9, engine: "processor" }, 30, history(100, 100), "accepted"],
    ["a recipe that lacks what is counted tells nothing", { copies: 9 }, 30, [{ input: {}, seconds: 9e9 }, ...history(1)], "accepted"],
  ])("%s", async (_what, input, most, past, expected) => {
    const { submit, accepted } = studioWith(past, most);
    const answer = await submit(input);
    expect([codeOf(answer), accepted.length]).toEqual([expected, expected === "accepted" ? 1 : 0]);
    if (answer instanceof Failure)
      expect(answer.message).toMatch(/the card for about 40 min; above 30 min .*MYSPINBOT_ASK_ABOVE_MINUTES.*\/approve\/appr_/);
  });

  it("counts a plan as a whole: what each is short enough for may be too long together", async () => {
    const { studio, approvals, accepted } = studioWith(history(10, 10));
    const call = (copies: number) => ({ tool: "print_poster", input: { copies } });
    expect(await studio.ask(me, [call(1), call(1)], { face: "chat" })).toBeUndefined();
    const asked = await studio.ask(me, [call(2), call(3)], { face: "chat", conversation: "c", message: "m" });
    expect(asked?.calls.map(({ seconds, why }) => [seconds, why === undefined])).toEqual([
      [[1200, 1200], false],
      [[1800, 1800], false],
    ]);
    expect(approvals.view(asked as never).text).toContain("Time: about 50 min.");
    await approvals.answer(me, asked?.id ?? "", { yes: true, how: "words" });
    for (const copies of [2, 3]) await studio.invoke(me, { ...call(copies), approval: asked?.id ?? "" });
    expect(accepted.map((job) => job.approval)).toEqual([0, 1].map((place) => ({ id: asked?.id, call: place })));
    expect((await approvals.get(me, asked?.id ?? "")).state).toBe("used");
  });

  it("a call that is shown beside others runs as it was shown, also when the yes is used up", async () => {
    const { studio, approvals, accepted } = studioWith(history(10, 10), 30, { ...print, prepare: drawn });
    const [long, short] = [4, 1].map((copies) => ({ tool: "print_poster", input: { copies, engine: copies > 1 ? "card" : "processor" } }));
    const asked = await studio.ask(me, [long as Call, short as Call], { face: "chat" });
    expect(asked?.calls.map(({ why }) => why === undefined)).toEqual([false, true]);
    await approvals.answer(me, asked?.id ?? "", { yes: true, how: "words" });
    for (const call of [long, short]) await studio.invoke(me, { ...(call as Call), approval: asked?.id ?? "" });
    expect(accepted.map(({ input }) => input)).toEqual(asked?.calls.map(({ input }) => input));
  });

  it("one call that cannot be weighed hides no other from the person", async () => {
    const { studio } = studioWith(history(10, 10));
    const long = { tool: "print_poster", input: { copies: 2 } };
    const bad = { tool: "print_poster", input: { copies: "many" } };
    expect(await studio.ask(me, [bad], { face: "chat" })).toBeUndefined();
    const asked = await studio.ask(me, [long, bad, { ...long, input: { copies: 3 } }], { face: "chat" });
    expect(asked?.calls.map(({ input, why }) => [input["copies"], why === undefined])).toEqual([
      [2, false],
      ["many", true],
      [3, false],
    ]);
  });

  it("estimates by the work there is to do", async () => {
    const jobs = { history: async () => [{ input: { copies: 2 }, seconds: 20 }, ...history(1, 2)] };
    expect(await estimateOf(jobs, print, { family: "card", input: { copies: 3 } })).toEqual({ seconds: [30, 360], usual: 180 });
  });
});

it("a yes is good for what was shown, also where the store cannot keep every character", async () => {
  const asking = {
    ...print,
    needsYes: () => ({ why: "It matters." }),
    prepare: (async (input: JsonObject) => ({ ...(await print.prepare(input as never, {} as never)), input })) as JobTool["prepare"],
  };
  const { submit, approvals, accepted, kept } = studioWith([], 30, asking);
  const first = (await submit({ model: "a\0b" })) as Failure;
  for (const row of kept) for (const call of row.calls) call.input = { ...call.input, model: "a\ufffdb" };
  await approvals.answer(me, first.approval?.id ?? "", { yes: true, how: "page" });
  expect(codeOf(await submit({ model: "a\0b" }))).toBe("accepted");
  expect(accepted[0]?.input["model"]).toBe("a\ufffdb");
});

it("only preparing may tell why a person is asked: that is asked, and kept out of the job", async () => {
  const yes = { why: "It takes 4 GB of the disk." };
  const asking = {
    ...print,
    prepare: (async (input: JsonObject) => ({ ...(await print.prepare(input as never, {} as never)), yes })) as JobTool["prepare"],
    needsYes: () => ({ why: "It is a training." }),
  };
  const { submit, approvals, accepted } = studioWith([], 30, asking);
  const first = (await submit({})) as Failure;
  expect(first.message).toContain("It takes 4 GB of the disk. Nothing was started.");
  await approvals.answer(me, first.approval?.id ?? "", { yes: true, how: "page" });
  expect(codeOf(await submit({}))).toBe("accepted");
  expect(accepted[0]).not.toHaveProperty("yes");
});

it("a decision that has changed since the yes asks anew, and the old yes is over", async () => {
  const asking = { ...print, needsYes: () => ({ why: "It matters." }) };
  const { submit, approvals, accepted } = studioWith([], 30, asking);
  const first = (await submit({})) as Failure;
  await approvals.answer(me, first.approval?.id ?? "", { yes: true, how: "page" });
  model = "two";
  const second = (await submit({})) as Failure;
  expect(second.approval?.id).not.toBe(first.approval?.id);
  expect(second.approval?.calls[0]?.input["model"]).toBe("two");
  expect((await approvals.get(me, first.approval?.id ?? "")).state).toBe("expired");
  await approvals.answer(me, second.approval?.id ?? "", { yes: true, how: "page" });
  expect(codeOf(await submit({}))).toBe("accepted");
  expect(accepted[0]).toMatchObject({ input: { model: "two" }, approval: { id: second.approval?.id, call: 0 } });
});
