/** What survives a lost queue: rows that should be waiting or running but that the queue does not know are added again. */
import { setTimeout as sleep } from "node:timers/promises";
import type { Log } from "../core/log.ts";
import type { FileStore } from "../core/ports/files.ts";
import type { ArtifactStore, JobStore, OpenJob } from "../core/ports/job-store.ts";
import type { Metrics } from "../core/ports/metrics.ts";
import type { Queue } from "../core/ports/queue.ts";
import { freeNeeds } from "./needs.ts";

export interface ReconcileParts {
  jobs: Pick<JobStore, "open" | "settle" | "freeNeeds">;
  queue: Pick<Queue, "add" | "has">;
  metrics: Pick<Metrics, "reconciled">;
  log: Log;
  /** Milliseconds without a heartbeat after which a running attempt is taken for dead. Default 30 000. */
  deadMs?: number;
  /** Milliseconds that a silent worker then gets to show life: after an outage of the database, or a machine that slept, all are silent. Default 5000. */
  graceMs?: number;
  now?: () => number;
}

const lostNote = "The worker that ran this was lost; starting again.";

/** One pass; returns how many were added. A job that another pass adds too is no harm: a known id is not added twice, and the fence stands behind it. */
export async function reconcile(parts: ReconcileParts): Promise<number> {
  const { jobs, queue, log, deadMs = 30_000, graceMs = 5000 } = parts;
  const now = parts.now?.() ?? Date.now();
  let added = 0;
  const add = async (job: OpenJob): Promise<void> => {
    if (await queue.has(job)) return;
    await queue.add(job);
    added++;
    log.info({ job: job.id, state: job.state, attempt: job.attempt }, "a job that the queue had lost was added again");
  };
  await freeNeeds(parts);
  const open = await jobs.open();
  for (const job of open) if (job.state === "queued" && !job.blocked) await add(job);
  // a living worker ends its attempt itself, whatever the queue forgot
  const silent = open.filter((job) => job.state !== "queued" && now - (job.heartbeatAt?.getTime() ?? 0) >= deadMs);
  if (silent.length > 0) await sleep(graceMs);
  for (const job of silent) {
    // back in line even where the queue still has it: lanes open a family for what waits, not for what a dead worker held
    if (!(await jobs.settle(job.id, job.attempt, { type: "lost", heartbeatAt: job.heartbeatAt, note: lostNote }))) continue;
    log.warn({ job: job.id, attempt: job.attempt }, "a worker was lost");
    if (job.state !== "canceling") await add(job);
  }
  if (added > 0) parts.metrics.reconciled("readded", added);
  return added;
}

export interface SweepParts {
  jobs: Pick<JobStore, "open">;
  files: Pick<FileStore, "list" | "remove">;
  artifacts: Pick<ArtifactStore, "isReferenced">;
  metrics: Pick<Metrics, "reconciled">;
  log: Log;
  /** Whether the stored files are this database's: of any others it knows nothing. Absent: they are. */
  owned?: () => Promise<boolean>;
  /** Milliseconds that a file may lie unpublished. Default one day. */
  ageMs?: number;
}

/** Removes stored files of attempts and uploads that died before their rows were written, and of checks that died before they cleaned up. */
export async function sweep(parts: SweepParts): Promise<number> {
  if (parts.owned && !(await parts.owned())) {
    parts.log.warn({}, "the stored files belong to another database; nothing is removed. Give each studio a bucket or folder of its own");
    return 0;
  }
  const open = new Set((await parts.jobs.open()).map((job) => `jobs/${job.id}/${job.attempt}/`));
  const before = Date.now() - (parts.ageMs ?? 24 * 3_600_000);
  let removed = 0;
  for (const prefix of ["jobs/", "uploads/", "checks/"])
    for await (const file of parts.files.list(prefix)) {
      if (file.modifiedAt.getTime() > before || open.has(file.key.replace(/[^/]*$/, ""))) continue;
      if (await parts.artifacts.isReferenced(file.key)) continue;
      await parts.files.remove(file.key);
      removed++;
    }
  if (removed > 0) {
    parts.metrics.reconciled("swept", removed);
    parts.log.info({ removed }, "stored files that no row names were removed");
  }
  return removed;
}
