/** What a call may name: what is there, what an open job makes, and what earlier calls of its plan will make; and the yes to such a plan. */
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { createApprovals } from "./approvals.ts";
import type { Makes } from "./asset.ts";
import { createStudio, type StudioParts } from "./create-studio.ts";
import { newId } from "./ids.ts";
import type { Job } from "./job.ts";
import { defaultLimits } from "./limits.ts";
import { silentLog } from "./log.ts";
import type { JobStore, NewJob } from "./ports/job-store.ts";
import { assetsInSight } from "./promised.ts";
import { memoryApprovals } from "./testing/memory-approvals.ts";
import { memoryAssets, testAsset } from "./testing/memory-assets.ts";
import { defineAnswerTool, defineJobTool, type Tool } from "./tool.ts";

const me = { id: "me" };
const lora = (name: string): Makes => ({ kind: "lora", name, family: "sd15", triggerWords: [] });
const set = (name: string): Makes => ({ kind: "dataset", name, pictures: 12 });
const job = newId("job");

describe("an asset in sight", () => {
  const ready = testAsset(lora("ready"), { principal: "me", job: newId("job") });
  const store = {
    assets: memoryAssets([ready, testAsset(lora("theirs"), { principal: "you" })]),
    jobs: { promises: async (principal: string) => (principal === "me" ? [{ job, makes: lora("Open") }] : []) },
  };

  it("is what is there, or what an open job makes", async () => {
    const sight = assetsInSight(store, "me");
    expect(await sight.asset("lora", "READY")).toEqual({ asset: ready });
    expect(await sight.asset("lora", ready.id)).toEqual({ asset: ready });
    expect(await sight.asset("lora", "open")).toEqual({ promise: lora("Open"), job });
    expect(await sight.asset("lora", job.replace("job_", "ast_"))).toEqual({ promise: lora("Open"), job });
    await expect(sight.asset("dataset", "open")).rejects.toMatchObject({ code: "unknown_asset" });
    await expect(sight.asset("lora", "theirs")).rejects.toMatchObject({ message: expect.stringContaining("There are: ready.") });
  });

  it("is what an earlier call of the plan makes, once that is accepted by its job", async () => {
    const plan = { makes: [set("photos")], accepted: false };
    expect(await assetsInSight(store, "me", plan).asset("dataset", "Photos")).toEqual({ promise: set("photos") });
    const accepted = { ...plan, accepted: true };
    const gone = assetsInSight(store, "me", accepted).asset("dataset", "photos");
    await expect(gone).rejects.toMatchObject({ code: "unknown_asset", message: expect.not.stringContaining("There are") });
    const open = { ...store, jobs: { promises: async () => [{ job, makes: set("photos") }] } };
    expect(await assetsInSight(open, "me", accepted).asset("dataset", "photos")).toEqual({ promise: set("photos"), job, planned: true });
    const made = testAsset(set("photos"), { principal: "me", job });
    const done = { assets: memoryAssets([made]), jobs: { promises: async () => [] } };
    expect(await assetsInSight(done, "me", accepted).asset("dataset", "photos")).toEqual({ promise: set("photos"), job, planned: true });
  });

  it("takes its name: ready, open or planned, each kind by itself and each principal by themselves", async () => {
    const sight = assetsInSight(store, "me", { makes: [lora("planned")], accepted: false });
    for (const name of ["Ready", "OPEN", "planned"]) expect([name, await sight.taken("lora", name)]).toEqual([name, true]);
    for (const [kind, name] of [
      ["lora", "free"],
      ["lora", "theirs"],
      ["lora", ready.id],
      ["dataset", "ready"],
    ] as const)
      expect([name, await sight.taken(kind, name)]).toEqual([name, false]);
  });
});

const annotations = { readOnly: false, destructive: false, idempotent: false };
const place = { title: "t", engine: "card", family: "card", vramGb: 1, class: "training" } as const;

const collect = defineJobTool({
  ...{ name: "collect", title: "Collect", alias: "collect", description: "For tests.", annotations },
  input: z.strictObject({ name: z.string() }),
  prepare: async ({ name }) => ({ ...place, input: { name }, makes: set(name) }),
  run: async () => {},
});

const practise = defineJobTool({
  ...{ name: "practise", title: "Practise", alias: "practise", description: "For tests.", annotations },
  input: z.strictObject({ name: z.string(), dataset: z.string(), seed: z.number().optional() }),
  async prepare({ name, dataset, seed = Math.random() }, context) {
    const found = await context.asset("dataset", dataset);
    const needs = "job" in found && found.job !== undefined ? { needs: [found.job] } : {};
    const resolved = "asset" in found ? found.asset.id : found.promise.name;
    return { ...place, input: { name, dataset: resolved, seed }, makes: lora(name), ...needs };
  },
  needsYes: () => ({ why: "It takes long." }),
  run: async () => {},
});

const forget = defineAnswerTool({
  ...{ name: "forget", title: "Forget", alias: "forget", description: "For tests.", annotations: { ...annotations, destructive: true } },
  input: z.strictObject({ asset: z.string(), kind: z.enum(["lora", "dataset"]).optional() }),
  needsYes: ({ asset }) => ({ why: `${asset} goes for good.` }),
  answer: async ({ asset }) => ({ text: `Forgot ${asset}.`, data: {} }),
});

function studioOf() {
  const accepted: NewJob[] = [];
  const assets = memoryAssets();
  const ended = new Set<string>();
  const approvals = createApprovals({ store: memoryApprovals(), secret: Buffer.alloc(32), log: silentLog });
  const jobs: Partial<JobStore> = {
    history: async () => [],
    promises: async () => accepted.flatMap(({ id, makes }) => (makes && !ended.has(id) ? [{ job: id, makes }] : [])),
    async accept(given) {
      if (given.approval) await approvals.use(me, given.approval, given.id);
      accepted.push(given);
      return { job: given as unknown as Job, created: true };
    },
  };
  const tools: Tool[] = [collect, practise, forget];
  const rest = { queue: { add: async () => {} }, accepted() {}, log: silentLog, limits: defaultLimits, engines: { all: [] } };
  const studio = createStudio({ tools, jobs, assets, approvals, ...rest } as unknown as StudioParts);
  const end = (id: string, made: boolean) => {
    ended.add(id);
    const makes = accepted.find((one) => one.id === id)?.makes;
    if (makes && made) assets.rows.push(testAsset(makes, { principal: me.id, job: id }));
  };
  return { studio, approvals, accepted, end, things: assets.rows };
}

describe("a plan whose second call needs what the first makes", () => {
  const calls = [
    { tool: "collect", input: { name: "biscuit" } },
    { tool: "practise", input: { name: "biscuit", dataset: "biscuit" } },
  ] as const;

  it("is checked with what its earlier calls promise", async () => {
    const { studio } = studioOf();
    const promised = await studio.check(me, calls[0]);
    expect(promised).toEqual(set("biscuit"));
    await expect(studio.check(me, calls[1])).rejects.toMatchObject({ code: "unknown_asset" });
    expect(await studio.check(me, calls[1], [set("biscuit")])).toEqual(lora("biscuit"));
  });

  it.each(["is open", "has succeeded"])("runs as it was shown, seed and name and all, when the first %s", async (how) => {
    const { studio, approvals, accepted, end } = studioOf();
    const asked = await studio.ask(me, calls, { face: "chat", conversation: "c", message: "m" });
    expect(asked?.calls.map(({ why }) => why === undefined)).toEqual([true, false]);
    expect(JSON.stringify(approvals.view(asked as never))).not.toContain("pictures");
    await approvals.answer(me, asked?.id ?? "", { yes: true, how: "words" });
    await studio.invoke(me, { ...calls[0], approval: asked?.id ?? "" });
    const first = accepted[0]?.id ?? "";
    if (how === "has succeeded") end(first, true);
    await studio.invoke(me, { ...calls[1], approval: asked?.id ?? "" });
    expect(accepted.map(({ input }) => input)).toEqual(asked?.calls.map(({ input }) => input));
    expect(accepted[1]).toMatchObject({ needs: [first], makes: lora("biscuit"), approval: { id: asked?.id, call: 1 } });
  });

  it("is not accepted where the first has failed meanwhile", async () => {
    const { studio, approvals, accepted, end } = studioOf();
    const asked = await studio.ask(me, calls, { face: "chat", conversation: "c", message: "m" });
    await approvals.answer(me, asked?.id ?? "", { yes: true, how: "words" });
    await studio.invoke(me, { ...calls[0], approval: asked?.id ?? "" });
    end(accepted[0]?.id ?? "", false);
    await expect(studio.invoke(me, { ...calls[1], approval: asked?.id ?? "" })).rejects.toMatchObject({ code: "unknown_asset" });
    expect(accepted).toHaveLength(1);
  });
});

it("a person is not asked about an asset that is not there, or not of that kind, or somebody else's", async () => {
  const { studio, approvals, things } = studioOf();
  things.push(testAsset(set("photos"), { principal: "me" }), testAsset(set("theirs"), { principal: "you", job }));
  const call = (input: object) => ({ tool: "forget", input });
  for (const input of [{ asset: "nothing" }, { asset: "photos", kind: "lora" }, { asset: "theirs" }]) {
    await expect(studio.check(me, call(input))).rejects.toMatchObject({ code: "unknown_asset" });
    await expect(studio.invoke(me, call(input))).rejects.toMatchObject({ code: "unknown_asset" });
  }
  expect(await approvals.list(me, { open: true, limit: 10 })).toEqual([]);
  expect(await studio.check(me, call({ asset: "later" }), [lora("Later")])).toBeUndefined();
  await expect(studio.invoke(me, call({ asset: "photos" }))).rejects.toMatchObject({ code: "approval_required" });
});
