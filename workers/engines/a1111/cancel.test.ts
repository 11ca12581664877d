import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, describe, expect, it } from "vitest";
import { adapterFor, atStep, closeAll, failureOf, fakeOf, jobRun, pair, request, until } from "./testing/setup.ts";

afterEach(closeAll);

const interrupts = (calls: { path: string }[]) => calls.filter(({ path }) => path.endsWith("/interrupt")).length;

describe("a cancel", () => {
  it("interrupts exactly our running task and returns when it has stopped", async () => {
    const { fake, a1111 } = await pair({ stepMs: 5 });
    const run = jobRun({ onProgress: atStep(2, (self) => self.abort()) });
    expect(await failureOf(a1111.image.render(request({ steps: 1000 }), run))).toBe(run.signal.reason);
    expect(fake.tasks()).toMatchObject([{ id: run.refs[0], state: "interrupted" }]);
    expect(run.saved).toEqual([]);
  });

  it("before ours was posted leaves what runs alone, and posts nothing", async () => {
    const { fake, a1111 } = await pair({ stepMs: 5 });
    fake.submitForeign({ steps: 60 });
    const run = jobRun();
    const work = failureOf(a1111.image.render(request(), run));
    await until("ours waits", () => run.reported.some(({ note }) => note?.includes("busy") === true));
    run.abort();
    expect(await work).toBe(run.signal.reason);
    await until("the stranger's is done", () => fake.tasks()[0]?.state === "done");
    expect(fake.tasks()).toHaveLength(1);
    expect(interrupts(fake.calls)).toBe(0);
  });

  it("of a task that waits behind a stranger's returns at once, leaves the stranger's alone, and stops ours when it begins", async () => {
    const { fake, a1111 } = await pair({ stepMs: 10 });
    const run = jobRun();
    const stored = Object.assign(run, {
      // just after we looked whether it is free
      setEngineRef: async (ref: string) => {
        run.refs.push(ref);
        fake.submitForeign({ steps: 60 });
        await until("the stranger's runs", () => fake.tasks()[0]?.state === "running");
      },
    });
    const work = failureOf(a1111.image.render(request({ steps: 1000 }), stored));
    await until(
      "ours waits inside",
      () => fake.tasks()[1]?.state === "queued" && run.reported.some(({ note }) => note?.includes("busy") === true),
    );
    run.abort();
    expect(await work).toBe(run.signal.reason);
    expect(fake.tasks().map(({ state }) => state)).toEqual(["running", "queued"]);
    await until("ours has been stopped", () => fake.tasks()[1]?.state === "interrupted");
    expect(fake.tasks()[0]?.state).toBe("done");
  });

  it("during a post also stops what arrives late", async () => {
    const { fake, a1111 } = await pair({ stepMs: 5 }, { timings: { late: 1_000 } });
    fake.faults.holdMs = 300;
    const run = jobRun();
    const work = failureOf(a1111.image.render(request({ steps: 1000 }), run));
    await until("it is under way", () => fake.calls.some(({ path }) => path.endsWith("/txt2img")));
    run.abort();
    expect(await work).toBe(run.signal.reason);
    expect(fake.tasks().filter(({ state }) => state === "running" || state === "queued")).toEqual([]);
  });

  it("while A1111 is down stops at once", async () => {
    const fake = await fakeOf();
    await fake.stop();
    const run = jobRun();
    const work = failureOf(adapterFor(fake.url).image.render(request(), run));
    await until("it waits", () => run.reported.length > 0);
    run.abort();
    expect(await work).toBe(run.signal.reason);
  });

  it("never interrupts what begins after a failure of ours, although A1111 still calls our task active", async () => {
    const { fake, a1111 } = await pair({ stepMs: 10 });
    fake.faults.draw = ["fail"];
    const failed = jobRun();
    await failureOf(a1111.image.render(request(), failed));
    expect(fake.tasks()[0]?.state).toBe("failed");
    const again = jobRun({ earlierRefs: failed.refs });
    await a1111.image.render(request(), again);
    expect(again.saved).toHaveLength(1);
    expect(interrupts(fake.calls)).toBe(0);
  });

  it("stops nothing when the work fails on our side after the pictures came", async () => {
    const { fake, a1111 } = await pair();
    const run = Object.assign(jobRun(), {
      save: async () => {
        throw new Error("the disk is full");
      },
    });
    expect((await failureOf(a1111.image.render(request({ count: 3 }), run))).message).toBe("the disk is full");
    await sleep(50);
    expect(fake.tasks().map(({ state }) => state)).toEqual(["done"]);
  });
});
