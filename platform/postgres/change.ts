/** One change of one job: its row locked, its events numbered under that lock, the rest of the world told on commit. */
import { eq } from "drizzle-orm";
import type { Artifact } from "../../core/artifact.ts";
import type { BusMessage } from "../../core/event.ts";
import type { FailureView } from "../../core/failure.ts";
import { canMove, type JobState } from "../../core/job.ts";
import type { JsonObject } from "../../core/json.ts";
import { artifactData, type JobRow } from "./rows.ts";
import { events, jobs } from "./schema.ts";
import { type Db, type Later, type Tx, transact } from "./transact.ts";

/** Name of the LISTEN/NOTIFY channel. */
export const channel = "myspinbot";

/** Told on commit, and only then. PostgreSQL refuses payloads of 8000 bytes. */
export function notice(message: BusMessage): { toSQL(): { sql: string; params: unknown[] } } {
  return { toSQL: () => ({ sql: "select pg_notify($1, $2)", params: [channel, JSON.stringify(message)] }) };
}

export interface Change {
  readonly row: JobRow;
  readonly now: Date;
  /** Columns to write. */
  set(columns: Partial<JobRow>): void;
  /** A step of the state machine, with its event; a step that is not one is a fault of ours. */
  move(state: JobState, more?: { error?: FailureView; note?: string; attempt?: number }): void;
  artifact(artifact: Artifact): void;
}

/** Runs `work` with the row locked. `work` may use the transaction for other tables. Undefined where there is no such job. */
export async function changeJob<T>(db: Db, id: string, work: (change: Change, tx: Tx, later: Later) => Promise<T>): Promise<T | undefined> {
  return transact(db, async (tx, later) => {
    const [row] = await tx.select().from(jobs).where(eq(jobs.id, id)).for("update");
    if (!row) return undefined;
    const now = new Date();
    const columns: Partial<JobRow> = {};
    const news: { type: "state" | "artifact"; data: JsonObject }[] = [];
    const change: Change = {
      row,
      now,
      set: (more) => void Object.assign(columns, more),
      move(state, { attempt = columns.attempt ?? row.attempt, ...more } = {}) {
        const from = columns.state ?? row.state;
        // a lost worker's job starts again without having left `running`, one that waited for another is freed without having left `queued`
        const stays = from === state && (state === "running" || (state === "queued" && row.blocked));
        if (!canMove(from, state) && !stays) throw new Error(`no step ${from} -> ${state} for ${id}`);
        columns.state = state;
        news.push({ type: "state", data: { state, attempt, ...more } as unknown as JsonObject });
      },
      artifact: (artifact) => void news.push({ type: "artifact", data: artifactData(artifact) }),
    };
    const result = await work(change, tx, later);
    if (news.length > 0) {
      columns.lastSeq = row.lastSeq + news.length;
      later(tx.insert(events).values(news.map((event, index) => ({ job: id, seq: row.lastSeq + 1 + index, at: now, ...event }))));
    }
    if (Object.keys(columns).length > 0) {
      later(tx.update(jobs).set(columns).where(eq(jobs.id, id)));
      later(notice({ type: "changed", job: id, state: columns.state ?? row.state, family: row.family }));
    }
    return result;
  });
}
