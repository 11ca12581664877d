/** The lanes that are connected, and the line that they work off. PostgreSQL is the adapter. */
import type { Job } from "../job.ts";
import type { Json } from "../json.ts";
import type { WaitingFamily } from "./job-store.ts";

export interface ConnectedLane {
  /** Host, process and kind: `box:4711:card`. */
  name: string;
  /** As attempts name it. */
  worker: string;
  families: string[];
  /** GB of its card; 0 where it has none. */
  vramGb: number;
}

/** What a lane takes: what its card holds, and of the families that can work in parts anything, where no larger lane is connected. */
export interface LaneReach extends Pick<ConnectedLane, "families" | "vramGb"> {
  offloads: readonly string[];
}

/** A job that runs, or that waits and may start. */
export type InLine = Pick<
  Job,
  "id" | "tool" | "family" | "input" | "vramGb" | "priority" | "attempt" | "queuedAt" | "startedAt" | "progress"
> & { running: boolean };

export interface LaneStore {
  /** That it is there, by the database's clock. Half a minute without it and it counts as gone. */
  beat(lane: ConnectedLane): Promise<void>;
  leave(name: string): Promise<void>;
  connected(): Promise<ConnectedLane[]>;
  /** What waits and may start on this lane, one entry a family: what is too big for its card is not for it. */
  waiting(lane: LaneReach): Promise<WaitingFamily[]>;
  /** Asked before a job is claimed: whether people want the lanes to rest, and whether it is for this lane (an unknown one is: the claim will tell). */
  beforeStart(id: string, lane: LaneReach): Promise<{ paused: Json | undefined; takes: boolean }>;
  /** Those that run, then those that wait, in order of their place; at most 200. */
  line(): Promise<InLine[]>;
}
