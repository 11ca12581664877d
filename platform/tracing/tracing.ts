/** Traces by OpenTelemetry, for any collector that takes OTLP over HTTP. Loaded only where the settings ask for it. */
import { randomUUID } from "node:crypto";
import { type Attributes as OtelAttributes, type Span as OtelSpan, SpanKind, SpanStatusCode } from "@opentelemetry/api";
import { resourceFromAttributes } from "@opentelemetry/resources";
import { BasicTracerProvider, ParentBasedSampler, TraceIdRatioBasedSampler } from "@opentelemetry/sdk-trace-base";
import type { Attributes, Span, SpanOptions, Tracing } from "../../core/ports/tracing.ts";
import { contextOf, traceparentOf } from "./context.ts";
import { createOutbox, type OutboxOptions } from "./outbox.ts";

export interface TracingOptions extends OutboxOptions {
  /** As the collector shows this process. */
  service: string;
  version: string;
  /** Share of the traces that are kept, 0 to 1, where a request does not decide it by its own trace. */
  ratio: number;
}

export interface OtelTracing extends Tracing {
  /** Spans that nobody took. */
  dropped(): number;
  /** Sends what there is, for at most `ms`. */
  close(ms: number): Promise<void>;
}

/** Characters of one text. */
const longest = 200;

function present(attributes: Attributes = {}): OtelAttributes {
  return Object.fromEntries(Object.entries(attributes).filter(([, value]) => value !== undefined)) as OtelAttributes;
}

/** @param failed only its code: a message may repeat what a person wrote. */
function endSpan(span: OtelSpan, failed: string | undefined, at = Date.now()): void {
  if (failed !== undefined) {
    span.setAttribute("error.type", failed);
    span.setStatus({ code: SpanStatusCode.ERROR, message: failed });
  }
  span.end(at);
}

export function createTracing({ service, version, ratio, ...out }: TracingOptions): OtelTracing {
  const outbox = createOutbox(out);
  const provider = new BasicTracerProvider({
    resource: resourceFromAttributes({ "service.name": service, "service.version": version, "service.instance.id": randomUUID() }),
    sampler: new ParentBasedSampler({ root: new TraceIdRatioBasedSampler(ratio) }),
    spanLimits: { attributeValueLengthLimit: longest },
    spanProcessors: [outbox.processor],
  });
  const tracer = provider.getTracer("myspinbot", version);
  // whole milliseconds of the wall clock everywhere: the clock that spans have by themselves drifts apart from that of the rows
  const start = (name: string, { parent, attributes }: SpanOptions, startTime = Date.now()) =>
    tracer.startSpan(name, { kind: SpanKind.INTERNAL, startTime, attributes: present(attributes) }, contextOf(parent));

  return {
    on: true,
    begin(name, options = {}): Span {
      const span = start(name, options);
      let over = false;
      return {
        traceparent: traceparentOf(span.spanContext()),
        set: (attributes) => void span.setAttributes(present(attributes)),
        end(failed) {
          if (over) return;
          over = true;
          endSpan(span, failed);
        },
      };
    },
    record(name, { from, to, failed, ...options }) {
      endSpan(start(name, options, Math.min(from, to)), failed, to);
    },
    dropped: outbox.dropped,
    close: outbox.close,
  };
}
