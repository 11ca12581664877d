/** The hint that there is work: at-least-once, may lose everything at any time. BullMQ is the adapter, on PostgreSQL or Redis. */

export interface QueueItem {
  /** Job id; a second add of a known id changes nothing. */
  id: string;
  family: string;
  /** 1 = first. */
  priority: number;
}

/** Thrown by a handler to have the same item again after a backoff. */
export class TryAgain extends Error {
  override readonly name = "TryAgain";
}

export interface LaneHandlers {
  /** Runs one item. `lost` fires when the queue has given the item to somebody else. A `TryAgain` brings it back later; any other end is final. */
  handle(id: string, lost: AbortSignal): Promise<void>;
  /** After `handle`, before the next item is taken: here the lane may open another family. */
  between(): Promise<void>;
}

/** A consumer of several families, of which at most one is open at a time, one item at a time. */
export interface LaneQueue {
  /** Takes items of this family only; undefined = takes nothing. What runs is not disturbed. */
  open(family: string | undefined): Promise<void>;
  readonly family: string | undefined;
  /** Takes no more; waits up to `ms` for what runs, then lets go of it. */
  close(ms: number): Promise<void>;
}

export interface Queue {
  /** Failure `queue_unavailable` when it cannot be reached or is full: the row is kept, the reconciler adds it later. */
  add(item: QueueItem): Promise<void>;
  /** Takes out what does not run yet. Best effort, never throws for an unknown one. */
  remove(item: Pick<QueueItem, "id" | "family">): Promise<void>;
  /** Waiting, delayed or active. */
  has(item: Pick<QueueItem, "id" | "family">): Promise<boolean>;
  lane(name: string, families: readonly string[], handlers: LaneHandlers): Promise<LaneQueue>;
  /** Runs `task` every `ms` in one of the processes that share the queue. */
  every(name: string, ms: number, task: () => Promise<void>): Promise<void>;
  /** Items waiting per family, for metrics. */
  depths(): Promise<Record<string, number>>;
  close(): Promise<void>;
}
