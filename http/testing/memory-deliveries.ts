/** Deliveries in memory, for tests of what stands on their store; it keeps the same contract as PostgreSQL. */
import type { Delivery } from "../../core/delivery.ts";
import { isTerminal, type JobState } from "../../core/job.ts";
import type { Changed, DeliveryStore, Whose } from "../../core/ports/delivery-store.ts";

type Kept = Omit<Delivery, "worker" | "leaseUntil" | "nextAt" | "error" | "deliveredAt"> & {
  worker: string | undefined;
  leaseUntil: Date | undefined;
  nextAt: Date | undefined;
  error: string | undefined;
  deliveredAt: Date | undefined;
};

export function memoryDeliveries(stateOf: (job: string) => JobState | undefined): DeliveryStore {
  const rows: Kept[] = [];
  const shown = (row: Kept): Delivery =>
    Object.fromEntries(Object.entries(row).filter(([, value]) => value !== undefined)) as unknown as Delivery;
  const theirs = (whose: Whose) => rows.filter((row) => whose === undefined || row.principal === whose);
  const inMs = (ms: number) => new Date(Date.now() + ms);
  const dueAt = (row: Kept) => Math.max(row.leaseUntil?.getTime() ?? 0, row.nextAt?.getTime() ?? 0);
  const owed = (whose: Whose) => theirs(whose).filter((row) => row.state === "pending" && isTerminal(stateOf(row.job) ?? "queued"));
  const change = async (whose: Whose, id: string, work: (row: Kept) => Partial<Kept> | undefined): Promise<Changed | undefined> => {
    const row = theirs(whose).find((each) => each.id === id);
    if (!row) return undefined;
    const columns = work(row);
    Object.assign(row, columns);
    return { delivery: shown(row), changed: columns !== undefined };
  };
  const isAnothers = (row: Kept, worker: string | undefined) => row.worker !== undefined && worker !== undefined && row.worker !== worker;

  return {
    async create({ leaseMs, worker, ...given }) {
      const known = theirs(given.principal).find((row) => row.message === given.message && row.job === given.job);
      if (known) {
        if (known.state === "pending" && (known.leaseUntil?.getTime() ?? 0) <= Date.now())
          Object.assign(known, { worker, leaseUntil: inMs(leaseMs) });
        return { delivery: shown(known), created: false };
      }
      const none = { nextAt: undefined, error: undefined, deliveredAt: undefined };
      const row: Kept = { ...given, ...none, state: "pending", attempts: 0, worker, leaseUntil: inMs(leaseMs), createdAt: new Date() };
      rows.push(row);
      return { delivery: shown(row), created: true };
    },
    async get(whose, id) {
      const row = theirs(whose).find((each) => each.id === id);
      return row && shown(row);
    },
    async list(whose, { state, limit }) {
      const found = theirs(whose).filter((row) => state === undefined || row.state === state);
      return found.reverse().slice(0, limit).map(shown);
    },
    async claim(whose, { worker, limit, leaseMs }) {
      const due = owed(whose)
        .filter((row) => dueAt(row) <= Date.now())
        .slice(0, limit);
      return due.map((row) => shown(Object.assign(row, { worker, leaseUntil: inMs(leaseMs) })));
    },
    async nextDueMs(whose) {
      const times = owed(whose).map(dueAt);
      return times.length > 0 ? Math.min(...times) - Date.now() : undefined;
    },
    renew: (whose, id, worker, leaseMs) =>
      change(whose, id, (row) => {
        if (row.state !== "pending" || !row.leaseUntil) return undefined;
        if (isAnothers(row, worker) && row.leaseUntil.getTime() > Date.now()) return undefined;
        return { worker, leaseUntil: inMs(leaseMs) };
      }),
    ack: (whose, id, result) =>
      change(whose, id, (row) => {
        if (row.state === "delivered") return undefined;
        const free = { worker: undefined, leaseUntil: undefined, nextAt: undefined, error: undefined };
        return { ...free, ...(result === undefined ? {} : { result }), state: "delivered", deliveredAt: new Date() };
      }),
    fail: (whose, id, { worker, error, delayMs }) =>
      change(whose, id, (row) => {
        if (row.state !== "pending" || !row.leaseUntil || isAnothers(row, worker)) return undefined;
        const attempts = row.attempts + 1;
        const delay = delayMs(attempts);
        const free = { attempts, error, worker: undefined, leaseUntil: undefined };
        return delay === undefined ? { ...free, state: "dead", nextAt: undefined } : { ...free, nextAt: inMs(delay) };
      }),
    async redeliver(whose, id) {
      const done = await change(whose, id, (row) => ({
        ...(row.state === "pending" ? {} : { worker: undefined, leaseUntil: undefined }),
        ...{ state: "pending", attempts: 0, nextAt: undefined, error: undefined, deliveredAt: undefined },
      }));
      return done?.delivery;
    },
    async backlog() {
      const count = (state: Delivery["state"]) => rows.filter((row) => row.state === state).length;
      return { pending: count("pending"), dead: count("dead"), oldestSeconds: 0 };
    },
  };
}
