/** What a person tells a job while it runs, read from its row: a message on the bus is only the hint to look. */
import type { Job, OrderName } from "../core/job.ts";
import type { JobStore } from "../core/ports/job-store.ts";

export interface Orders {
  /** Called for each order that is newer than the last one that was told, and at once for one that came before. Returns how to stop hearing. */
  hear(listener: (name: OrderName) => void): () => void;
  /** Reads the row, where anybody listens. Never throws: the next look tells what this one missed. */
  look(): Promise<void>;
}

export function createOrders(jobs: Pick<JobStore, "get">, { id, principal, attempt }: Pick<Job, "id" | "principal" | "attempt">): Orders {
  /** Number of the last order that each has heard. */
  const listeners = new Map<(name: OrderName) => void, number>();

  async function look(): Promise<void> {
    if (listeners.size === 0) return;
    const row = await jobs.get(principal, id).catch(() => undefined);
    if (!row?.order || row.attempt !== attempt) return;
    const { name, number } = row.order;
    for (const [listener, heard] of listeners) {
      if (heard >= number) continue;
      listeners.set(listener, number);
      listener(name);
    }
  }

  return {
    hear(listener) {
      listeners.set(listener, 0);
      void look();
      return () => void listeners.delete(listener);
    },
    look,
  };
}
