/** `wait_for_job`: the job when it is done, or as it stands when the time is over. */
import { z } from "zod";
import { isTerminal } from "../core/job.ts";
import { defineAnswerTool } from "../core/tool.ts";
import { jobId } from "./fields.ts";
import { jobAnswer } from "./jobs.ts";

export const waitForJob = defineAnswerTool({
  name: "wait_for_job",
  title: "Wait for a job",
  alias: "wait",
  description:
    "Wait until a job is done, at most timeout_s seconds, then tell its state. Not done is no error: call again. Ending the call never ends the job.",
  input: z.strictObject({
    job_id: jobId,
    timeout_s: z.number().min(0).max(50, "at most 50 seconds; call again to go on waiting").default(25).describe("At most 50."),
  }),
  positional: ["job_id"],
  annotations: { readOnly: true, destructive: false, idempotent: true },

  async answer({ job_id, timeout_s }, { studio, principal, signal, progress }) {
    const job = await studio.wait(principal, job_id, timeout_s, { signal, progress });
    const lead = isTerminal(job.state) ? "" : `Not done after ${timeout_s} s; wait_for_job again to go on. `;
    // who waits wants the files: a chat shows them, or goes on to show the progress
    return { ...(await jobAnswer(studio, job, lead)), follow: true };
  },
});
