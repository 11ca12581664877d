/** Each try to bring a result into its chat, as a span of the trace that asked for the job. */
import type { Delivery } from "./delivery.ts";
import type { JobStore } from "./ports/job-store.ts";
import type { Tracing } from "./ports/tracing.ts";
import { jobAttributes } from "./trace-job.ts";

/** Deliveries whose begin is remembered; of one that was forgotten, or that another process handed out, the try began when the job ended. */
const mostRemembered = 1000;

export interface DeliveryTrace {
  /** Somebody begins to bring them. */
  handedOut(deliveries: readonly Pick<Delivery, "id">[]): void;
  /** Waits for nothing. */
  ended(delivery: Delivery, outcome: "delivered" | "failed" | "dead"): void;
}

export function traceDeliveries(tracing: Tracing, jobs: Pick<JobStore, "get">): DeliveryTrace {
  if (!tracing.on) return { handedOut() {}, ended() {} };
  const begun = new Map<string, number>();

  const tell = async (delivery: Delivery, outcome: "delivered" | "failed" | "dead", since: number | undefined, to: number) => {
    const job = await jobs.get(delivery.principal, delivery.job);
    if (!job) return;
    tracing.record("delivery", {
      ...{ parent: job.traceparent, from: since ?? job.finishedAt?.getTime() ?? to, to },
      attributes: {
        ...jobAttributes(job),
        "myspinbot.conversation.id": delivery.conversation,
        "myspinbot.delivery.id": delivery.id,
        "myspinbot.delivery.try": delivery.attempts + (outcome === "delivered" ? 1 : 0),
        "myspinbot.outcome": outcome,
      },
      // not its own words: they may repeat an address or a name
      failed: outcome === "delivered" ? undefined : "delivery_failed",
    });
  };

  return {
    handedOut(deliveries) {
      for (const { id } of deliveries) begun.set(id, Date.now());
      for (const id of begun.keys()) {
        if (begun.size <= mostRemembered) break;
        begun.delete(id);
      }
    },
    ended(delivery, outcome) {
      const since = begun.get(delivery.id);
      begun.delete(delivery.id);
      void tell(delivery, outcome, since, Date.now()).catch(() => undefined);
    },
  };
}
