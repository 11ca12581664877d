/** `get_job`: where a job stands and what it made. */
import { z } from "zod";
import { defineAnswerTool } from "../core/tool.ts";
import { jobId } from "./fields.ts";
import { jobAnswer } from "./jobs.ts";

export const getJob = defineAnswerTool({
  name: "get_job",
  title: "Get a job",
  alias: "job",
  description: "State, progress, place in line and results of one job, at once.",
  input: z.strictObject({ job_id: jobId }),
  positional: ["job_id"],
  annotations: { readOnly: true, destructive: false, idempotent: true },

  async answer({ job_id }, { studio, principal }) {
    return jobAnswer(studio, await studio.get(principal, job_id));
  },
});
