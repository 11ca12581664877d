/** `list_jobs`: the newest jobs, of one state or all. */
import { z } from "zod";
import { describeJob } from "../core/describe.ts";
import { jobStates } from "../core/job.ts";
import type { JsonObject } from "../core/json.ts";
import { defineAnswerTool } from "../core/tool.ts";
import { jobView } from "../core/view.ts";

export const listJobs = defineAnswerTool({
  name: "list_jobs",
  title: "List jobs",
  alias: "jobs",
  description: "Your jobs, newest first: what waits, what runs, what was made.",
  input: z.strictObject({
    state: z
      .enum([...jobStates, "open"])
      .optional()
      .describe("Only jobs in this state; open = not finished yet."),
    limit: z.int().min(1).max(100).default(10).describe("1 to 100."),
  }),
  positional: ["state"],
  annotations: { readOnly: true, destructive: false, idempotent: true },

  async answer({ state, limit }, { studio, principal }) {
    const states = state === "open" ? (["queued", "running", "canceling"] as const) : state ? [state] : undefined;
    const jobs = await studio.list(principal, { limit, ...(states ? { states } : {}) });
    const shown = await Promise.all(
      jobs.map(async (job) => {
        const outlook = await studio.outlook(job);
        return { text: describeJob(job, outlook), view: jobView(job, outlook) };
      }),
    );
    const none = state ? `You have no ${state} jobs.` : "You have no jobs yet. Ask for a picture.";
    return { text: shown.map((job) => job.text).join("\n") || none, data: { jobs: shown.map((job) => job.view) } as unknown as JsonObject };
  },
});
