/** Who may deliver what, for how long, and when again: the rules of deliveries over their store. */
import type { Delivery, DeliveryState, DeliveryWish, DeliveryWithJob } from "./delivery.ts";
import { Failure } from "./failure.ts";
import { isId, newId } from "./ids.ts";
import { isTerminal, type JobWithArtifacts } from "./job.ts";
import type { Json } from "./json.ts";
import type { Bus } from "./ports/bus.ts";
import type { Changed, DeliveryStore, Whose } from "./ports/delivery-store.ts";
import type { JobStore } from "./ports/job-store.ts";
import type { Metrics } from "./ports/metrics.ts";
import { noTracing, type Tracing } from "./ports/tracing.ts";
import type { Principal } from "./principal.ts";
import { may } from "./scope.ts";
import { traceDeliveries } from "./trace-delivery.ts";
import { unknownJob } from "./watch.ts";

/** Seconds, but for `limit`, `json` (bytes), `error` (characters) and `tries`. */
export const deliveryLimits = { limit: 50, json: 4096, error: 2000, tries: 12, wait: 25, lease: { least: 5, most: 600 } } as const;

const [firstDelayMs, longestDelayMs] = [5_000, 600_000];

/** Milliseconds before the next try: 5 s doubled with each failure up to 10 min, spread by a quarter so that what failed together does not come back together. */
export function backoffMs(attempts: number, random: () => number = Math.random): number {
  const base = Math.min(longestDelayMs, firstDelayMs * 2 ** (attempts - 1));
  return Math.round(Math.min(longestDelayMs, Math.max(firstDelayMs, base * (0.75 + random() / 2))));
}

export interface DeliveryRequest extends DeliveryWish {
  conversation: string;
  message: string;
  job: string;
}

export interface ClaimRequest {
  worker: string;
  limit: number;
  leaseSeconds: number;
  /** How long to wait for the first one. */
  waitSeconds: number;
}

/** Each call is for the principal's own deliveries, or for everybody's where it may act as others (which `admin` includes). Failure `unknown_delivery` for any other. */
export interface Deliveries {
  /** The caller holds the lease: it means to deliver by itself. Failure `unknown_job` for a job that is not the principal's own. */
  create(principal: Principal, request: DeliveryRequest): Promise<{ delivery: Delivery; created: boolean }>;
  /** Empty after `waitSeconds`, or when the signal fires. */
  claim(principal: Principal, request: ClaimRequest, signal?: AbortSignal): Promise<DeliveryWithJob[]>;
  /** Failure `conflict` where the lease is lost. */
  renew(principal: Principal, id: string, worker: string, leaseSeconds: number): Promise<Delivery>;
  ack(principal: Principal, id: string, result?: Json): Promise<Delivery>;
  fail(principal: Principal, id: string, failure: { worker?: string; error: string }): Promise<Delivery>;
  redeliver(principal: Principal, id: string): Promise<Delivery>;
  get(principal: Principal, id: string): Promise<Delivery>;
  list(principal: Principal, filter: { state?: DeliveryState; limit: number }): Promise<Delivery[]>;
}

export interface DeliveriesParts {
  store: DeliveryStore;
  jobs: Pick<JobStore, "get">;
  bus: Pick<Bus, "subscribe">;
  metrics: Pick<Metrics, "delivery">;
  /** Absent where no traces are made. */
  tracing?: Tracing;
  /** Milliseconds between looks at the rows while a claim waits: a notification may be lost, a row is not. Default 5000. */
  lookMs?: number;
}

/** Rows whose time has come but that another claim is about to take are not asked for in a circle. */
const shortestLookMs = 100;

const whoseOf = (principal: Principal): Whose => (may(principal, "act-as") ? undefined : principal.id);

export function createDeliveries({ store, jobs, bus, metrics, tracing = noTracing, lookMs = 5000 }: DeliveriesParts): Deliveries {
  const waiting = new Set<() => void>();
  const trace = traceDeliveries(tracing, jobs);
  const wakeAll = (): void => {
    for (const wake of waiting) wake();
  };

  const own = async <T>(id: string, find: () => Promise<T | undefined>): Promise<T> => {
    const found = isId("dlv", id) ? await find() : undefined;
    if (!found) throw new Failure("unknown_delivery", `There is no delivery ${id.slice(0, 60)} of yours. GET /v1/deliveries lists them.`);
    return found;
  };

  const withJobs = async (claimed: readonly Delivery[]): Promise<DeliveryWithJob[]> => {
    const ended = await Promise.all(claimed.map((delivery) => jobs.get(delivery.principal, delivery.job)));
    // started again this very moment: its delivery comes back when its lease is over and it has ended
    const isReady = (job: JobWithArtifacts | undefined): job is JobWithArtifacts => job !== undefined && isTerminal(job.state);
    return claimed.flatMap((delivery, index) => {
      const job = ended[index];
      return isReady(job) ? [{ ...delivery, ended: job }] : [];
    });
  };

  /** Until a job ends, somebody asks for a redelivery, the time is over or the signal fires. */
  const sleep = (ms: number, ear: { heard: boolean; wake: () => void }, signal: AbortSignal | undefined): Promise<void> =>
    new Promise((resolve) => {
      const end = (): void => {
        clearTimeout(timer);
        signal?.removeEventListener("abort", end);
        resolve();
      };
      const timer = setTimeout(end, ms);
      ear.wake = end;
      signal?.addEventListener("abort", end);
      if (ear.heard || signal?.aborted) end();
    });

  return {
    async create(principal, { job, leaseSeconds, ...place }) {
      // whoever may see all deliveries still sees only its own jobs
      if (!isId("job", job) || !(await jobs.get(principal.id, job))) throw unknownJob(job);
      return store.create({ id: newId("dlv"), principal: principal.id, job, ...place, leaseMs: leaseSeconds * 1000 });
    },

    async claim(principal, { worker, limit, leaseSeconds, waitSeconds }, signal) {
      const whose = whoseOf(principal);
      const deadline = performance.now() + waitSeconds * 1000;
      const ear = { heard: false, wake: () => {} };
      const hear = (): void => {
        ear.heard = true;
        ear.wake();
      };
      // before the first look, so that what happens behind it is heard
      const stopHearing = bus.subscribe((message) => {
        if (message.type === "changed" && isTerminal(message.state)) hear();
      });
      waiting.add(hear);
      try {
        while (!signal?.aborted) {
          ear.heard = false;
          const claimed = await withJobs(await store.claim(whose, { worker, limit, leaseMs: leaseSeconds * 1000 }));
          const left = deadline - performance.now();
          trace.handedOut(claimed);
          if (claimed.length > 0 || left <= 0) return claimed;
          const due = Math.max(shortestLookMs, (await store.nextDueMs(whose)) ?? lookMs);
          await sleep(Math.min(left, due, lookMs), ear, signal);
        }
        return [];
      } finally {
        stopHearing();
        waiting.delete(hear);
      }
    },

    async renew(principal, id, worker, leaseSeconds) {
      const { delivery, changed } = await own<Changed>(id, () => store.renew(whoseOf(principal), id, worker, leaseSeconds * 1000));
      if (changed) return delivery;
      const why =
        delivery.state === "pending"
          ? "is not leased to this worker any more. Leave it to the one who has it, or claim it again"
          : `is ${delivery.state} already. There is nothing left to do`;
      throw new Failure("conflict", `Delivery ${id} ${why}.`);
    },

    async ack(principal, id, result) {
      const { delivery, changed } = await own(id, () => store.ack(whoseOf(principal), id, result));
      if (changed) {
        metrics.delivery("delivered");
        trace.ended(delivery, "delivered");
      }
      return delivery;
    },

    async fail(principal, id, { worker, error }) {
      const { delivery, changed } = await own(id, () =>
        store.fail(whoseOf(principal), id, {
          error: error.slice(0, deliveryLimits.error),
          delayMs: (attempts) => (attempts < deliveryLimits.tries ? backoffMs(attempts) : undefined),
          ...(worker !== undefined ? { worker } : {}),
        }),
      );
      if (changed) {
        const outcome = delivery.state === "dead" ? "dead" : "failed";
        metrics.delivery(outcome);
        trace.ended(delivery, outcome);
      }
      return delivery;
    },

    async redeliver(principal, id) {
      const delivery = await own(id, () => store.redeliver(whoseOf(principal), id));
      metrics.delivery("redelivered");
      wakeAll();
      return delivery;
    },

    get: (principal, id) => own(id, () => store.get(whoseOf(principal), id)),
    list: (principal, filter) => store.list(whoseOf(principal), filter),
  };
}
