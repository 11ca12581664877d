/** What is said of a job that waits or runs: from a history with a seed, the line, and the lanes that are connected. */
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { describeJob } from "./describe.ts";
import type { JobWithArtifacts } from "./job.ts";
import { missingFor, type OutlookParts, outlookOf } from "./outlook.ts";
import type { Engines } from "./ports/engine.ts";
import type { ConnectedLane, InLine } from "./ports/lanes.ts";
import { defineJobTool } from "./tool.ts";
import { jobView } from "./view.ts";

const now = new Date("2026-03-01T12:00:00Z").getTime();
const ago = (seconds: number) => new Date(now - seconds * 1000);

const draw = defineJobTool({
  name: "draw",
  title: "Draw",
  alias: "draw",
  description: "For tests.",
  input: z.strictObject({ count: z.number().describe("Pictures.") }),
  annotations: { readOnly: false, destructive: false, idempotent: false },
  prepare: async () => ({ input: {}, title: "", engine: "comfyui", family: "sdxl", vramGb: 8, class: "interactive" }),
  run: async () => undefined,
  work: ({ count }) => Number(count),
});

const box: ConnectedLane = { name: "box:1:card", worker: "box:1", families: ["sdxl", "train"], vramGb: 16 };

function job(more: Partial<JobWithArtifacts> = {}): JobWithArtifacts {
  return {
    ...{ id: "job_a", principal: "p", tool: "draw", input: { count: 1 }, title: "a fox", state: "queued", family: "sdxl" },
    ...{ engine: "comfyui", class: "interactive", vramGb: 8, priority: 1, attempt: 0, tries: 0, createdAt: ago(60), queuedAt: ago(60) },
    artifacts: [],
    ...more,
  };
}

const inLine = (of: JobWithArtifacts): InLine => ({ ...of, running: of.state === "running" });

/** Twenty pictures of about 20 s each, from a seed, some jobs with two of them. */
function history(seed: number): { input: { count: number }; seconds: number }[] {
  let state = seed;
  const random = () => {
    state = (state * 1_103_515_245 + 12_345) % 2_147_483_648;
    return state / 2_147_483_648;
  };
  return Array.from({ length: 20 }, (_, index) => {
    const count = 1 + (index % 2);
    return { input: { count }, seconds: count * (15 + 10 * random()) };
  });
}

function parts(line: JobWithArtifacts[], lanes: ConnectedLane[] = [box], past = history(42)): OutlookParts {
  return {
    jobs: {
      position: async () => 1,
      history: async (tool: string, family: string) => (tool === "draw" && family === "sdxl" ? past : []),
    } as unknown as OutlookParts["jobs"],
    tools: [draw],
    engines: { all: [{ id: "comfyui", title: "ComfyUI" }] } as unknown as Engines,
    lanes: { connected: async () => lanes, line: async () => line.map(inLine) },
  };
}

describe("the outlook of a job", () => {
  it("that waits: 10th to 90th percentile of what its like took, by the work there is to do", async () => {
    const { seconds: [one, most] = [0, 0] } = await outlookOf(parts([job()]), job(), now);
    expect(one).toBeGreaterThanOrEqual(15);
    expect(most).toBeLessThanOrEqual(25);
    expect(most - one).toBeGreaterThan(4);
    const three = job({ input: { count: 3 } });
    const { seconds } = await outlookOf(parts([three]), three, now);
    expect(seconds?.map(Math.round)).toEqual([one * 3, most * 3].map(Math.round));
  });

  it("that waits behind a running one: that one's own pace counts", async () => {
    const progress = { stage: "training", fraction: 0.5, step: 500, steps: 1000 } as const;
    const training = job({
      id: "job_t",
      tool: "train_lora",
      family: "train",
      state: "running",
      attempt: 1,
      startedAt: ago(1800),
      progress,
    });
    const { seconds: [from, to] = [0, 0] } = await outlookOf(parts([training, job()]), job(), now);
    expect(from).toBeGreaterThan(1800 * 0.9);
    expect(to).toBeLessThan(1800 * 1.2 + 26);
  });

  it("that runs: by its own pace, and before it has one by its past", async () => {
    const at = (fraction: number, seconds: number, attempt = 1) =>
      job({ state: "running", attempt, startedAt: ago(seconds), progress: { stage: "sampling", fraction } });
    expect((await outlookOf(parts([]), at(0.75, 30), now)).seconds?.map(Math.round)).toEqual([9, 12]);
    const young = (await outlookOf(parts([]), at(0.05, 5), now)).seconds ?? [0, 0];
    expect(young[0]).toBeGreaterThanOrEqual(10);
    expect(young[1]).toBeLessThanOrEqual(20);
    // the second attempt of a training that goes on at half: its pace since then is no pace
    expect((await outlookOf(parts([]), at(0.5, 1, 2), now)).seconds?.[0]).toBeGreaterThanOrEqual(7);
  });

  it("is only a place where something before it has no past", async () => {
    const training = job({ id: "job_t", tool: "train_lora", family: "train", state: "running", attempt: 1, startedAt: ago(10) });
    expect(await outlookOf(parts([training, job()]), job(), now)).toEqual({ position: 1 });
  });

  it("says nothing of what is done or waits for another job", async () => {
    expect(await outlookOf(parts([]), job({ state: "succeeded" }), now)).toEqual({});
    expect(await outlookOf(parts([]), job({ blocked: true }), now)).toEqual({});
  });

  it("that no connected lane can run names what is missing, in words and as data", async () => {
    const outlook = await outlookOf(parts([job()], [{ ...box, families: ["cpu-upscale"], vramGb: 0 }]), job(), now);
    expect(outlook.missing).toContain("no connected worker runs sdxl (ComfyUI)");
    expect(outlook.seconds).toBeUndefined();
    expect(describeJob(job(), outlook)).toMatch(/is queued and waits: no connected worker .* It starts by itself then\.$/);
    expect(jobView(job(), outlook).missing).toBe(outlook.missing);
  });

  it("that is too big for every card says what it needs and what there is", () => {
    const engines = parts([]).engines;
    const lanes = [box, { ...box, name: "other:2:card", vramGb: 8 }];
    expect(missingFor(job({ vramGb: 24 }), lanes, engines)).toMatch(/needs 24 GB .* has 16 GB/);
    expect(missingFor(job({ vramGb: 12 }), lanes, engines)).toBeUndefined();
  });

  it("that is too big for every card lacks nothing where its engine works in parts: the largest card's time is told", async () => {
    const of = parts([job({ vramGb: 24 })], [{ ...box, name: "other:2:card", vramGb: 8 }, box]);
    const engines = { all: [{ id: "comfyui", title: "ComfyUI", families: ["sdxl"], offloads: true }] } as unknown as Engines;
    const outlook = await outlookOf({ ...of, engines }, job({ vramGb: 24 }), now);
    expect(outlook.missing).toBeUndefined();
    expect(outlook.seconds).toBeDefined();
    expect(missingFor(job({ vramGb: 24, family: "train" }), [box], engines)).toMatch(/needs 24 GB/);
  });
});
