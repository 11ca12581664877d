/** When a training is asked to stop at a save: at most once a save, and only with its owner's leave. */
import { expect, it } from "vitest";
import type { Job, JobProgress } from "../core/job.ts";
import { defaultPolicy, trainingOffset } from "../core/schedule.ts";
import { createGiveWay } from "./give-way.ts";

const minute = 60_000;

function rig(more: { job?: Partial<Job>; waited?: number; class?: number } = {}) {
  let now = 0;
  let asked = 0;
  let parked = 0;
  const job = { id: "job_t", class: "training", attempt: 1, input: { give_way: true }, startedAt: new Date(0), ...more.job } as Job;
  const hear = createGiveWay({
    job: () => job,
    async waiting() {
      asked++;
      return [{ family: "sdxl", jobs: 1, bestPriority: more.class ?? 1, firstQueuedAt: now - (more.waited ?? 4 * minute) }];
    },
    policy: defaultPolicy,
    park: () => void parked++,
    now: () => now,
  });
  return {
    async at(minutes: number, progress: Partial<JobProgress>) {
      now = minutes * minute;
      await hear({ stage: "training", fraction: 0.3, ...progress });
      return { asked, parked };
    },
  };
}

it("parks at the first save after its time, and asks nobody between two saves", async () => {
  const { at } = rig();
  expect(await at(10, { savedStep: 100 })).toEqual({ asked: 1, parked: 0 });
  expect(await at(25, { savedStep: 100 })).toEqual({ asked: 1, parked: 0 });
  expect(await at(25, {})).toEqual({ asked: 1, parked: 0 });
  expect(await at(26, { savedStep: 200 })).toEqual({ asked: 2, parked: 1 });
});

it.each([
  ["its owner said nothing of it", { job: { input: {} } }, {}],
  ["it is no training", { job: { class: "interactive" as const } }, {}],
  ["nobody has waited long", { waited: minute }, {}],
  ["only another training waits", { class: trainingOffset + 1 }, {}],
  ["it is nearly done", {}, { step: 950, steps: 1000 }],
  ["it has not saved", {}, { savedStep: undefined as never }],
])("goes on where %s", async (_why, more, progress) => {
  expect((await rig(more).at(30, { savedStep: 500, ...progress })).parked).toBe(0);
});
