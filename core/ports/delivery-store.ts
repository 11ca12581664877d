/** Results owed to chats, under leases: each call is one transaction on one clock, that of the store. PostgreSQL is the adapter. */
import type { Delivery, DeliveryState } from "../delivery.ts";
import type { Json } from "../json.ts";

export type NewDelivery = Pick<Delivery, "id" | "principal" | "job" | "conversation" | "message" | "target" | "worker"> & {
  leaseMs: number;
};

/** Whose deliveries a call may touch: one principal's, or `undefined` = everybody's. */
export type Whose = string | undefined;

export interface DeliveryBacklog {
  pending: number;
  dead: number;
  /** Longest time that a finished job's result has been owed, in seconds; 0 where none is. */
  oldestSeconds: number;
}

/** `changed` is false where it was so already, or where the caller no longer holds the lease. */
export type Changed = { delivery: Delivery; changed: boolean };

export interface DeliveryStore {
  /** One row for a principal, message and job, however many ask at once; a later caller gets the lease of it where nobody holds one. The job must exist. */
  create(delivery: NewDelivery): Promise<{ delivery: Delivery; created: boolean }>;
  /** Undefined = none of theirs. */
  get(whose: Whose, id: string): Promise<Delivery | undefined>;
  /** Newest first. */
  list(whose: Whose, filter: { state?: DeliveryState; limit: number }): Promise<Delivery[]>;
  /** Pending ones of finished jobs that nobody holds and whose time has come, oldest first; no two callers get the same one. */
  claim(whose: Whose, request: { worker: string; limit: number; leaseMs: number }): Promise<Delivery[]>;
  /** Milliseconds until a finished job's delivery can be claimed by the clock alone, at most 0 = now; undefined = none will be. */
  nextDueMs(whose: Whose): Promise<number | undefined>;
  /** Not `changed` where another worker holds it, or nobody does. */
  renew(whose: Whose, id: string, worker: string, leaseMs: number): Promise<Changed | undefined>;
  /** Delivered, whoever holds the lease now: it has arrived. */
  ack(whose: Whose, id: string, result?: Json): Promise<Changed | undefined>;
  /** Counts once a lease. `delayMs` tells from the number of failures when to try again; undefined = never. */
  fail(
    whose: Whose,
    id: string,
    failure: { worker?: string; error: string; delayMs: (attempts: number) => number | undefined },
  ): Promise<Changed | undefined>;
  /** Pending again with all its tries, at once; who holds a lease on a pending one keeps it. */
  redeliver(whose: Whose, id: string): Promise<Delivery | undefined>;
  backlog(): Promise<DeliveryBacklog>;
}
