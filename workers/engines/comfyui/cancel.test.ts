import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, describe, expect, it } from "vitest";
import { atStep, comfyRun, failureOf } from "./testing/run.ts";
import { adapterFor, closeAll, fakeOf, pair, request, until } from "./testing/setup.ts";

afterEach(closeAll);

describe.each(["new", "old"] as const)("a cancel, against the %s dialect", (dialect) => {
  it("rule 4: cancels exactly our running prompt and returns when it has stopped", async () => {
    const { fake, comfyui } = await pair({ dialect, stepMs: 5 });
    const run = comfyRun({ onProgress: atStep(2, () => run.abort()) });
    expect(await failureOf(comfyui.image.render(request({ steps: 500 }), run))).toBe(run.signal.reason);
    expect(fake.prompts()).toMatchObject([{ id: run.refs[0], state: "cancelled" }]);
    expect(run.saved).toEqual([]);
    const bare = fake.calls.filter(
      (call) => call.path.endsWith("/interrupt") && !(call.body as { prompt_id?: string } | undefined)?.prompt_id,
    );
    expect(bare).toEqual([]);
  });

  it("rule 4: cancels our waiting prompt and leaves the one that runs alone", async () => {
    const { fake, comfyui } = await pair({ dialect, stepMs: 5 });
    const foreign = await fake.submitForeign({ steps: 60 });
    const run = comfyRun();
    const work = failureOf(comfyui.image.render(request(), run));
    await until("ours waits", () => run.reported.some((report) => report.stage === "waiting"));
    run.abort();
    expect(await work).toBe(run.signal.reason);
    expect(fake.prompts().map((prompt) => prompt.id)).toEqual([foreign]);
    await until("the foreign prompt is done", () => fake.prompts()[0]?.state === "completed");
    expect(fake.calls.some((call) => call.path === "/interrupt")).toBe(false);
  });

  it("rule 4: a cancel during a post also stops what arrives late", async () => {
    const { fake, comfyui } = await pair({ dialect, stepMs: 5 });
    fake.faults.postHoldMs = 400;
    const run = comfyRun({ onRef: () => void setTimeout(() => run.abort(), 30) });
    expect(await failureOf(comfyui.image.render(request({ steps: 1000 }), run))).toBe(run.signal.reason);
    await until("the post arrived", () => fake.taken === 1);
    expect(fake.prompts().filter((prompt) => prompt.state === "running" || prompt.state === "pending")).toEqual([]);
  });

  it("stops at once when it is cancelled while ComfyUI is down", async () => {
    const fake = await fakeOf({ dialect });
    await fake.stop();
    const run = comfyRun();
    const work = failureOf(adapterFor(fake.url).image.render(request(), run));
    await until("it waits", () => run.reported.length > 0);
    run.abort();
    expect(await work).toBe(run.signal.reason);
  });

  it("stops its prompt when the work fails on our side", async () => {
    const { fake, comfyui } = await pair({ dialect });
    const run = Object.assign(comfyRun(), {
      save: async () => {
        throw new Error("the disk is full");
      },
    });
    expect((await failureOf(comfyui.image.render(request({ count: 3 }), run))).message).toBe("the disk is full");
    await sleep(50);
    expect(fake.prompts().map((prompt) => prompt.state)).toEqual(["completed"]);
  });
});

describe("versions between the dialects, with /api/jobs but no cancel below it", () => {
  it("rule 4: are told by /queue and /interrupt with the id", async () => {
    const { fake, comfyui } = await pair({ cancelRoute: false, stepMs: 5 });
    const run = comfyRun({ onProgress: atStep(2, () => run.abort()) });
    expect(await failureOf(comfyui.image.render(request({ steps: 500 }), run))).toBe(run.signal.reason);
    expect(fake.prompts()).toMatchObject([{ id: run.refs[0], state: "cancelled" }]);
    const told = fake.calls.filter((call) => ["/queue", "/interrupt"].includes(call.path) && call.method === "POST");
    expect(told.map((call) => call.body)).toEqual([{ delete: [run.refs[0]] }, { prompt_id: run.refs[0] }]);
  });
});
