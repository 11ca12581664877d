/** Accepting a job: the row, its first event, the notification and what a chat is owed of it in one commit; one row for one key and one place in line for each, however many ask at once. */
import { and, eq, sql } from "drizzle-orm";
import { Failure } from "../../core/failure.ts";
import type { Job } from "../../core/job.ts";
import type { JobStore, NewJob } from "../../core/ports/job-store.ts";
import { useApproval } from "./approvals.ts";
import { notice } from "./change.ts";
import { storable, storableJson } from "./columns.ts";
import { newRow } from "./deliveries.ts";
import { placeIn, unmet, waitsNote } from "./needs.ts";
import { toJob } from "./rows.ts";
import { deliveries, events, jobs } from "./schema.ts";
import { type Db, transact } from "./transact.ts";

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

/** What a yes was used for before: by the same call, that came twice at once. */
async function byId(db: Pick<Db, "select">, principal: string, id: string): Promise<Job> {
  const [row] = await db
    .select()
    .from(jobs)
    .where(and(eq(jobs.id, id), eq(jobs.principal, principal)));
  if (!row) throw new Failure("conflict", "The yes to this was used before. Ask for the same thing again.");
  return toJob(row);
}

/** The row as it will be read, without asking for it: the characters that PostgreSQL cannot keep are replaced alike. */
function accepted(given: NewJob, { priority, createdAt, blocked }: { priority: number; createdAt: Date; blocked: boolean }): Job {
  const { requestDigest: _digest, maxWaiting: _most, approval: _yes, delivery: _owed, stages: _stages, ...job } = given;
  const row: Job = { ...job, state: "queued", priority, attempt: 0, tries: 0, createdAt, queuedAt: createdAt };
  const text = (value: unknown): unknown => (typeof value === "string" ? storable(value) : value);
  return {
    ...(Object.fromEntries(Object.entries(row).map(([name, value]) => [name, text(value)])) as unknown as Job),
    input: storableJson(given.input),
    ...(given.makes ? { makes: storableJson(given.makes) } : {}),
    ...(given.notes ? { notes: storableJson(given.notes) } : {}),
    ...(given.consent ? { consent: storableJson(given.consent) } : {}),
    ...(blocked ? { blocked } : {}),
    ...(given.origin ? { origin: storableJson(given.origin) } : {}),
  };
}

export function acceptance(db: Db): Pick<JobStore, "accept" | "findByKey"> {
  const accept = async (given: NewJob): Promise<{ job: Job; created: boolean }> => {
    const { maxWaiting, approval, delivery, stages = [] } = given;
    return transact(db, async (tx, later) => {
      // one principal's requests one after the other: else those that come together all count the same waiting jobs
      later({
        toSQL: () => ({ sql: "select pg_advisory_xact_lock($1, hashtext($2))", params: [acceptLock, storable(given.principal)] }),
      });
      // each sees what was committed before the lock was had
      const [known, [count]] = await Promise.all([
        // before the limit: the same request again is no further job
        given.key === undefined ? undefined : byKey(tx, given.principal, given.tool, given.key, given.requestDigest),
        tx
          .select({ waiting: sql<number>`count(*)::int`, blocked: sql<number>`(count(*) filter (where blocked))::int` })
          .from(jobs)
          .where(and(eq(jobs.principal, given.principal), sql`state = 'queued'`)),
      ]);
      if (known) return { job: known, created: false };
      const waiting = count?.waiting ?? 0;
      if (maxWaiting !== undefined && waiting + stages.length >= maxWaiting)
        throw new Failure(
          "limit_exceeded",
          `You have ${waiting} jobs waiting${stages.length > 0 ? ` and this would be ${stages.length + 1}` : ""}; at most ${maxWaiting} may (MYSPINBOT_MAX_WAITING). ${stages.length < maxWaiting ? "Wait for some, or cancel some." : "Raise it, or ask for less at once."}`,
          { retryable: true },
        );
      const holder = approval && (await useApproval(tx, later, given.principal, approval, given.id));
      if (holder !== undefined && holder !== given.id) return { job: await byId(tx, given.principal, holder), created: false };
      const members = [...stages, given];
      const fresh = new Map(members.map(({ id, title }) => [id, { id, title, state: "queued" as const }]));
      const older = [...new Set(members.flatMap(({ needs = [] }) => needs))].filter((id) => !fresh.has(id));
      const open = new Map((await unmet(tx, given.principal, older)).map((need) => [need.id, need]));
      const now = new Date();
      // a person with ten jobs waiting must not make another one wait for all ten
      // what waits for other jobs takes nobody's turn
      let place = waiting - (count?.blocked ?? 0);
      const insert = (member: NewJob) => {
        const { origin, maxWaiting: _most, approval: _yes, delivery: _owed, stages: _stages, ...columns } = member;
        const waitsFor = (member.needs ?? []).flatMap((id) => fresh.get(id) ?? open.get(id) ?? []);
        const blocked = waitsFor.length > 0;
        const order = { priority: placeIn(place, member.class), blocked, createdAt: now, queuedAt: now };
        if (!blocked) place++;
        later(tx.insert(jobs).values({ ...columns, ...(origin ?? {}), ...order, state: "queued" as const, lastSeq: 1 }));
        const note = blocked ? { note: waitsNote(waitsFor) } : {};
        later(tx.insert(events).values({ job: member.id, seq: 1, type: "state", data: { state: "queued", attempt: 0, ...note }, at: now }));
        return order;
      };
      for (const stage of stages) insert(stage);
      const order = insert(given);
      if (delivery) later(tx.insert(deliveries).values(newRow({ ...delivery, principal: given.principal, job: given.id })));
      for (const { id, family } of members) later(notice({ type: "changed", job: id, state: "queued", family }));
      return { job: accepted(given, order), created: true };
    });
  };
  return { accept, findByKey: (principal, tool, key, digest) => byKey(db, principal, tool, key, digest) };
}
