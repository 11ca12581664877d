/** `retry_job`: another attempt of a failed or canceled job, with the same input. */
import { z } from "zod";
import { defineAnswerTool } from "../core/tool.ts";
import { jobId } from "./fields.ts";
import { jobAnswer } from "./jobs.ts";

export const retryJob = defineAnswerTool({
  name: "retry_job",
  title: "Retry a job",
  alias: "retry",
  description: "Start a failed or canceled job again, with the same input and seed.",
  input: z.strictObject({ job_id: jobId }),
  positional: ["job_id"],
  annotations: { readOnly: false, destructive: false, idempotent: true },

  async answer({ job_id }, { studio, principal, origin, delivery }) {
    const owed = { ...(origin ? { origin } : {}), ...(delivery ? { delivery } : {}) };
    return { ...(await jobAnswer(studio, await studio.retry(principal, job_id, owed))), follow: true };
  },
});
