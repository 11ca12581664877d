/** What a worker does with a job: claim, beat, publish, settle. Each compares the fence under the row's lock. */
import { and, asc, eq, inArray, isNull, lt, sql } from "drizzle-orm";
import type { Artifact, ArtifactDraft } from "../../core/artifact.ts";
import type { AssetDraft } from "../../core/asset.ts";
import { isTerminal, type JobProgress, type JobState } from "../../core/job.ts";
import type { Attempt, JobStore, Outcome } from "../../core/ports/job-store.ts";
import { addAsset } from "./assets.ts";
import { type Change, changeJob } from "./change.ts";
import { toAttempt, toJob } from "./rows.ts";
import { artifacts, attempts, jobs } from "./schema.ts";
import type { Db, Later, Tx } from "./transact.ts";

/** A worker has it. */
const heldStates: JobState[] = ["running", "canceling"];
const isHeld = (state: JobState) => heldStates.includes(state);

function closing(tx: Tx, change: Change, number: number, outcome: NonNullable<Attempt["outcome"]>) {
  return tx
    .update(attempts)
    .set({ endedAt: change.now, outcome })
    .where(and(eq(attempts.job, change.row.id), eq(attempts.number, number), isNull(attempts.endedAt)));
}

function endCanceled(tx: Tx, later: Later, change: Change): void {
  change.move("canceled");
  change.set({ finishedAt: change.now, heartbeatAt: null });
  later(closing(tx, change, change.row.attempt, "canceled"));
}

export function attemptsOf(db: Db): Pick<JobStore, "claim" | "setEngineRef" | "beat" | "publish" | "settle"> {
  const claim: JobStore["claim"] = (id, worker) =>
    changeJob(db, id, async (change, tx, later) => {
      const { row, now } = change;
      if (isTerminal(row.state) || (row.state === "queued" && row.blocked)) return undefined;
      // the worker that was to stop is gone: nothing is left to wait for
      if (row.state === "canceling") {
        endCanceled(tx, later, change);
        return undefined;
      }
      const number = row.attempt + 1;
      let previous: Attempt[] = [];
      if (row.attempt > 0) {
        later(
          tx
            .update(attempts)
            .set({ endedAt: now, outcome: "lost" })
            .where(and(eq(attempts.job, id), isNull(attempts.endedAt), lt(attempts.number, number))),
        );
        previous = (await tx.select().from(attempts).where(eq(attempts.job, id)).orderBy(asc(attempts.number))).map(toAttempt);
      }
      later(tx.insert(attempts).values({ job: id, number, worker, startedAt: now }));
      const columns = { attempt: number, startedAt: now, heartbeatAt: now, progress: null };
      const lost = row.state === "running" ? { note: "The worker that ran this was lost; starting again." } : {};
      change.set(columns);
      change.move("running", lost);
      return { job: toJob({ ...row, ...columns, state: "running" }), previous };
    });

  const setEngineRef: JobStore["setEngineRef"] = async (id, attempt, engineRef) => {
    // locked, though nothing of it is changed: whoever claims the job next must see the name
    const held = db.$with("held").as(
      db
        .select({ held: sql<string>`${jobs.id}`.as("held_id") })
        .from(jobs)
        .where(and(eq(jobs.id, id), eq(jobs.attempt, attempt), inArray(jobs.state, heldStates)))
        .for("update"),
    );
    const rows = await db
      .with(held)
      .update(attempts)
      .set({ engineRef })
      .from(held)
      .where(and(eq(attempts.job, held.held), eq(attempts.number, attempt)))
      .returning({ number: attempts.number });
    return rows.length > 0;
  };

  const beat = async (id: string, attempt: number, progress?: JobProgress) => {
    const [row] = await db
      .update(jobs)
      .set({ heartbeatAt: new Date(), ...(progress ? { progress } : {}) })
      // a beat that comes after the end must not write on what has ended
      .where(and(eq(jobs.id, id), eq(jobs.attempt, attempt), inArray(jobs.state, heldStates)))
      .returning({ state: jobs.state });
    if (row?.state === "running") return "ok" as const;
    return row?.state === "canceling" ? ("canceling" as const) : ("fenced" as const);
  };

  const publish = async (id: string, attempt: number, drafts: readonly ArtifactDraft[], asset?: AssetDraft) => {
    const done = await changeJob(db, id, async (change, tx, later) => {
      const { row, now } = change;
      if (row.attempt !== attempt) return "fenced" as const;
      // the answer to an earlier call of this very attempt was lost on the way
      if (row.state === "succeeded") return "published" as const;
      if (row.state === "canceled") return "canceled" as const;
      if (row.state === "canceling") {
        endCanceled(tx, later, change);
        return "canceled" as const;
      }
      if (row.state !== "running") return "fenced" as const;
      const made: Artifact[] = drafts.map((draft) => ({ ...draft, principal: row.principal, job: id, attempt, createdAt: now }));
      if (made.length > 0)
        later(tx.insert(artifacts).values(made.map((artifact) => ({ ...artifact, preview: artifact.recipe?.preview ?? false }))));
      for (const artifact of made) if (!artifact.recipe?.part) change.artifact(artifact);
      if (asset) await addAsset(tx, later, { ...asset, principal: row.principal, job: id, createdAt: now });
      change.move("succeeded");
      change.set({ finishedAt: now, progress: null, heartbeatAt: null, error: null });
      later(closing(tx, change, attempt, "succeeded"));
      return "published" as const;
    });
    return done ?? ("fenced" as const);
  };

  const settle = async (id: string, attempt: number, outcome: Outcome) => {
    const done = await changeJob(db, id, async (change, tx, later) => {
      const { row, now } = change;
      if (row.attempt !== attempt) return false;
      // the answer to the same call before was lost on the way
      if (!isHeld(row.state)) return row.state === (outcome.type === "requeued" || outcome.type === "lost" ? "queued" : outcome.type);
      if (outcome.type === "lost" && row.heartbeatAt?.getTime() !== outcome.heartbeatAt?.getTime()) return false;
      // a person who asked for the end gets it, whatever the attempt died of
      if (outcome.type === "canceled" || row.state === "canceling") {
        endCanceled(tx, later, change);
        return true;
      }
      if (outcome.type === "failed") {
        change.move("failed", { error: outcome.error });
        change.set({ error: outcome.error, finishedAt: now, heartbeatAt: null });
      } else {
        change.move("queued", { note: outcome.note });
        const counts = outcome.type === "requeued" && outcome.counts;
        change.set({ tries: row.tries + (counts ? 1 : 0), queuedAt: now, progress: null, heartbeatAt: null });
      }
      later(closing(tx, change, attempt, outcome.type));
      return true;
    });
    return done ?? false;
  };

  return { claim, setEngineRef, beat, publish, settle };
}
