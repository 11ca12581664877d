/** W3C `traceparent` texts and OpenTelemetry's contexts, each from the other. */
import { type Context, isSpanContextValid, ROOT_CONTEXT, type SpanContext, trace } from "@opentelemetry/api";

const shape = /^([\da-f]{2})-([\da-f]{32})-([\da-f]{16})-([\da-f]{2})$/;

/** The root where the text is none, or an id in it is all zeros: a new trace begins there. */
export function contextOf(traceparent: string | undefined): Context {
  const [, version, traceId = "", spanId = "", flags = ""] = shape.exec(traceparent ?? "") ?? [];
  const parent: SpanContext = { traceId, spanId, traceFlags: Number.parseInt(flags, 16) & 1, isRemote: true };
  // ff is no version: https://www.w3.org/TR/trace-context/#version
  if (version === undefined || version === "ff" || !isSpanContextValid(parent)) return ROOT_CONTEXT;
  return trace.setSpanContext(ROOT_CONTEXT, parent);
}

export function traceparentOf({ traceId, spanId, traceFlags }: SpanContext): string {
  return `00-${traceId}-${spanId}-${traceFlags & 1 ? "01" : "00"}`;
}
