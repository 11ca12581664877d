/** Jobs that wait for others: blocked when they are accepted, freed or ended when those have ended. */
import { and, desc, eq, inArray, sql } from "drizzle-orm";
import { Failure, type FailureView } from "../../core/failure.ts";
import type { JobClass, JobState } from "../../core/job.ts";
import type { JobStore } from "../../core/ports/job-store.ts";
import { trainingOffset } from "../../core/schedule.ts";
import { unknownJob } from "../../core/watch.ts";
import { changeJob } from "./change.ts";
import { jobs } from "./schema.ts";
import type { Db, Tx } from "./transact.ts";

interface Need {
  id: string;
  title: string;
  state: JobState;
  error?: FailureView | null;
}

const needed = { id: jobs.id, title: jobs.title, state: jobs.state, error: jobs.error };

const idsOf = (needs: readonly Pick<Need, "id">[]) => needs.map(({ id }) => id).join(", ");

/** Priority behind this many jobs of the same principal. */
export const placeIn = (waiting: number, kind: JobClass): number => 1 + waiting + (kind === "training" ? trainingOffset : 0);

export const waitsNote = (needs: readonly Need[]): string => `Waits for job ${idsOf(needs)}.`;

/** It cannot succeed any more by itself; one that is to stop will end canceled. */
const isOver = ({ state }: Need): boolean => state === "failed" || state === "canceled" || state === "canceling";

/** It only waited for another one that failed. */
const onlyWaited = ({ error }: Need): boolean => error?.code === "needs_failed";

function needsFailed(need: Need): Failure {
  const { id, title, state, error } = need;
  const why = error && !onlyWaited(need) ? `: ${error.message}` : ".";
  const end = state === "failed" ? `failed${why}` : "was canceled.";
  return new Failure("needs_failed", `It needs what job ${id} (${title}) makes, and that ${end} Retry job ${id} first, then this one.`);
}

/**
 * Those that have not succeeded, locked against their end until this commit: whoever ends one of them later sees in `freeNeeds` who waits for it.
 * Failures: `unknown_job` for another's as for one that never was, `needs_failed` for one that has ended otherwise.
 */
export async function unmet(tx: Tx, principal: string, needs: readonly string[]): Promise<Need[]> {
  if (needs.length === 0) return [];
  const rows = await tx
    .select(needed)
    .from(jobs)
    .where(and(eq(jobs.principal, principal), inArray(jobs.id, [...needs])))
    // one order for all who lock several: a retry has its own row already, and what it needs is older
    .orderBy(desc(jobs.number))
    .for("share");
  const unknown = needs.find((id) => !rows.some((row) => row.id === id));
  if (unknown !== undefined) throw unknownJob(unknown);
  const over = rows.find(isOver);
  if (over) throw needsFailed(over);
  return rows.filter(({ state }) => state !== "succeeded");
}

export function needsOf(db: Db): Pick<JobStore, "freeNeeds"> {
  /** Blocked jobs that have nothing to wait for any more, oldest first. */
  const ready = async (): Promise<string[]> => {
    const found = await db.execute<{ id: string }>(sql`
      select waiting.id from jobs waiting
      cross join lateral jsonb_array_elements_text(waiting.needs) as need(id)
      left join jobs needed on needed.id = need.id
      where waiting.state = 'queued' and waiting.blocked
      group by waiting.id
      having bool_and(coalesce(needed.state = 'succeeded', false)) or bool_or(coalesce(needed.state in ('failed', 'canceled'), true))
      order by waiting.number`);
    return found.rows.map(({ id }) => id);
  };

  /** Looked at again under the row's lock: another server may have been here first, or a need may have been started again. */
  const settle = (id: string) =>
    changeJob(db, id, async (change, tx) => {
      const { row, now } = change;
      if (row.state !== "queued" || !row.blocked) return undefined;
      const needs = row.needs ?? [];
      const rows = await tx.select(needed).from(jobs).where(inArray(jobs.id, needs));
      const ended = rows.filter(({ state }) => state === "failed" || state === "canceled");
      // the cause of all rather than what only waited for it
      const over = ended.find((need) => !onlyWaited(need)) ?? ended[0];
      const gone = needs.find((need) => !rows.some((row) => row.id === need));
      if (over || gone !== undefined) {
        const error = (over ? needsFailed(over) : unknownJob(gone ?? "")).view();
        change.move("failed", { error });
        change.set({ error, blocked: false, finishedAt: now });
        return { changed: true };
      }
      if (!rows.every(({ state }) => state === "succeeded")) return undefined;
      change.move("queued", { note: "What it waited for is there." });
      const [count] = await tx
        .select({ waiting: sql<number>`count(*)::int` })
        .from(jobs)
        .where(and(eq(jobs.principal, row.principal), sql`state = 'queued' and not blocked`));
      // its place is behind those that wait now, not those of back then
      const priority = placeIn(count?.waiting ?? 0, row.class);
      change.set({ blocked: false, priority, queuedAt: now });
      return { changed: true, free: { id, family: row.family, priority } };
    });

  return {
    async freeNeeds() {
      const freed: { id: string; family: string; priority: number }[] = [];
      // one that ends here may be what others wait for
      for (let again = true; again; ) {
        again = false;
        for (const id of await ready()) {
          const done = await settle(id);
          if (done) again = true;
          if (done?.free) freed.push(done.free);
        }
      }
      return freed;
    },
  };
}
