/** The list of faults of one run, drawn before it begins: the same seed strikes the same things in the same order. */
import { pick, random, shuffled } from "../harness/random.ts";

export const members = ["server-1", "server-2", "server-3", "worker-1", "worker-2", "worker-3"] as const;
export type Member = (typeof members)[number];
const servers = members.filter((name) => name.startsWith("server"));
const workers = members.filter((name) => name.startsWith("worker"));

/** Every kind, and how many of 100 faults are of it. */
const weights = {
  "kill -9 of a server": 8,
  "kill -9 of a worker": 14,
  "SIGSTOP of a worker past its lock": 7,
  "SIGSTOP of a worker past its heartbeat": 3,
  "SIGTERM of a server, which drains": 4,
  "SIGTERM of a worker, which drains": 6,
  "rolling restart of all servers and workers": 1,
  "FLUSHALL of Redis": 8,
  "kill -9 of Redis, back with its AOF": 6,
  "kill -9 of Redis, back empty": 5,
  "immediate stop of PostgreSQL": 7,
  "kill -9 of every PostgreSQL process": 3,
  "kill -9 of the S3 server": 6,
  "connections reset": 11,
  "connections held up": 6,
  "connections swallowed": 5,
} as const;
export type Kind = keyof typeof weights;
export const kinds = Object.keys(weights) as Kind[];

export interface Fault {
  kind: Kind;
  /** Who is struck; of connections, the near end, where `far` is the other. */
  member?: Member;
  far?: "Redis" | "PostgreSQL" | "S3" | "clients";
  /** Milliseconds that it lasts: stopped, held up, or down before it is started again. */
  ms: number;
  /** Milliseconds until the next one. */
  pause: number;
  /** Whether the system is left alone for a while after it. */
  settle: boolean;
}

const between = (from: number, to: number, next: () => number) => Math.round(from + (to - from) * next());

/** Milliseconds that a fault of this kind lasts. */
function lasting(kind: Kind, next: () => number): number {
  if (kind.endsWith("past its lock")) return between(5500, 10_000, next);
  if (kind.endsWith("past its heartbeat")) return between(37_000, 42_000, next);
  if (kind === "connections held up" || kind === "connections swallowed") return between(2000, 8000, next);
  return between(200, 2500, next);
}

function whom(kind: Kind, next: () => number): Pick<Fault, "member" | "far"> {
  if (kind.startsWith("connections")) {
    const member = pick(members, next);
    const ends = ["Redis", "PostgreSQL", "S3", ...(servers.includes(member) ? ["clients" as const] : [])] as const;
    return { member, far: pick(ends, next) };
  }
  if (kind.includes("of a server")) return { member: pick(servers, next) };
  return kind.includes("of a worker") ? { member: pick(workers, next) } : {};
}

/** As many of each kind as its weight says, at least one of each where there are enough; in an order by chance. */
export function drawFaults(count: number, seed: number): Fault[] {
  const next = random(seed);
  const hundred = shuffled(
    kinds.flatMap((kind) => Array.from({ length: weights[kind] }, () => kind)),
    next,
  );
  const bag: Kind[] = shuffled(kinds, next).slice(0, count);
  for (let index = 0; bag.length < count; index++) bag.push(hundred[index % hundred.length] as Kind);
  return shuffled(bag, next).map((kind, index) => ({
    kind,
    ...whom(kind, next),
    ms: lasting(kind, next),
    pause: between(300, 3500, next),
    settle: index % 6 === 5,
  }));
}
