/** Spans on their way to the collector: a bounded number in memory, sent in batches, and what is lost is counted and said. */
import { Agent as HttpAgent } from "node:http";
import { Agent as HttpsAgent } from "node:https";
import { OTLPTraceExporter } from "@opentelemetry/exporter-trace-otlp-http";
import { BatchSpanProcessor, type ReadableSpan, type SpanExporter, type SpanProcessor } from "@opentelemetry/sdk-trace-base";
import type { Log } from "../../core/log.ts";

export interface OutboxOptions {
  /** Base address; spans go to `/v1/traces` below it. */
  endpoint: string;
  headers: Readonly<Record<string, string>>;
  log: Log;
  /** Spans that wait in memory; further ones are lost. Default 4096. */
  most?: number;
  /** Milliseconds between two batches. Default 2000. */
  everyMs?: number;
  /** Milliseconds that the collector has to take one, retries included. Default 5000. */
  patienceMs?: number;
}

export interface Outbox {
  processor: SpanProcessor;
  dropped(): number;
  /** Sends what there is, for at most `ms`; what is left then is lost. */
  close(ms: number): Promise<void>;
}

/** Spans of one request to the collector. */
const batch = 512;
/** Requests at once: what waits at the end goes out together. */
const abreast = 8;
/** Milliseconds between two complaints. */
const quietMs = 60_000;

export function createOutbox({ endpoint, headers, log, most = 4096, everyMs = 2000, patienceMs = 5000 }: OutboxOptions): Outbox {
  const agent = new (new URL(endpoint).protocol === "https:" ? HttpsAgent : HttpAgent)({ keepAlive: true, maxSockets: abreast });
  const wire = new OTLPTraceExporter({
    url: `${endpoint.replace(/\/+$/, "")}/v1/traces`,
    headers: { ...headers },
    timeoutMillis: patienceMs,
    // those of the end, beside the one that is on its way
    concurrencyLimit: abreast + 1,
    httpAgentOptions: () => agent,
  });
  let lost = 0;
  let complainedAt = Number.NEGATIVE_INFINITY;
  /** Taken in and neither sent nor lost. */
  let waiting = 0;
  let sending = 0;
  let closed = false;

  const lose = (count: number, why: string) => {
    lost += count;
    if (count === 0 || performance.now() - complainedAt < quietMs) return;
    complainedAt = performance.now();
    log.warn({ dropped: lost, why }, "traces are lost: the collector does not take them");
  };
  // the words of a collector's answer stay out of the log: it may repeat what it was sent
  const reasonOf = (error: Error | undefined): string => {
    const { code } = (error ?? {}) as { code?: unknown };
    return typeof code === "number" ? `it answered ${code}` : typeof code === "string" ? code : "busy, or no answer in time";
  };
  const exporter: SpanExporter = {
    export(spans, done) {
      sending += spans.length;
      let over = false;
      const settle = (why?: string) => {
        if (over) return;
        over = true;
        clearTimeout(limit);
        sending -= spans.length;
        // those that were given up at the end are counted already
        if (!closed) {
          waiting -= spans.length;
          if (why !== undefined) lose(spans.length, why);
        }
        // counted here: told to the processor, it would give the other batches up at the end
        done({ code: 0 });
      };
      // the exporter's own limit is one of silence: an answer that drips would keep its place for ever
      const limit = setTimeout(() => {
        agent.destroy();
        settle("no answer in time");
      }, patienceMs * 2);
      limit.unref();
      wire.export(spans, (result) => settle(result.code === 0 ? undefined : reasonOf(result.error)));
    },
    forceFlush: () => wire.forceFlush(),
    shutdown: () => wire.shutdown(),
  };
  const inner = new BatchSpanProcessor(exporter, {
    maxQueueSize: most,
    maxExportBatchSize: Math.min(batch, most),
    scheduledDelayMillis: everyMs,
    exportTimeoutMillis: patienceMs * 3,
  });
  return {
    processor: {
      onStart() {},
      onEnd(span: ReadableSpan) {
        if ((span.spanContext().traceFlags & 1) === 0) return;
        if (closed) return lose(1, "it ended after the last batch");
        if (waiting - sending >= most) return lose(1, "too many wait");
        waiting++;
        inner.onEnd(span);
      },
      forceFlush: () => inner.forceFlush(),
      shutdown: async () => {},
    },
    dropped: () => lost,
    async close(ms) {
      if (closed) return;
      let timer: NodeJS.Timeout | undefined;
      const limit = new Promise<void>((resolve) => {
        timer = setTimeout(resolve, ms);
      });
      await Promise.race([inner.shutdown().catch(() => undefined), limit]);
      clearTimeout(timer);
      closed = true;
      lose(waiting, "the process ends");
      agent.destroy();
    },
  };
}
