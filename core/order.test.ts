/** A word to a training that runs: who may say it, and to what; and how a job that waits for another is shown. */
import { expect, it } from "vitest";
import { z } from "zod";
import { createStudio, type StudioParts } from "./create-studio.ts";
import { describeJob } from "./describe.ts";
import type { Failure } from "./failure.ts";
import { newId } from "./ids.ts";
import type { JobWithArtifacts } from "./job.ts";
import { silentLog } from "./log.ts";
import type { JobStore } from "./ports/job-store.ts";
import { defineJobTool } from "./tool.ts";
import { jobView } from "./view.ts";

const job = (more: Partial<JobWithArtifacts> = {}): JobWithArtifacts => ({
  ...{ id: newId("job"), principal: "me", tool: "practise", input: {}, title: "Train: biscuit", state: "running", family: "train" },
  ...{ engine: "trainer", class: "training", vramGb: 8, priority: 1, attempt: 1, tries: 0, artifacts: [] },
  ...{ createdAt: new Date(0), queuedAt: new Date(0) },
  ...more,
});

function studioOf(row: JobWithArtifacts) {
  const orders: string[] = [];
  const jobs: Partial<JobStore> = {
    get: async (principal, id) => (principal === row.principal && id === row.id ? row : undefined),
    async order(_principal, _id, name) {
      orders.push(name);
      return row;
    },
  };
  const practise = defineJobTool({
    ...{ name: "practise", title: "Practise", alias: "practise", description: "For tests.", input: z.strictObject({}), scope: "train" },
    annotations: { readOnly: false, destructive: false, idempotent: false },
    prepare: () => Promise.reject(new Error("not part of this test")),
    run: async () => {},
  });
  const engines = { all: [], get: (id: string) => ({ id, ...(id === "trainer" ? { train: {} } : {}) }) };
  return { orders, studio: createStudio({ tools: [practise], jobs, engines, log: silentLog } as unknown as StudioParts) };
}

const codeOf = (work: Promise<unknown>) =>
  work.then(
    () => "done",
    (error: unknown) => (error as Failure).code,
  );

it("is taken from the owner who may train, and from nobody else", async () => {
  const row = job();
  const { orders, studio } = studioOf(row);
  expect((await studio.order({ id: "me", scopes: ["train"] }, row.id, "sample")).id).toBe(row.id);
  expect(await codeOf(studio.order({ id: "me", scopes: ["jobs:write"] }, row.id, "save"))).toBe("not_allowed");
  expect(await codeOf(studio.order({ id: "you" }, row.id, "keep"))).toBe("unknown_job");
  expect(await codeOf(studio.order({ id: "me" }, "job_nonsense", "keep"))).toBe("unknown_job");
  expect(orders).toEqual(["sample"]);
});

it("is a conflict where the engine is no trainer", async () => {
  const row = job({ engine: "preview" });
  const { orders, studio } = studioOf(row);
  expect(await codeOf(studio.order({ id: "me" }, row.id, "keep"))).toBe("conflict");
  expect(orders).toEqual([]);
});

it("a job that waits for another says for which, in words and as data", () => {
  const row = job({ id: "job_b", state: "queued", needs: ["job_a"], blocked: true });
  expect(describeJob(row)).toBe("Job job_b (Train: biscuit) waits for job_a and starts by itself when that is done.");
  expect(jobView(row)).toMatchObject({ state: "queued", needs: ["job_a"], blocked: true });
  const { blocked: _freed, ...free } = row;
  expect(describeJob(free, { position: 1 })).toContain("next in line");
  expect(jobView(free)).not.toHaveProperty("blocked");
});
