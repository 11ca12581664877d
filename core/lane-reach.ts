/** Which lane takes a job: one whose card holds it, else the largest one, where the job's engine works in parts. Pure; `platform/postgres/lanes.ts` says the same to the database. */
import type { Job } from "./job.ts";
import type { Engine } from "./ports/engine.ts";
import type { ConnectedLane, LaneReach } from "./ports/lanes.ts";

/** Families whose engine moves out of the card what does not fit. */
export function offloadsOf(engines: readonly Pick<Engine, "families" | "offloads">[]): string[] {
  return engines.flatMap(({ families, offloads }) => (offloads ? families : []));
}

/** What a lane of a process that has these engines takes. */
export function reachOf(engines: readonly Engine[], onCard: boolean, vramGb: number): LaneReach {
  const own = engines.filter(({ gpu }) => gpu === onCard);
  return { families: own.flatMap(({ families }) => families), vramGb: onCard ? vramGb : 0, offloads: offloadsOf(own) };
}

type Lane = Pick<ConnectedLane, "families" | "vramGb">;

/** Whether a family's jobs of any size go to this lane. */
export function takesAnySize(lane: Lane, family: string, lanes: readonly Lane[], offloads: readonly string[]): boolean {
  return offloads.includes(family) && !lanes.some((other) => other.families.includes(family) && other.vramGb > lane.vramGb);
}

/** @param lanes all that are connected. */
export function takes(lane: Lane, job: Pick<Job, "family" | "vramGb">, lanes: readonly Lane[], offloads: readonly string[]): boolean {
  if (!lane.families.includes(job.family)) return false;
  return job.vramGb <= lane.vramGb || takesAnySize(lane, job.family, lanes, offloads);
}
