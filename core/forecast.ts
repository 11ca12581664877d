/** When a job in line will be done, played through by the lane's own policy in virtual time. Pure. */
import { nextFamily, type SchedulePolicy, type Warm } from "./schedule.ts";

/** Seconds that it takes by what this box did before, in rising order. Empty: nobody knows. */
type Durations = readonly number[];

export interface Standing {
  id: string;
  family: string;
  priority: number;
  /** Milliseconds. */
  queuedAt: number;
  vramGb: number;
  seconds: Durations;
}

export interface Server {
  families: readonly string[];
  vramGb: number;
  /** Families of which it takes what is too big for its card, too. */
  anySize?: readonly string[];
  /** What it runs now, and the seconds that are left of it. */
  works?: { id: string; family: string; since: number; left: Durations };
}

/** Value at a part, 0 to 1, of what lies in rising order. */
export function quantile(sorted: readonly number[], part: number): number {
  return sorted[Math.min(sorted.length - 1, Math.floor(part * sorted.length))] ?? 0;
}

/** Ways the line may go: enough for a tenth and nine tenths. */
const ways = 20;

/** The golden ratio's part: each job meets long and short days in another order, so that not all are slow together. */
const turn = 0.618_033_988_75;

/** Who waits, by family, each in the order in which a lane takes them. */
type Line = ReadonlyMap<string, readonly Standing[]>;

function inOrder(line: readonly Standing[]): Line {
  const families = new Map<string, Standing[]>();
  for (const job of [...line].sort((a, b) => a.priority - b.priority || a.queuedAt - b.queuedAt)) {
    const known = families.get(job.family);
    if (known) known.push(job);
    else families.set(job.family, [job]);
  }
  return families;
}

/** What goes first in each family. Not found by looking at all that wait: a list of jobs asks for this a million times. */
function firstOnes(open: Line, { families, vramGb, anySize }: Server) {
  return families.flatMap((family) => {
    const jobs = open.get(family) ?? [];
    const first = jobs.find((job) => job.vramGb <= vramGb || anySize?.includes(family));
    return first ? [{ family, jobs: jobs.length, bestPriority: first.priority, firstQueuedAt: first.queuedAt, first }] : [];
  });
}

interface Asked {
  id: string;
  /** What it takes itself. */
  seconds: Durations;
}

function once({ id, seconds: its }: Asked, line: Line, servers: readonly Server[], now: number, way: number, policy: SchedulePolicy) {
  let drawn = 0;
  const draw = (durations: Durations): number | undefined =>
    durations.length === 0 ? undefined : quantile(durations, ((way + 0.5) / ways + turn * drawn++) % 1) * 1000;
  const lanes: { of: Server; freeAt: number; warm?: Warm }[] = [];
  // the job itself first: alone it goes through all of its own past
  const own = draw(its);
  for (const of of servers) {
    if (!of.works) lanes.push({ of, freeAt: now });
    else {
      const left = draw(of.works.left);
      // what nobody can tell about blocks this lane only
      if (left !== undefined) lanes.push({ of, freeAt: now + left, warm: { family: of.works.family, since: of.works.since } });
    }
  }
  const open = new Map([...line].map(([family, jobs]) => [family, [...jobs]]));
  while (lanes.length > 0) {
    const lane = lanes.reduce((a, b) => (b.freeAt < a.freeAt ? b : a));
    const waiting = firstOnes(open, lane.of);
    const family = nextFamily(waiting, lane.warm, lane.freeAt, policy);
    const first = waiting.find((entry) => entry.family === family)?.first;
    if (!first || family === undefined) {
      lanes.splice(lanes.indexOf(lane), 1);
      continue;
    }
    const jobs = open.get(family) ?? [];
    jobs.splice(jobs.indexOf(first), 1);
    const seconds = first.id === id ? own : draw(first.seconds);
    if (seconds === undefined) {
      if (first.id === id) return undefined;
      lanes.splice(lanes.indexOf(lane), 1);
      continue;
    }
    if (lane.warm?.family !== family) lane.warm = { family, since: lane.freeAt };
    lane.freeAt += seconds;
    if (first.id === id) return (lane.freeAt - now) / 1000;
  }
  return undefined;
}

/** Seconds until the job is done, 10th to 90th percentile; undefined where something before it takes nobody knows how long. */
export function forecast(
  id: string,
  line: readonly Standing[],
  servers: readonly Server[],
  now: number,
  policy: SchedulePolicy,
): [number, number] | undefined {
  const asked = { id, seconds: line.find((job) => job.id === id)?.seconds ?? [] };
  const ordered = inOrder(line);
  const ends: number[] = [];
  for (let way = 0; way < ways; way++) {
    const end = once(asked, ordered, servers, now, way, policy);
    if (end === undefined) return undefined;
    ends.push(end);
  }
  ends.sort((a, b) => a - b);
  return [quantile(ends, 0.1), quantile(ends, 0.9)];
}
