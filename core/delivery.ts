/** A delivery: that the result of one job is owed to one chat message, and how far that has come. */
import type { Job, JobWithArtifacts } from "./job.ts";
import type { Json, JsonObject } from "./json.ts";
import { type JobView, jobView } from "./view.ts";

export const deliveryStates = ["pending", "delivered", "dead"] as const;
/** `dead`: given up after too many failures; only a person brings it back. */
export type DeliveryState = (typeof deliveryStates)[number];

export interface Delivery {
  id: string;
  principal: string;
  job: string;
  conversation: string;
  /** Id of the assistant message that the result belongs to. */
  message: string;
  /** What the deliverer needs to find the place; we only keep it. */
  target: JsonObject;
  state: DeliveryState;
  /** Failed tries since it last became pending by a person's or a client's wish. */
  attempts: number;
  /** Who holds the lease, where it gave a name. */
  worker?: string;
  /** Until then nobody else takes it. */
  leaseUntil?: Date;
  /** Not before then, after a failure. */
  nextAt?: Date;
  /** What the deliverer left with its acknowledgement. */
  result?: Json;
  /** Of the last failure. */
  error?: string;
  createdAt: Date;
  deliveredAt?: Date;
}

/** That a caller means to deliver what comes of its request, and where to. */
export interface DeliveryWish {
  /** As in `Delivery`. */
  target: JsonObject;
  worker?: string;
  leaseSeconds: number;
}

export type DeliveryWithJob = Delivery & { ended: JobWithArtifacts };

export interface DeliveryView {
  id: string;
  job_id: Job["id"];
  principal: string;
  conversation: string;
  message: string;
  state: DeliveryState;
  attempts: number;
  target: JsonObject;
  result?: Json;
  error?: string;
  worker?: string;
  lease_until?: string;
  next_at?: string;
  created_at: string;
  delivered_at?: string;
}

export type ClaimedView = DeliveryView & { job: JobView };

export function deliveryView(delivery: Delivery): DeliveryView {
  const { id, job, principal, conversation, message, state, attempts, target, result, error, worker } = delivery;
  const { leaseUntil, nextAt, createdAt, deliveredAt } = delivery;
  return {
    ...{ id, job_id: job, principal, conversation, message, state, attempts, target },
    ...(result !== undefined ? { result } : {}),
    ...(error !== undefined ? { error } : {}),
    ...(worker !== undefined ? { worker } : {}),
    ...(leaseUntil ? { lease_until: leaseUntil.toISOString() } : {}),
    ...(nextAt ? { next_at: nextAt.toISOString() } : {}),
    created_at: createdAt.toISOString(),
    ...(deliveredAt ? { delivered_at: deliveredAt.toISOString() } : {}),
  };
}

export function claimedView({ ended, ...delivery }: DeliveryWithJob): ClaimedView {
  return { ...deliveryView(delivery), job: jobView(ended) };
}
