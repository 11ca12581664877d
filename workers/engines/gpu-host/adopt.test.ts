/** What is said where another attempt takes over a training that still goes on. */
import { afterEach, describe, expect, it } from "vitest";
import { reasons } from "../../stop.ts";
import { closeAll, notesOf, pair, request, runOf, until } from "./testing/setup.ts";

afterEach(closeAll);

/** A training that stands still at this step, and whose worker is gone. */
async function orphaned(step: number) {
  const { fake, gpuHost } = await pair({ faults: { gate: step } });
  const first = runOf();
  const dead = gpuHost.train.train(request(), first);
  dead.catch(() => undefined);
  await until("it trains", () => fake.runs()[0]?.state === "running" && fake.runs()[0]?.step === step);
  first.abort(reasons.fenced);
  await dead.catch(() => undefined);
  return { fake, gpuHost, first };
}

describe("an attempt that adopts a training", () => {
  it("says that it goes on also where its run had not come to a step", async () => {
    const { fake, gpuHost, first } = await orphaned(0);
    const second = runOf({ attempt: 2, earlierRefs: first.refs });
    const work = gpuHost.train.train(request(), second);
    await until("it was adopted", () => second.refs.length === 1);
    delete fake.faults.gate;
    await work;
    expect(notesOf(second).join()).toContain("Goes on where it is");
    expect(notesOf(first).join()).not.toContain("Goes on");
  });

  it("no longer says so once the adopted run was killed and another goes on from what it saved", async () => {
    const { fake, gpuHost, first } = await orphaned(6);
    const second = runOf({ attempt: 2, earlierRefs: first.refs });
    const work = gpuHost.train.train(request(), second);
    await until("it was adopted", () => second.refs.length === 1);
    fake.runs()[0]?.fail("interrupted", "The trainer was ended from outside.");
    delete fake.faults.gate;
    await work;
    expect(notesOf(second).join()).toContain("Goes on from step 6 of 12: it trained on meanwhile");
    expect(notesOf(second).at(-1)).toContain("Goes on from step 4 of 12, its last saved one");
    expect(notesOf(second).at(-1)).not.toContain("meanwhile");
  });
});
