/** What a person says to a training that runs. */
import { afterEach, describe, expect, it } from "vitest";
import { reasons } from "../../stop.ts";
import { closeAll, notesOf, pair, request, runOf, until } from "./testing/setup.ts";

afterEach(closeAll);

async function standing(step: number, change: Parameters<typeof request>[0] = {}, faults = {}) {
  const { fake, gpuHost } = await pair({ faults: { gate: step, ...faults } });
  const run = runOf();
  const work = gpuHost.train.train(request(change), run);
  work.catch(() => undefined);
  await until("it trains", () => fake.runs()[0]?.step === step);
  return { fake, gpuHost, run, work };
}

describe("keep", () => {
  it("ends here and makes the asset of the newest checkpoint", async () => {
    const { fake, run, work } = await standing(10);
    run.order("keep");
    await work;
    expect(fake.state.owner()).toBeUndefined();
    expect(run.made).toMatchObject({ steps: 8, stepsAsked: 12 });
    expect(run.saved.map(({ name }) => name)).toEqual(["biscuit-7.safetensors", "step-6-biscuit-1.png"]);
    expect(run.saved[0]?.recipe.details).toMatchObject({ steps: 8, steps_asked: 12 });
  });

  it("is obeyed at the first save where there is nothing to keep yet, and says when that is", async () => {
    const { fake, run, work } = await standing(2);
    run.order("keep");
    await until("it is said", () => notesOf(run).some((note) => note.includes("nothing to keep yet")));
    expect(notesOf(run).join()).toContain("it ends at its first save, which comes at step 4 of 12");
    expect(fake.runs()[0]?.state).toBe("running");
    // it may come a step further before it is told
    fake.faults.gate = 5;
    await work;
    expect(run.made).toMatchObject({ steps: 4, stepsAsked: 12 });
    expect(notesOf(run).at(-1)).toContain("what was saved at step 4 is kept");
  });

  it("stays said until then, through samples and other runs", async () => {
    const { fake, run, work } = await standing(2, { sampleEvery: 3 });
    run.order("keep");
    await until("it is said", () => notesOf(run).some((note) => note.includes("nothing to keep yet")));
    fake.faults.gate = 3;
    await until("a sample was drawn", () => run.previews.length === 1 && run.reported.at(-1)?.step === 3);
    expect(run.reported.at(-1)?.note).toContain("nothing to keep yet");
    fake.faults.gate = 5;
    fake.runs()[0]?.fail("interrupted", "The trainer was ended from outside.");
    await work;
    expect(fake.runs()).toHaveLength(2);
    expect(run.made).toMatchObject({ steps: 4 });
  });

  it("is obeyed at the first save by the next attempt, which hears it again", async () => {
    const { fake, gpuHost, run: first, work } = await standing(2);
    first.order("keep");
    await until("it is said", () => notesOf(first).some((note) => note.includes("nothing to keep yet")));
    first.abort(reasons.parked);
    await expect(work).rejects.toBe(reasons.parked);
    fake.faults.gate = 5;
    const next = runOf({ attempt: 2, earlierRefs: first.refs });
    const { onOrder } = next;
    const told = (hear: (name: "keep") => void) => {
      hear("keep");
      return onOrder(hear as Parameters<typeof onOrder>[0]);
    };
    await gpuHost.train.train(request(), Object.assign(next, { onOrder: told }));
    expect(next.made).toMatchObject({ steps: 4, stepsAsked: 12 });
  });

  it("said between two runs ends the next one", async () => {
    const { fake, run, work } = await standing(6);
    fake.faults.gate = 7;
    fake.runs()[0]?.fail("interrupted", "The trainer was ended from outside.");
    run.order("keep");
    await work;
    expect(run.made).toMatchObject({ steps: 4, stepsAsked: 12 });
  });

  it("keeps what an earlier run saved, where this one has not saved yet", async () => {
    const { fake, gpuHost, run: first } = await standing(6);
    fake.faults.gate = 5;
    fake.runs()[0]?.fail("interrupted", "The trainer was ended from outside.");
    await until("the next one trains", () => fake.runs()[1]?.step === 5);
    first.order("keep");
    await until("it is published", () => first.made !== undefined);
    expect(first.made).toMatchObject({ steps: 4, stepsAsked: 12 });
    expect(gpuHost.id).toBe("gpu-host");
  });
});

describe("sample and save", () => {
  it("are refused by a trainer that takes no orders, which says when the next comes", async () => {
    const { fake, run, work } = await standing(5);
    run.order("sample");
    await until("it is said", () => notesOf(run).some((note) => note.includes("the next sample comes at step 6 of 12")));
    run.order("save");
    await until("it is said", () => notesOf(run).some((note) => note.includes("the next save comes at step 8 of 12")));
    delete fake.faults.gate;
    await work;
  });

  it("say so where there are no sample prompts, and where the next is the end", async () => {
    const { fake, run, work } = await standing(9, { samplePrompts: [], saveEvery: 5 });
    run.order("sample");
    await until("it is said", () => notesOf(run).some((note) => note.includes("without sample prompts")));
    run.order("save");
    await until("it is said", () => notesOf(run).some((note) => note.includes("the next save comes at step 10 of 12")));
    delete fake.faults.gate;
    await work;
  });

  it("are handed on to a trainer that takes them", async () => {
    const { fake, run, work } = await standing(5, {}, { takesOrders: true });
    run.order("sample");
    await until("it is told", () => fake.calls.some(({ path }) => path.endsWith("/sample-now")));
    run.order("save");
    await until("it is told", () => fake.calls.some(({ path }) => path.endsWith("/save-now")));
    delete fake.faults.gate;
    await work;
  });
});
