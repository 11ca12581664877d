/** Following a job: nothing missed, nothing twice, and an end. */
import { expect, it } from "vitest";
import type { JobEvent, LiveEvent } from "./event.ts";
import type { Job, JobState } from "./job.ts";
import { type WatchParts, watchJob } from "./watch.ts";

function jobWith(...states: JobState[]) {
  const events: JobEvent[] = [];
  const add = (state: JobState) =>
    void events.push({ type: "state", seq: events.length + 1, job: "j", at: new Date(0), state, attempt: 1 } as JobEvent);
  for (const state of states) add(state);
  const jobs = {
    get: async () => ({ state: (events.at(-1) as { state: JobState }).state, attempt: 1, artifacts: [] }) as unknown as Job,
    events: async (_job: string, after: number) => events.filter((event) => event.seq > after),
  };
  const parts = { jobs, bus: { publish: () => undefined, subscribe: () => () => undefined }, lookMs: 20 } as unknown as WatchParts;
  const numbers = async (after: number): Promise<number[]> => {
    const seen: number[] = [];
    for await (const event of watchJob(parts, "p", "j", { after, signal: AbortSignal.timeout(5000) }))
      if ("seq" in (event as JobEvent | LiveEvent)) seen.push((event as JobEvent).seq);
    return seen;
  };
  return { add, numbers };
}

it("goes on from a number, to the end that comes later", async () => {
  const { add, numbers } = jobWith("queued", "running");
  setTimeout(() => add("succeeded"), 60);
  expect(await numbers(1)).toEqual([2, 3]);
});

it("does not stop at an end that a retry has undone", async () => {
  const { add, numbers } = jobWith("queued", "running", "failed", "queued");
  setTimeout(() => add("running"), 30);
  setTimeout(() => add("succeeded"), 90);
  expect(await numbers(0)).toEqual([1, 2, 3, 4, 5, 6]);
});

it("ends at once for who has seen the end", async () => {
  expect(await jobWith("queued", "canceled").numbers(2)).toEqual([]);
});

it("replays all to who comes with a number that the job never gave, such as that of a database before a restore", async () => {
  const { add, numbers } = jobWith("queued", "running");
  setTimeout(() => add("succeeded"), 60);
  expect(await numbers(99)).toEqual([1, 2, 3]);
});
