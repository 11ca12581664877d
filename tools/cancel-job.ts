/** `cancel_job`: stops exactly one job. */
import { z } from "zod";
import { defineAnswerTool } from "../core/tool.ts";
import { jobId } from "./fields.ts";
import { jobAnswer } from "./jobs.ts";

export const cancelJob = defineAnswerTool({
  name: "cancel_job",
  title: "Cancel a job",
  alias: "cancel",
  description: "Stop one waiting or running job. Finished jobs stay as they are.",
  input: z.strictObject({ job_id: jobId }),
  positional: ["job_id"],
  annotations: { readOnly: false, destructive: true, idempotent: true },

  async answer({ job_id }, { studio, principal }) {
    return jobAnswer(studio, await studio.cancel(principal, job_id));
  },
});
