/** When a job will be done: its place in line and this box's own history. */
import type { Outlook } from "./describe.ts";
import { isTerminal, type JobWithArtifacts } from "./job.ts";
import type { JsonObject } from "./json.ts";
import type { JobStore } from "./ports/job-store.ts";
import type { JobTool, Prepared } from "./tool.ts";

function quantile(sorted: readonly number[], part: number): number {
  return sorted[Math.min(sorted.length - 1, Math.floor(part * sorted.length))] ?? 0;
}

/** Seconds from–to, 10th to 90th percentile of what the same tool and family took; undefined without at least two of them. */
function usual(durations: readonly number[]): [number, number] | undefined {
  if (durations.length < 2) return undefined;
  const sorted = [...durations].sort((a, b) => a - b);
  return [quantile(sorted, 0.1), quantile(sorted, 0.9)];
}

export async function outlookOf(jobs: JobStore, job: JobWithArtifacts, now = Date.now()): Promise<Outlook> {
  if (isTerminal(job.state)) return {};
  const position = job.state === "queued" ? await jobs.position(job.id) : undefined;
  const range = usual((await jobs.history(job.tool, job.family)).map(({ seconds }) => seconds));
  const place = position === undefined ? {} : { position };
  if (!range) return place;
  if (position !== undefined) return { ...place, seconds: [range[0] * position, range[1] * position] };
  const gone = job.startedAt ? (now - job.startedAt.getTime()) / 1000 : 0;
  return { seconds: [Math.max(0, range[0] - gone), Math.max(1, range[1] - gone)] };
}

/** How long a job that is not accepted yet would run: seconds from and to, and the usual case. Undefined without at least two like it in this box's history. */
export async function estimateOf(
  jobs: Pick<JobStore, "history">,
  tool: JobTool,
  { family, input }: Pick<Prepared, "family" | "input">,
): Promise<{ seconds: [number, number]; usual: number } | undefined> {
  const work = (of: JsonObject): number => tool.work?.(of) ?? 1;
  const past = await jobs.history(tool.name, family);
  const each = past
    .map((job) => (job.seconds / work(job.input)) * work(input))
    .filter((seconds) => Number.isFinite(seconds) && seconds > 0);
  const seconds = usual(each);
  return (
    seconds && {
      seconds,
      usual: quantile(
        [...each].sort((a, b) => a - b),
        0.5,
      ),
    }
  );
}
