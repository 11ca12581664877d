/** One attempt as spans: how long its job waited in line, the attempt, its stages, and the commit of what it made. */
import type { Failure } from "../core/failure.ts";
import type { Stage } from "../core/job.ts";
import type { Claim } from "../core/ports/job-store.ts";
import { TryAgain } from "../core/ports/queue.ts";
import { type SpanName, type Tracing, within } from "../core/ports/tracing.ts";
import { jobAttributes } from "../core/trace-job.ts";

/** Stages of one attempt that are told: a training that goes back and forth between them would fill the trace. */
const mostStages = 200;

const named: Partial<Record<Stage, SpanName>> = { making_room: "making room", loading: "loading model", lip_sync: "lip sync" };
const nameOf = (stage: Stage): SpanName => named[stage] ?? (stage as SpanName);

type Ending = "succeeded" | "failed" | "canceled" | "nothing";

export interface AttemptTrace {
  /** It ends now, after so many seconds. */
  stage(stage: Stage, seconds: number): void;
  publish<T>(work: () => Promise<T>): Promise<T>;
  /** Settles the attempt, and ends its span with what came of that. @param end why it ended without a result. */
  ending(work: () => Promise<Ending>, end: Failure | undefined): Promise<Ending>;
}

export function traceAttempt(tracing: Tracing, { job, previous }: Claim, worker: string): AttemptTrace {
  const now = Date.now();
  const about = { ...jobAttributes(job), "myspinbot.attempt": job.attempt, "myspinbot.worker": worker };
  const span = tracing.begin("attempt", { parent: job.traceparent, attributes: about });
  // a job whose worker died was never put in line again
  const inLine = Math.max(job.queuedAt.getTime(), previous.at(-1)?.endedAt?.getTime() ?? 0);
  tracing.record("queue wait", { parent: job.traceparent ?? span.traceparent, from: inLine, to: now, attributes: about });
  const attributes = { "myspinbot.job.id": job.id, "myspinbot.attempt": job.attempt };
  let told = 0;
  return {
    stage(stage, seconds) {
      if (told >= mostStages) return;
      told++;
      const to = Date.now();
      tracing.record(nameOf(stage), { parent: span.traceparent, from: Math.round(to - seconds * 1000), to, attributes });
    },
    publish: (work) => within(tracing, "publish", { parent: span.traceparent, attributes }, work),
    async ending(work, end) {
      let outcome: Ending | "requeued" | "lost" = "failed";
      try {
        const ending = await work();
        outcome = ending === "nothing" ? "lost" : ending;
        return ending;
      } catch (error) {
        if (error instanceof TryAgain) outcome = "requeued";
        throw error;
      } finally {
        span.set({ "myspinbot.outcome": outcome });
        const parked = outcome === "requeued" && end?.code === "canceled";
        span.end(outcome === "failed" || (outcome === "requeued" && !parked) ? (end?.code ?? "internal") : undefined);
      }
    },
  };
}
