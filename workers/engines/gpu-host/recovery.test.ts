/** After a death or a stop: what still trains is adopted, what was saved is gone on from, and a beginning at zero is said. */
import { afterEach, describe, expect, it } from "vitest";
import { Failure } from "../../../core/failure.ts";
import { reasons } from "../../stop.ts";
import type { TestRun } from "../testing/run.ts";
import { adapterFor, closeAll, dataset, notesOf, pair, request, runOf, until } from "./testing/setup.ts";

afterEach(closeAll);

const none = async () => [];

const weights = (run: TestRun) =>
  run.saved
    .find(({ name }) => name.endsWith(".safetensors"))
    ?.bytes.subarray(-64)
    .toString();

async function undisturbed(): Promise<string | undefined> {
  const { gpuHost } = await pair();
  const run = runOf();
  await gpuHost.train.train(request(), run);
  return weights(run);
}

/** A training that stands still at this step, and whose worker then dies without a word. */
async function standing(step: number) {
  const { fake, gpuHost } = await pair({ faults: { gate: step } });
  const first = runOf();
  const dead = gpuHost.train.train(request(), first);
  dead.catch(() => undefined);
  await until("it trains", () => fake.runs()[0]?.step === step);
  return { fake, gpuHost, first, dead };
}

/** As the one before, and its worker is gone: it does nothing any more. */
async function orphaned(step: number) {
  const { fake, gpuHost, first, dead } = await standing(step);
  first.abort(reasons.fenced);
  await dead.catch(() => undefined);
  return { fake, gpuHost, first };
}

describe("another attempt", () => {
  it("adopts a run that still goes on", async () => {
    const { fake, gpuHost, first } = await orphaned(5);
    const second = runOf({ attempt: 2, earlierRefs: first.refs });
    const work = gpuHost.train.train(request(), second);
    await until("it was adopted", () => second.refs.length === 1);
    delete fake.faults.gate;
    await work;
    expect(fake.runs()).toHaveLength(1);
    expect(second.refs).toEqual(first.refs);
    expect(notesOf(second).join()).toContain("Goes on from step 5 of 12: it trained on meanwhile");
    expect(notesOf(second).join()).not.toContain("its last saved one");
    expect(weights(second)).toBe(await undisturbed());
  });

  it("takes the result of one that was done meanwhile", async () => {
    const { fake, gpuHost } = await pair();
    const first = runOf();
    await gpuHost.train.train(request(), first);
    const second = runOf({ attempt: 2, earlierRefs: first.refs });
    await gpuHost.train.train(request(), second);
    expect(fake.runs()).toHaveLength(1);
    expect(weights(second)).toBe(weights(first));
    expect(second.made).toMatchObject({ steps: 12 });
  });

  it("goes on from the last saved step of one that was killed, and says from where", async () => {
    const { fake, gpuHost, first } = await orphaned(6);
    fake.runs()[0]?.fail("interrupted", "The trainer was ended from outside.");
    delete fake.faults.gate;
    fake.faults.gate = 7;
    const second = runOf({ attempt: 2, earlierRefs: first.refs });
    const work = gpuHost.train.train(request(), second);
    await until("it went on", () => fake.runs().some(({ asked, step }) => asked.resume_from !== undefined && step >= 7));
    delete fake.faults.gate;
    await work;
    const resumed = fake.runs().find(({ asked }) => asked.resume_from !== undefined);
    expect(resumed?.events.find(({ type }) => type === "started")).toMatchObject({ resumed_from_step: 4 });
    expect(notesOf(second).join()).toMatch(/Goes on from step 4 of 12/);
    expect(weights(second)).toBe(await undisturbed());
  });

  it("begins at zero only where nothing was saved, and says so", async () => {
    const { fake, gpuHost, first } = await orphaned(3);
    fake.runs()[0]?.fail("interrupted", "The trainer was ended from outside.");
    delete fake.faults.gate;
    const second = runOf({ attempt: 2, earlierRefs: first.refs });
    await gpuHost.train.train(request(), second);
    expect(notesOf(second).join()).toContain("Starts again from step 0: nothing was saved before step 3");
  });

  it("says so where gpu-host no longer knows what was trained", async () => {
    const { gpuHost } = await pair();
    const run = runOf({ attempt: 2, earlierRefs: ["job_0000000000000001-1-0"] });
    await gpuHost.train.train(request(), run);
    expect(notesOf(run).join()).toContain("Starts again from step 0");
    const fresh = runOf({ attempt: 3 });
    await gpuHost.train.train(request({ seed: 8 }), fresh);
    expect(notesOf(fresh).join()).not.toContain("Starts again");
  });

  it("says so where one was done and its result is gone", async () => {
    const { fake, gpuHost } = await pair();
    const first = runOf();
    await gpuHost.train.train(request(), first);
    const [done] = fake.runs();
    if (done) done.results = [];
    const second = runOf({ attempt: 2, earlierRefs: first.refs });
    await gpuHost.train.train(request(), second);
    expect(fake.runs()).toHaveLength(2);
    expect(notesOf(second).join()).toContain("Starts again from step 0: what was trained before is no longer on the GPU machine");
  });

  it("says so where the captions were changed since", async () => {
    const { fake, gpuHost, first } = await orphaned(6);
    fake.runs()[0]?.fail("interrupted", "The trainer was ended from outside.");
    delete fake.faults.gate;
    const changed = dataset();
    if (changed.details.kind === "dataset" && changed.details.pictures[0]) changed.details.pictures[0].caption = "another dog";
    const second = runOf({ attempt: 2, earlierRefs: first.refs, assets: [changed] });
    await gpuHost.train.train(request(), second);
    expect(notesOf(second).join()).toContain("Starts again from step 0: its captions or settings were changed since");
  });
});

describe("within one attempt", () => {
  it("a killed trainer goes on from its last saved step", async () => {
    const { fake, gpuHost } = await pair({ faults: { interruptAt: 9 } });
    const run = runOf();
    await gpuHost.train.train(request(), run);
    expect(fake.runs().map(({ asked }) => asked.resume_from)).toEqual([undefined, "job_0000000000000001-1-0"]);
    expect(notesOf(run).join()).toMatch(/Goes on from step 8 of 12, its last saved one; it had come to step 9/);
    expect(weights(run)).toBe(await undisturbed());
  });

  it("one that cannot be gone on from begins at zero, and it is said", async () => {
    const { fake, gpuHost } = await pair({ faults: { interruptAt: 9, resumeFails: true } });
    const run = runOf();
    await gpuHost.train.train(request(), run);
    expect(fake.runs().map(({ asked }) => asked.resume_from)).toEqual([undefined, "job_0000000000000001-1-0", undefined]);
    expect(notesOf(run).join()).toContain("Starts again from step 0: the trainer could not go on from what was saved");
  });

  it("one that never gets any further is given up, with its remedy", async () => {
    const { fake, gpuHost } = await pair({ faults: { gate: 2 } });
    const work = gpuHost.train.train(request(), runOf()).catch((error: unknown) => error);
    for (let count = 0; count < 3; count++) {
      await until("the next one trains", () => fake.runs()[count]?.step === 2);
      fake.runs()[count]?.fail("interrupted", "The trainer was ended from outside.");
    }
    const failure = await work;
    expect(failure).toBeInstanceOf(Failure);
    expect(failure).toMatchObject({ code: "engine_failed" });
  });
});

it("how each training began is counted", async () => {
  const begun: string[] = [];
  const metrics = { trainingBegan: (how: string) => void begun.push(how) };
  const { fake } = await pair({ faults: { interruptAt: 9, resumeFails: true } });
  const gpuHost = adapterFor(fake.url, { metrics });
  const first = runOf();
  await gpuHost.train.train(request(), first);
  expect(begun).toEqual(["fresh", "resumed", "restarted"]);
});

describe("a stop", () => {
  it("by a person who cancels ends the run, frees the card and throws away what was saved", async () => {
    const { fake, first, dead } = await standing(5);
    first.abort(reasons.canceled);
    await expect(dead).rejects.toBe(reasons.canceled);
    expect(fake.state.owner()).toBeUndefined();
    expect(fake.runs()).toEqual([]);
  });

  it.each(["parked", "stalled"] as const)("because it is %s keeps what was saved, and the card is free", async (why) => {
    const { fake, gpuHost, first, dead } = await standing(6);
    first.abort(reasons[why]);
    await expect(dead).rejects.toBe(reasons[why]);
    expect(fake.state.owner()).toBeUndefined();
    expect(fake.runs()[0]).toMatchObject({ state: "canceled", resume: { step: 4, total: 12 } });
    delete fake.faults.gate;
    const second = runOf({ attempt: 2, earlierRefs: first.refs });
    await gpuHost.train.train(request(), second);
    expect(notesOf(second).join()).toContain("Goes on from step 4");
    expect(weights(second)).toBe(await undisturbed());
  });

  it("because another worker has taken over leaves the run to that one", async () => {
    const { fake, first, dead } = await standing(5);
    first.abort(reasons.fenced);
    await expect(dead).rejects.toBe(reasons.fenced);
    expect(fake.runs()[0]?.state).toBe("running");
    expect(fake.calls.some(({ path }) => path.endsWith("/cancel"))).toBe(false);
  });

  it("while its post is under way ends the run that arrives", async () => {
    const { fake, gpuHost } = await pair({ faults: { gate: 0, loseAnswers: 1000 } });
    const run = runOf();
    const work = gpuHost.train.train(request(), run);
    await until("it arrived", () => fake.runs().length === 1);
    run.abort(reasons.canceled);
    await expect(work).rejects.toBe(reasons.canceled);
    expect(fake.state.owner()).toBeUndefined();
  });
});

describe("giving the card back", () => {
  it("is nothing where no run works or nobody answers", async () => {
    const { fake, gpuHost } = await pair();
    await gpuHost.release?.(AbortSignal.timeout(5000));
    await fake.stop();
    await gpuHost.release?.(AbortSignal.timeout(5000));
  });

  it("ends a run that nobody follows, which can be gone on from", async () => {
    const { fake, gpuHost, first } = await standing(6);
    first.abort(reasons.fenced);
    expect(await gpuHost.atWork?.(first.job.id, AbortSignal.timeout(5000))).toBe(true);
    expect(await gpuHost.atWork?.("job_0000000000000002", AbortSignal.timeout(5000))).toBe(false);
    await gpuHost.release?.(AbortSignal.timeout(5000));
    expect(fake.runs()[0]).toMatchObject({ state: "canceled", resume: { step: 4 } });
    expect(fake.state.owner()).toBeUndefined();
  });

  it("waits for somebody else's, and says what to do when it does not end", async () => {
    const { fake, gpuHost } = await pair({ faults: { foreign: "somebody-else" } });
    await expect(gpuHost.release?.(AbortSignal.timeout(200))).rejects.toMatchObject({ code: "engine_failed", retryable: true });
    expect(fake.calls.some(({ path }) => path.endsWith("/cancel"))).toBe(false);
  });
});

describe("old runs", () => {
  it("are taken out when nobody comes back for them; open jobs, young ones and others' stay", async () => {
    const { fake, gpuHost, first, dead } = await standing(6);
    first.abort(reasons.parked);
    await dead.catch(() => undefined);
    delete fake.faults.gate;
    await gpuHost.train.train(request({ steps: 4 }), runOf({ attempt: 2, earlierRefs: first.refs }));
    expect(await gpuHost.tidy(none)).toBe(0);
    for (const run of fake.runs()) for (const event of run.events) event["at"] = new Date(Date.now() - 3 * 24 * 3_600_000).toISOString();
    expect(await gpuHost.tidy(async () => [{ id: first.job.id }])).toBe(0);
    expect(await gpuHost.tidy(none)).toBe(1);
    expect(fake.runs().map(({ state }) => state)).toEqual(["canceled"]);
    for (const run of fake.runs()) for (const event of run.events) event["at"] = new Date(Date.now() - 15 * 24 * 3_600_000).toISOString();
    expect(await gpuHost.tidy(none)).toBe(1);
  });
});

describe("a run that no job comes back for", () => {
  it("is ended, with its saved states, and the card is free; an open job's and others' train on", async () => {
    const { fake, gpuHost, first } = await orphaned(6);
    await gpuHost.endOrphans(async () => [{ id: first.job.id }]);
    expect(fake.runs()[0]?.state).toBe("running");
    expect(await gpuHost.tidy(none)).toBe(0);
    expect(fake.runs()[0]).toMatchObject({ state: "canceled", resume: { step: 4 } });
    expect(fake.state.owner()).toBeUndefined();
  });

  it("is looked for in one request: which jobs are open is asked after the runs, and only where one trains", async () => {
    const { fake, gpuHost, first } = await orphaned(6);
    let asked = 0;
    const open = async () => {
      asked++;
      expect(fake.calls.at(-1)?.path).toBe("/v1/runs");
      return [{ id: first.job.id }];
    };
    await gpuHost.endOrphans(open);
    expect(asked).toBe(1);
    fake.runs()[0]?.fail("interrupted", "The trainer was ended from outside.");
    const before = fake.calls.length;
    await gpuHost.endOrphans(open);
    expect([asked, fake.calls.length - before]).toEqual([1, 1]);
  });

  it("is nobody's concern while gpu-host does not answer", async () => {
    const { fake, gpuHost } = await pair();
    await fake.stop();
    await gpuHost.endOrphans(none);
  });

  it("is ended by an attempt that fails before it could adopt it", async () => {
    const { fake, gpuHost, first } = await orphaned(6);
    const second = runOf({ attempt: 2, earlierRefs: first.refs, assets: [] });
    await expect(gpuHost.train.train(request(), second)).rejects.toMatchObject({ code: "unknown_asset" });
    expect(fake.runs()[0]).toMatchObject({ state: "canceled", resume: { step: 4 } });
    expect(fake.state.owner()).toBeUndefined();
  });
});
