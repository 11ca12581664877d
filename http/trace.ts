/** The W3C trace context of a request, where it is a valid one. */
import type { Context } from "hono";

export function traceOf(c: Context): { traceparent?: string } {
  const traceparent = c.req.header("traceparent");
  return traceparent && /^[\da-f]{2}-[\da-f]{32}-[\da-f]{16}-[\da-f]{2}$/.test(traceparent) ? { traceparent } : {};
}
