/** What the processes of a studio share beside jobs and lanes, read in one question and without a lock: the clock, who holds the card, the last backup. */
import type pg from "pg";
import type { CardState } from "../../core/ports/card.ts";

export interface SharedFacts {
  /** This machine's clock minus the database's, in seconds; as exact as the answer was quick. */
  skewSeconds: number;
  /** Who holds a card now. */
  card: { worker: string; family: string; seconds: number }[];
  /** The last complete backup. */
  backup?: { at: Date; bytes: number };
}

interface Row {
  now: number;
  card: Partial<CardState> | null;
  backup: { at?: unknown; bytes?: unknown } | null;
}

const question = `select (extract(epoch from clock_timestamp()) * 1000)::float8 as now,
  (select value from settings where name = 'card') as card,
  (select value from settings where name = 'backup.last') as backup`;

function backupOf(kept: Row["backup"]): Pick<SharedFacts, "backup"> {
  const at = new Date(String(kept?.at));
  const bytes = Number(kept?.bytes ?? Number.NaN);
  return Number.isNaN(at.getTime()) || !Number.isFinite(bytes) ? {} : { backup: { at, bytes } };
}

/** Rejects as the database does. */
export function sharedFacts(pool: Pick<pg.Pool, "query">): () => Promise<SharedFacts> {
  return async () => {
    const asked = Date.now();
    const { rows } = await pool.query<Row>(question);
    const between = (asked + Date.now()) / 2;
    const { now, card, backup } = rows[0] as Row;
    const uses = Object.entries(card?.uses ?? {});
    return {
      skewSeconds: (between - now) / 1000,
      // a lease that ran out is a process that died
      card: uses.flatMap(([worker, use]) => (use.until > now ? { worker, family: use.family, seconds: (now - use.since) / 1000 } : [])),
      ...backupOf(backup),
    };
  };
}
