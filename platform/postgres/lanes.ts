/** The lanes that are connected and their line, on PostgreSQL: one clock for all processes. */
import { and, asc, eq, inArray, sql } from "drizzle-orm";
import type { Json } from "../../core/json.ts";
import type { LaneReach, LaneStore } from "../../core/ports/lanes.ts";
import { storable } from "./columns.ts";
import { jobs, lanes, settings } from "./schema.ts";
import type { Db } from "./transact.ts";

/** Six beats that did not come. */
const deadAfter = sql`interval '30 seconds'`;

/** Whether a row of `jobs` is for the lane: core/lane-reach.ts in the database's words. */
const taken = ({ vramGb, offloads }: LaneReach) => sql`(vram_gb <= ${vramGb} or (${inArray(jobs.family, [...offloads])} and not exists (
  select 1 from lanes as larger where larger.seen_at > now() - ${deadAfter} and larger.vram_gb > ${vramGb} and jsonb_exists(larger.families, ${jobs.family}))))`;

export function laneStore(db: Db): LaneStore {
  return {
    async beat({ name, worker, families, vramGb }) {
      const seen = { worker, families, vramGb, seenAt: sql`now()` };
      await db
        .insert(lanes)
        .values({ name, startedAt: sql`now()`, ...seen })
        .onConflictDoUpdate({ target: lanes.name, set: seen });
    },

    async leave(name) {
      // with those that died long ago: nobody else takes them out
      await db.delete(lanes).where(sql`name = ${name} or seen_at < now() - interval '1 day'`);
    },

    async connected() {
      const { name, worker, families, vramGb } = lanes;
      return db
        .select({ name, worker, families, vramGb })
        .from(lanes)
        .where(sql`seen_at > now() - ${deadAfter}`)
        .orderBy(asc(lanes.startedAt), asc(lanes.name));
    },

    async waiting(lane) {
      const { families } = lane;
      if (families.length === 0) return [];
      const found = await db.execute<{ family: string; jobs: number; best: number; first: Date }>(sql`
        select distinct on (family) family, count(*) over (partition by family)::int as jobs, priority as best, queued_at as first
        from jobs where state = 'queued' and not blocked and ${inArray(jobs.family, families)} and ${taken(lane)}
        order by family, priority, queued_at, number`);
      return found.rows.map((row) => ({
        family: row.family,
        jobs: row.jobs,
        bestPriority: row.best,
        firstQueuedAt: new Date(row.first),
      }));
    },

    async beforeStart(id, lane) {
      const found = await db.execute<{ paused: Json | null; takes: boolean | null }>(sql`
        select (select ${settings.value} from ${settings} where ${eq(settings.name, "paused")}) as paused,
        (select ${taken(lane)} from ${jobs} where ${eq(jobs.id, storable(id))}) as takes`);
      const row = found.rows[0];
      return { paused: row?.paused ?? undefined, takes: row?.takes ?? true };
    },

    async line() {
      const { id, tool, family, input, vramGb, priority, attempt, queuedAt, startedAt, progress, state } = jobs;
      const rows = await db
        .select({ id, tool, family, input, vramGb, priority, attempt, queuedAt, startedAt, progress, state })
        .from(jobs)
        .where(and(sql`state in ('queued', 'running', 'canceling')`, sql`not blocked`))
        .orderBy(sql`state = 'queued'`, asc(priority), asc(queuedAt), asc(jobs.number))
        .limit(200);
      return rows.map(({ state: is, startedAt: started, progress: last, ...row }) => ({
        ...row,
        running: is !== "queued",
        ...(started ? { startedAt: started } : {}),
        ...(last ? { progress: last } : {}),
      }));
    },
  };
}
