/** Reading jobs: by their owner, by workers, by the reconciler. */
import { and, asc, desc, eq, gt, inArray, lt, sql } from "drizzle-orm";
import type { JobWithArtifacts } from "../../core/job.ts";
import type { JobStore } from "../../core/ports/job-store.ts";
import { storable } from "./columns.ts";
import { isWhole, type JobRow, toArtifact, toEvent, toJob } from "./rows.ts";
import { artifacts, events, jobs } from "./schema.ts";
import type { Db } from "./transact.ts";

type Reads = Pick<JobStore, "get" | "list" | "events" | "position" | "history" | "headOf" | "speaking" | "promises" | "waiting" | "open">;

export function reads(db: Db): Reads {
  // built once and asked in one go: clients want to know again and again how a job stands
  const ownJob = db
    .select()
    .from(jobs)
    .leftJoin(artifacts, and(eq(artifacts.job, jobs.id), sql`${jobs.state} = 'succeeded'`, isWhole))
    .where(and(eq(jobs.id, sql.placeholder("id")), eq(jobs.principal, sql.placeholder("principal"))))
    .orderBy(asc(artifacts.ordinal))
    .prepare("own_job");
  const withArtifacts = async (rows: JobRow[]): Promise<JobWithArtifacts[]> => {
    if (rows.length === 0) return [];
    const ids = rows.filter((row) => row.state === "succeeded").map((row) => row.id);
    const whole = and(sql`${artifacts.job} = any(${sql.param(ids)})`, isWhole);
    const files = ids.length ? await db.select().from(artifacts).where(whole).orderBy(asc(artifacts.ordinal)) : [];
    return rows.map((row) => ({ ...toJob(row), artifacts: files.filter((file) => file.job === row.id).map(toArtifact) }));
  };

  return {
    async get(principal, id) {
      const rows = await ownJob.execute({ id: storable(id), principal: storable(principal) });
      return rows[0] && { ...toJob(rows[0].jobs), artifacts: rows.flatMap((row) => (row.artifacts ? [toArtifact(row.artifacts)] : [])) };
    },

    async list(principal, { states, tool, conversation, limit = 20, before }) {
      const cursor = before
        ? await db
            .select({ number: jobs.number })
            .from(jobs)
            .where(and(eq(jobs.id, before), eq(jobs.principal, principal)))
        : [];
      if (before && !cursor[0]) return [];
      const rows = await db
        .select()
        .from(jobs)
        .where(
          and(
            eq(jobs.principal, principal),
            states ? inArray(jobs.state, [...states]) : undefined,
            tool ? eq(jobs.tool, tool) : undefined,
            conversation ? eq(jobs.conversation, conversation) : undefined,
            cursor[0] ? lt(jobs.number, cursor[0].number) : undefined,
          ),
        )
        .orderBy(desc(jobs.number))
        .limit(Math.min(200, Math.max(1, limit)));
      return withArtifacts(rows);
    },

    async events(job, after) {
      const rows = await db
        .select()
        .from(events)
        .where(and(eq(events.job, job), gt(events.seq, after)))
        .orderBy(asc(events.seq));
      return rows.map(toEvent);
    },

    async position(id) {
      const found = await db.execute<{ ahead: number }>(sql`
        select (select count(*)::int from jobs other where other.state = 'queued' and not other.blocked and other.family = mine.family
                and (other.priority, other.queued_at, other.number) < (mine.priority, mine.queued_at, mine.number)) as ahead
        from jobs mine where mine.id = ${storable(id)} and mine.state = 'queued' and not mine.blocked`);
      const ahead = found.rows[0]?.ahead;
      return ahead === undefined ? undefined : ahead + 1;
    },

    async history(tool, family) {
      return (
        db
          .select({ input: jobs.input, seconds: sql<number>`extract(epoch from finished_at - started_at)::float8` })
          .from(jobs)
          // a later attempt of a training goes on from what an earlier one did: it took longer than its last attempt
          .where(and(eq(jobs.tool, tool), eq(jobs.family, family), sql`state = 'succeeded' and (class <> 'training' or attempt = 1)`))
          .orderBy(desc(jobs.finishedAt))
          .limit(20)
      );
    },

    async headOf(principal, stage) {
      const [row] = await db
        .select({ id: jobs.id })
        .from(jobs)
        .where(
          and(
            eq(jobs.principal, principal),
            sql`tree is not null and tree ->> 'stage' is null`,
            sql`exists (select 1 from jsonb_each_text(tree -> 'stages') as each(name, job) where each.job = ${storable(stage)})`,
          ),
        )
        .orderBy(desc(jobs.number))
        .limit(1);
      return row?.id;
    },

    async speaking(principal, voice, maker) {
      const waits = maker === undefined ? sql`false` : sql`(input ->> 'voice' is not null and needs @> ${JSON.stringify([maker])}::jsonb)`;
      const rows = await db
        .select({ id: jobs.id })
        .from(jobs)
        .where(
          and(eq(jobs.principal, principal), sql`state in ('queued', 'running') and (input ->> 'voice' = ${storable(voice)} or ${waits})`),
        )
        .orderBy(asc(jobs.number));
      return rows.map(({ id }) => id);
    },

    async promises(principal) {
      const rows = await db
        .select({ job: jobs.id, makes: jobs.makes })
        .from(jobs)
        .where(
          and(
            eq(jobs.principal, principal),
            sql`makes is not null and makes ->> 'kind' <> 'file' and state in ('queued', 'running', 'canceling')`,
          ),
        )
        .orderBy(desc(jobs.number));
      return rows.flatMap(({ job, makes }) => (makes ? [{ job, makes }] : []));
    },

    async waiting() {
      const found = await db.execute<{ family: string; jobs: number; best: number; first: Date }>(sql`
        select distinct on (family) family, count(*) over (partition by family)::int as jobs, priority as best, queued_at as first
        from jobs where state = 'queued' and not blocked order by family, priority, queued_at, number`);
      return found.rows.map((row) => ({
        family: row.family,
        jobs: row.jobs,
        bestPriority: row.best,
        firstQueuedAt: new Date(row.first),
      }));
    },

    async open() {
      const rows = await db
        .select({
          id: jobs.id,
          family: jobs.family,
          state: jobs.state,
          priority: jobs.priority,
          attempt: jobs.attempt,
          blocked: jobs.blocked,
          beat: jobs.heartbeatAt,
        })
        .from(jobs)
        .where(sql`state in ('queued', 'running', 'canceling')`)
        .orderBy(asc(jobs.number));
      return rows.map(({ beat, blocked, ...row }) => ({
        ...row,
        ...(blocked ? { blocked } : {}),
        ...(beat ? { heartbeatAt: beat } : {}),
      }));
    },
  };
}
