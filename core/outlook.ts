/** When a job will be done, by its place in line and this box's own history; and what is missing where no connected lane can run it. */
import type { Outlook } from "./describe.ts";
import { forecast, quantile, type Server, type Standing } from "./forecast.ts";
import { isTerminal, type Job, type JobWithArtifacts } from "./job.ts";
import type { JsonObject } from "./json.ts";
import { offloadsOf, takes, takesAnySize } from "./lane-reach.ts";
import type { Engines } from "./ports/engine.ts";
import type { JobStore } from "./ports/job-store.ts";
import type { ConnectedLane, InLine, LaneStore } from "./ports/lanes.ts";
import { defaultPolicy, type SchedulePolicy } from "./schedule.ts";
import type { JobTool, Prepared, Tool } from "./tool.ts";

/** What the same tool and family took, scaled to the work there is to do: seconds in rising order. Empty with less than two of them. */
async function past(
  jobs: Pick<JobStore, "history">,
  tool: Pick<JobTool, "name" | "work">,
  { family, input }: Pick<Job, "family" | "input">,
): Promise<number[]> {
  const work = (of: JsonObject): number => tool.work?.(of) ?? 1;
  const each = (await jobs.history(tool.name, family))
    .map((job) => (job.seconds / work(job.input)) * work(input))
    .filter((seconds) => Number.isFinite(seconds) && seconds > 0);
  return each.length < 2 ? [] : each.sort((a, b) => a - b);
}

/** Part of the work that is done before one believes its own pace. */
const telling = 0.1;

/** What is left of a job that runs: by its own pace where it has one, else by what others like it took. */
function leftOf(
  { startedAt, progress, attempt }: Pick<Job, "startedAt" | "progress" | "attempt">,
  usual: readonly number[],
  now: number,
): number[] {
  const gone = startedAt ? (now - startedAt.getTime()) / 1000 : 0;
  const { step, steps, fraction = 0 } = progress ?? {};
  const done = step !== undefined && steps ? Math.min(1, step / steps) : fraction;
  // a later attempt may have gone on from what an earlier one did: its pace says nothing
  if (attempt === 1 && done >= telling) {
    const left = (gone / done) * (1 - done);
    return [left * 0.9, left, left * 1.2];
  }
  return usual.map((seconds) => Math.max(1, attempt === 1 ? seconds - gone : seconds * (1 - done)));
}

const range = (sorted: readonly number[]): [number, number] | undefined =>
  sorted.length < 2 ? undefined : [quantile(sorted, 0.1), quantile(sorted, 0.9)];

/** Why no lane that is connected can run it, and what brings one. */
export function missingFor(
  job: Pick<Job, "family" | "engine" | "vramGb">,
  lanes: readonly ConnectedLane[],
  engines: Engines,
): string | undefined {
  const able = lanes.filter((lane) => lane.families.includes(job.family));
  if (able.length === 0) {
    const title = engines.all.find((engine) => engine.id === job.engine)?.title ?? job.engine;
    return `no connected worker runs ${job.family} (${title}): start \`myspinbot worker\` (or ROLES=worker) on the machine that has it`;
  }
  if (able.some((lane) => takes(lane, job, able, offloadsOf(engines.all)))) return undefined;
  const most = Math.max(...able.map((lane) => lane.vramGb));
  return `it needs ${job.vramGb} GB of VRAM and the largest connected card has ${most} GB: connect a worker with a larger one (MYSPINBOT_VRAM_GB says how much a card has), or ask for less`;
}

export interface OutlookParts {
  jobs: JobStore;
  tools: readonly Tool[];
  engines: Engines;
  lanes: Pick<LaneStore, "connected" | "line">;
  policy?: SchedulePolicy;
}

/** Every lane with what it runs; a lane takes one at a time. */
function serversOf(
  lanes: readonly ConnectedLane[],
  running: readonly (InLine & { left: number[] })[],
  offloads: readonly string[],
): Server[] {
  const left = [...running];
  return lanes.map((lane) => {
    const { families, vramGb } = lane;
    const anySize = families.filter((family) => takesAnySize(lane, family, lanes, offloads));
    const index = left.findIndex((job) => families.includes(job.family));
    const [works] = index < 0 ? [] : left.splice(index, 1);
    const since = works?.startedAt?.getTime() ?? 0;
    return { families, vramGb, anySize, ...(works ? { works: { id: works.id, family: works.family, since, left: works.left } } : {}) };
  });
}

export async function outlookOf(parts: OutlookParts, job: JobWithArtifacts, now = Date.now()): Promise<Outlook> {
  const { jobs, lanes, tools, engines } = parts;
  if (isTerminal(job.state) || job.blocked) return {};
  const read = new Map<string, ReturnType<JobStore["history"]>>();
  const once: Pick<JobStore, "history"> = {
    history(tool, family) {
      const found = read.get(`${tool} ${family}`) ?? jobs.history(tool, family);
      read.set(`${tool} ${family}`, found);
      return found;
    },
  };
  const usual = (of: Pick<Job, "tool" | "family" | "input">): Promise<number[]> => {
    const tool = tools.find((entry) => entry.name === of.tool);
    return past(once, tool?.kind === "job" ? tool : { name: of.tool }, of);
  };
  if (job.state !== "queued") {
    const seconds = range(leftOf(job, await usual(job), now));
    return seconds ? { seconds } : {};
  }
  const [position, connected, line] = await Promise.all([jobs.position(job.id), lanes.connected(), lanes.line()]);
  const missing = missingFor(job, connected, engines);
  const place = { ...(position === undefined ? {} : { position }), ...(missing ? { missing } : {}) };
  if (missing) return place;
  const standing: Standing[] = [];
  const running: (InLine & { left: number[] })[] = [];
  for (const each of line) {
    const seconds = await usual(each);
    if (each.running) running.push({ ...each, left: leftOf(each, seconds, now) });
    else standing.push({ ...each, queuedAt: each.queuedAt.getTime(), seconds });
  }
  const seconds = forecast(job.id, standing, serversOf(connected, running, offloadsOf(engines.all)), now, parts.policy ?? defaultPolicy);
  return seconds ? { ...place, seconds } : place;
}

/** How long a job that is not accepted yet would run: seconds from and to, and the usual case. Undefined without at least two like it in this box's history. */
export async function estimateOf(
  jobs: Pick<JobStore, "history">,
  tool: JobTool,
  prepared: Pick<Prepared, "family" | "input">,
): Promise<{ seconds: [number, number]; usual: number } | undefined> {
  const each = await past(jobs, tool, prepared);
  const seconds = range(each);
  return seconds && { seconds, usual: quantile(each, 0.5) };
}
