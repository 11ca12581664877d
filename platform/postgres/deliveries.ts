/** Deliveries on PostgreSQL. Leases go by its clock: those of several servers differ. */
import { and, asc, desc, eq, getTableColumns, type InferSelectModel, sql } from "drizzle-orm";
import type { Delivery } from "../../core/delivery.ts";
import type { Changed, DeliveryStore, NewDelivery, Whose } from "../../core/ports/delivery-store.ts";
import { storable, storableJson } from "./columns.ts";
import { deliveries, jobs } from "./schema.ts";
import { type Db, transact } from "./transact.ts";

type Row = InferSelectModel<typeof deliveries>;

const pending = sql`${deliveries.state} = 'pending'`;
const unheld = sql`(${deliveries.leaseUntil} is null or ${deliveries.leaseUntil} <= now())`;
const finished = sql`${jobs.state} in ('succeeded', 'failed', 'canceled')`;
const fromNow = (ms: number) => sql<Date>`now() + ${ms} * interval '1 millisecond'`;
const belongs = (whose: Whose) => (whose === undefined ? undefined : eq(deliveries.principal, whose));

function toDelivery(row: Row): Delivery {
  const { id, principal, job, conversation, message, target, state, attempts, createdAt } = row;
  const { worker, leaseUntil, nextAt, result, error, deliveredAt } = row;
  return {
    ...{ id, principal, job, conversation, message, target, state, attempts, createdAt },
    ...(worker !== null ? { worker } : {}),
    ...(leaseUntil ? { leaseUntil } : {}),
    ...(nextAt ? { nextAt } : {}),
    ...(result !== null ? { result } : {}),
    ...(error !== null ? { error } : {}),
    ...(deliveredAt ? { deliveredAt } : {}),
  };
}

/** The row that `create` inserts. */
export function newRow({ leaseMs, worker, ...given }: NewDelivery) {
  const lease = { leaseUntil: fromNow(leaseMs), worker: worker ?? null };
  return { ...given, ...lease, state: "pending" as const, createdAt: sql<Date>`now()`, owedSince: sql<Date>`now()` };
}

export function deliveryStore(db: Db): DeliveryStore {
  /** `work` says what to write, or nothing; the row is locked meanwhile. */
  const change = (whose: Whose, id: string, work: (row: Row, now: Date) => Partial<Row> | undefined): Promise<Changed | undefined> =>
    transact(db, async (tx, later) => {
      const now = sql<number>`(extract(epoch from clock_timestamp()) * 1000)::float8`;
      const [found] = await tx
        .select({ row: deliveries, now })
        .from(deliveries)
        .where(and(eq(deliveries.id, id), belongs(whose)))
        .for("update");
      if (!found) return undefined;
      const columns = work(found.row, new Date(found.now));
      if (columns) later(tx.update(deliveries).set(columns).where(eq(deliveries.id, id)));
      return { delivery: toDelivery({ ...found.row, ...columns }), changed: columns !== undefined };
    });

  const isAnothers = (row: Row, worker: string | undefined) =>
    row.worker !== null && worker !== undefined && row.worker !== storable(worker);

  return {
    async create(given) {
      const fresh = newRow(given);
      const [row] = await db
        .insert(deliveries)
        .values(fresh)
        .onConflictDoUpdate({
          target: [deliveries.principal, deliveries.message, deliveries.job],
          set: { leaseUntil: fresh.leaseUntil, worker: fresh.worker },
          setWhere: sql`${pending} and ${unheld}`,
        })
        // 0 = nobody has ever updated this row: it is the inserted one
        .returning({ ...getTableColumns(deliveries), created: sql<boolean>`(xmax = 0)` });
      if (row) return { delivery: toDelivery(row), created: row.created };
      const place = and(eq(deliveries.principal, given.principal), eq(deliveries.message, given.message), eq(deliveries.job, given.job));
      const [known] = await db.select().from(deliveries).where(place);
      if (!known) throw new Error("a delivery vanished while it was created");
      return { delivery: toDelivery(known), created: false };
    },

    async get(whose, id) {
      const [row] = await db
        .select()
        .from(deliveries)
        .where(and(eq(deliveries.id, id), belongs(whose)));
      return row && toDelivery(row);
    },

    async list(whose, { state, limit }) {
      const rows = await db
        .select()
        .from(deliveries)
        .where(and(belongs(whose), state ? eq(deliveries.state, state) : undefined))
        .orderBy(desc(deliveries.number))
        .limit(limit);
      return rows.map(toDelivery);
    },

    async claim(whose, { worker, limit, leaseMs }) {
      // a CTE that locks is carried out once; as a subquery the planner may carry it out again, and so lock more than the limit
      const due = db.$with("due").as(
        db
          .select({ due: sql<string>`${deliveries.id}`.as("due_id") })
          .from(deliveries)
          .innerJoin(jobs, eq(jobs.id, deliveries.job))
          .where(and(pending, unheld, sql`(${deliveries.nextAt} is null or ${deliveries.nextAt} <= now())`, finished, belongs(whose)))
          .orderBy(asc(deliveries.number))
          .limit(limit)
          .for("update", { of: deliveries, skipLocked: true }),
      );
      const rows = await db
        .with(due)
        .update(deliveries)
        .set({ worker, leaseUntil: fromNow(leaseMs) })
        .from(due)
        .where(eq(deliveries.id, due.due))
        .returning(getTableColumns(deliveries));
      return rows.sort((one, other) => one.number - other.number).map(toDelivery);
    },

    async nextDueMs(whose) {
      const at = sql`coalesce(greatest(${deliveries.leaseUntil}, ${deliveries.nextAt}), now())`;
      const [row] = await db
        .select({ ms: sql<number | null>`(extract(epoch from min(${at}) - now()) * 1000)::float8` })
        .from(deliveries)
        .innerJoin(jobs, eq(jobs.id, deliveries.job))
        .where(and(pending, finished, belongs(whose)));
      return row?.ms ?? undefined;
    },

    renew: (whose, id, worker, leaseMs) =>
      change(whose, id, (row, now) => {
        if (row.state !== "pending" || !row.leaseUntil) return undefined;
        if (isAnothers(row, worker) && row.leaseUntil > now) return undefined;
        return { worker: storable(worker), leaseUntil: new Date(now.getTime() + leaseMs) };
      }),

    ack: (whose, id, result) =>
      change(whose, id, (row, now) => {
        if (row.state === "delivered") return undefined;
        const kept = result === undefined ? {} : { result: storableJson(result) };
        return { ...kept, state: "delivered", deliveredAt: now, worker: null, leaseUntil: null, nextAt: null, error: null };
      }),

    fail: (whose, id, { worker, error, delayMs }) =>
      change(whose, id, (row, now) => {
        if (row.state !== "pending" || !row.leaseUntil || isAnothers(row, worker)) return undefined;
        const attempts = row.attempts + 1;
        const delay = delayMs(attempts);
        const free = { attempts, error: storable(error), worker: null, leaseUntil: null };
        return delay === undefined ? { ...free, state: "dead", nextAt: null } : { ...free, nextAt: new Date(now.getTime() + delay) };
      }),

    async redeliver(whose, id) {
      const done = await change(whose, id, (row, now) => ({
        ...(row.state === "pending" ? {} : { worker: null, leaseUntil: null }),
        ...{ state: "pending", attempts: 0, nextAt: null, error: null, deliveredAt: null, owedSince: now },
      }));
      return done?.delivery;
    },

    async backlog() {
      const [row] = await db
        .select({
          pending: sql<number>`(count(*) filter (where ${pending}))::int`,
          dead: sql<number>`(count(*) filter (where ${deliveries.state} = 'dead'))::int`,
          oldest: sql<number | null>`(max(extract(epoch from now() - greatest(${deliveries.owedSince}, ${jobs.finishedAt})))
            filter (where ${pending} and ${finished}))::float8`,
        })
        .from(deliveries)
        .innerJoin(jobs, eq(jobs.id, deliveries.job))
        .where(sql`${deliveries.state} in ('pending', 'dead')`);
      return { pending: row?.pending ?? 0, dead: row?.dead ?? 0, oldestSeconds: Math.max(0, row?.oldest ?? 0) };
    },
  };
}
