/** The catalogue: every tool of the product, in the order in which faces show them. A new capability is one file beside this one and one line here. */
import type { Tool } from "../core/tool.ts";
import { cancelJob } from "./cancel-job.ts";
import { getJob } from "./get-job.ts";
import { listJobs } from "./list-jobs.ts";
import { listModels } from "./list-models.ts";
import { pause } from "./pause.ts";
import { renderImage } from "./render-image.ts";
import { rerollJob } from "./reroll-job.ts";
import { resume } from "./resume.ts";
import { retryJob } from "./retry-job.ts";
import { upscaleImage } from "./upscale-image.ts";
import { waitForJob } from "./wait-for-job.ts";

export function createTools(): readonly Tool[] {
  return [renderImage, upscaleImage, listModels, getJob, listJobs, waitForJob, cancelJob, retryJob, rerollJob, pause, resume];
}
