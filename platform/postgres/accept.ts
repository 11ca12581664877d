/** Accepting a job: the row, its first event and the notification in one commit; one row for one key and one place in line for each, however many ask at once. */
import { and, eq, sql } from "drizzle-orm";
import { Failure } from "../../core/failure.ts";
import type { Job } from "../../core/job.ts";
import type { JobStore, NewJob } from "../../core/ports/job-store.ts";
import { notify } from "./change.ts";
import { storable } from "./columns.ts";
import { toJob } from "./rows.ts";
import { events, jobs } from "./schema.ts";
import { type Db, transact } from "./transact.ts";

/** Training yields to everything interactive that waits. */
const trainingOffset = 1000;
/** Any number, so that these locks meet no others. */
const acceptLock = 7_424_202;

async function byKey(db: Pick<Db, "select">, principal: string, tool: string, key: string, digest: string): Promise<Job | undefined> {
  const [row] = await db
    .select()
    .from(jobs)
    .where(and(eq(jobs.principal, principal), eq(jobs.tool, tool), eq(jobs.key, key)));
  if (!row) return undefined;
  if (row.requestDigest !== digest)
    throw new Failure(
      "key_conflict",
      `The idempotency key was used before for another ${tool} request (job ${row.id}). Use a new key, or send the same request again.`,
    );
  return toJob(row);
}

export function acceptance(db: Db): Pick<JobStore, "accept" | "findByKey"> {
  const accept = async (given: NewJob): Promise<{ job: Job; created: boolean }> => {
    const { origin, maxWaiting, ...columns } = given;
    return transact(db, async (tx) => {
      // one principal's requests one after the other: else those that come together all count the same waiting jobs
      await tx.execute(sql`select pg_advisory_xact_lock(${acceptLock}, hashtext(${storable(given.principal)}))`);
      // before the limit: the same request again is no further job
      const known = given.key === undefined ? undefined : await byKey(tx, given.principal, given.tool, given.key, given.requestDigest);
      if (known) return { job: known, created: false };
      const [count] = await tx
        .select({ waiting: sql<number>`count(*)::int` })
        .from(jobs)
        .where(and(eq(jobs.principal, given.principal), sql`state = 'queued'`));
      const waiting = count?.waiting ?? 0;
      if (maxWaiting !== undefined && waiting >= maxWaiting)
        throw new Failure(
          "limit_exceeded",
          `You have ${waiting} jobs waiting; at most ${maxWaiting} may (MYSPINBOT_MAX_WAITING). Wait for some, or cancel some.`,
          { retryable: true },
        );
      const now = new Date();
      const [row] = await tx
        .insert(jobs)
        .values({
          ...columns,
          ...(origin ?? {}),
          state: "queued",
          // a person with ten jobs waiting must not make another one wait for all ten
          priority: 1 + waiting + (given.class === "training" ? trainingOffset : 0),
          lastSeq: 1,
          createdAt: now,
          queuedAt: now,
        })
        .returning();
      if (!row) throw new Error("the new row did not come back");
      await tx.insert(events).values({ job: row.id, seq: 1, type: "state", data: { state: "queued", attempt: 0 }, at: now });
      await notify(tx, { type: "changed", job: row.id, state: "queued", family: row.family });
      return { job: toJob(row), created: true };
    });
  };
  return { accept, findByKey: (principal, tool, key, digest) => byKey(db, principal, tool, key, digest) };
}
