/** What the job tools say: one job as text and data. */
import { describeJob } from "../core/describe.ts";
import type { JobWithArtifacts } from "../core/job.ts";
import type { JsonObject } from "../core/json.ts";
import type { Studio } from "../core/studio.ts";
import type { Answer } from "../core/tool.ts";
import { jobView } from "../core/view.ts";

export async function jobAnswer(studio: Studio, job: JobWithArtifacts, lead = ""): Promise<Answer> {
  const outlook = await studio.outlook(job);
  return { text: `${lead}${describeJob(job, outlook)}`, data: { job: jobView(job, outlook) } as unknown as JsonObject, job: job.id };
}
