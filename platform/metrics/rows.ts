/** What the rows say at the moment in which metrics are asked for: the line, the lanes, who holds the card, the last backup. */
import type { DeliveryBacklog } from "../../core/ports/delivery-store.ts";
import type { OpenJob, WaitingFamily } from "../../core/ports/job-store.ts";
import type { ConnectedLane } from "../../core/ports/lanes.ts";
import { bounded, type Makers, positive, within } from "./make.ts";
import type { SharedFacts } from "./shared.ts";

export interface RowSources {
  waiting(): Promise<WaitingFamily[]>;
  open(): Promise<OpenJob[]>;
  deliveries(): Promise<DeliveryBacklog>;
  /** Absent: nothing is said of lanes. */
  lanes?(): Promise<ConnectedLane[]>;
  /** Absent: nothing is said of it. */
  shared?(): Promise<SharedFacts>;
  /** How long a scrape waits for the database. Default 3000. */
  milliseconds?: number;
}

type Found = [WaitingFamily[], OpenJob[], DeliveryBacklog, ConnectedLane[] | undefined, SharedFacts | undefined];

/** Names of workers come and go with their processes, so that no list of known ones would do. */
const mostLanes = 100;

const kindOf = ({ name }: ConnectedLane) => (name.endsWith(":card") ? "card" : "processor");

function lineGauges({ gauge }: Makers) {
  const families = bounded();
  const depth = gauge("myspinbot_queue_jobs", "Jobs waiting, by family.", ["family"]);
  const oldest = gauge("myspinbot_queue_oldest_age_seconds", "Time that the job which goes next has been waiting, by family.", ["family"]);
  const opened = gauge("myspinbot_jobs_open", "Jobs that are not finished, by state.", ["state"]);
  const owed = gauge("myspinbot_deliveries_open", "Deliveries that are not acknowledged: pending, or dead and waiting for a person.", [
    "state",
  ]);
  const owedAge = gauge(
    "myspinbot_deliveries_oldest_age_seconds",
    "Longest time that a finished job's result has been owed to its chat.",
    [],
  );
  return {
    all: [depth, oldest, opened, owed],
    single: [owedAge],
    set([waiting, open, deliveries]: Found) {
      for (const each of waiting) {
        const family = families(each.family);
        depth.inc({ family }, each.jobs);
        oldest.set({ family }, positive((Date.now() - each.firstQueuedAt.getTime()) / 1000));
      }
      for (const state of ["queued", "running", "canceling"]) opened.set({ state }, open.filter((job) => job.state === state).length);
      for (const state of ["pending", "dead"] as const) owed.set({ state }, deliveries[state]);
      owedAge.set(positive(deliveries.oldestSeconds));
    },
  };
}

function laneGauges({ gauge }: Makers) {
  const count = gauge("myspinbot_lanes", "Lanes that are connected now: those of a card, and those that need none.", ["kind"]);
  const info = gauge("myspinbot_lane_info", "Always 1, one for each lane that is connected now.", ["lane", "worker", "kind"]);
  const held = gauge("myspinbot_card_held", "1 while a job holds the card of this worker, by what it loads.", ["worker", "family"]);
  const heldFor = gauge("myspinbot_card_held_seconds", "How long the job that holds the card of this worker has held it.", ["worker"]);
  const families = bounded();
  return {
    all: [count, info, held, heldFor],
    single: [],
    set([, , , lanes, shared]: Found) {
      if (lanes) for (const kind of ["card", "processor"]) count.set({ kind }, lanes.filter((lane) => kindOf(lane) === kind).length);
      for (const lane of lanes?.slice(0, mostLanes) ?? []) info.set({ lane: lane.name, worker: lane.worker, kind: kindOf(lane) }, 1);
      for (const { worker, family, seconds } of shared?.card.slice(0, mostLanes) ?? []) {
        held.set({ worker, family: families(family) }, 1);
        heldFor.set({ worker }, positive(seconds));
      }
    },
  };
}

function keptGauges({ gauge }: Makers) {
  const at = gauge(
    "myspinbot_backup_last_success_timestamp_seconds",
    "When the last backup was complete; absent where there was none.",
    [],
  );
  const bytes = gauge("myspinbot_backup_bytes", "Size of the last complete backup; absent where there was none.", []);
  const skew = gauge("myspinbot_clock_skew_seconds", "This machine's clock minus that of the database.", []);
  return {
    all: [],
    single: [at, bytes, skew],
    set([, , , , shared]: Found) {
      if (shared) skew.set(shared.skewSeconds);
      const backup = shared?.backup;
      if (!backup) return;
      at.set(backup.at.getTime() / 1000);
      bytes.set(positive(backup.bytes));
    },
  };
}

/** Sets them anew; without an answer in time all are absent and `myspinbot_database_up` is 0. Never throws. */
export function createRowGauges(makers: Makers, sources: RowSources): { read(): Promise<void> } {
  const groups = [lineGauges(makers), laneGauges(makers), keptGauges(makers)];
  const up = makers.gauge("myspinbot_database_up", "Whether the database answered when this was asked for (1) or not (0).", []);
  const ask = async (): Promise<Found> => {
    const { waiting, open, deliveries, lanes, shared } = sources;
    return within(sources.milliseconds ?? 3000, Promise.all([waiting(), open(), deliveries(), lanes?.(), shared?.()]));
  };
  return {
    async read() {
      const found = await ask().catch(() => undefined);
      for (const { all, single } of groups) {
        for (const each of all) each.reset();
        // without labels a reset would say 0, which is not known
        for (const each of single) each.remove();
      }
      up.set(found ? 1 : 0);
      if (found) for (const group of groups) group.set(found);
    },
  };
}
