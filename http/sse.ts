/** Server-sent events from an async iterable: with backpressure, keep-alive comments, and an end when the reader or the server goes. */
import type { Context } from "hono";
import { type Failure, toFailure } from "../core/failure.ts";
import type { Log } from "../core/log.ts";
import type { Env } from "./env.ts";
import { unauthorized } from "./unauthorized.ts";

export interface ServerEvent {
  event: string;
  data: unknown;
  id?: number;
}

const keepAliveMs = 15_000;

/** One for all: making one costs more than many a request. */
const ended = new DOMException("The request has ended.", "AbortError");

/** A signal for the work of one request: fires when the client is gone or the server is about to end. */
export function requestSignal(c: Context<Env>): { signal: AbortSignal; release(): void } {
  const controller = new AbortController();
  const sources = [c.req.raw.signal, ...(c.env?.closing ? [c.env.closing] : [])];
  const stop = () => controller.abort(ended);
  // by hand: AbortSignal.any keeps every request in the memory of the server's own long-lived signal
  for (const source of sources) {
    if (source.aborted) stop();
    else source.addEventListener("abort", stop);
  }
  return {
    signal: controller.signal,
    release() {
      for (const source of sources) source.removeEventListener("abort", stop);
      stop();
    },
  };
}

const headers = {
  "content-type": "text/event-stream",
  "cache-control": "no-store",
  // nginx would keep the events back
  "x-accel-buffering": "no",
  "x-content-type-options": "nosniff",
};

function frame({ event, data, id }: ServerEvent): string {
  return `event: ${event}\n${id === undefined ? "" : `id: ${id}\n`}data: ${JSON.stringify(data)}\n\n`;
}

/** What `source` throws is sent as a last event `failure`. */
export function eventStream(
  c: Context<Env>,
  log: Log,
  source: (signal: AbortSignal) => AsyncIterable<ServerEvent>,
  silence = keepAliveMs,
): Response {
  const failure = (error: Failure) => frame({ event: "failure", data: error.view() });
  return frameStream(c, log, source, { frame, failure, first: "retry: 1000\n\n", silence });
}

export interface Frames<T> {
  frame(item: T): string;
  /** What a reader is told of an error in mid-stream. */
  failure(failure: Failure): string;
  /** Sent before anything is known. */
  first: string;
  /** Milliseconds between keep-alive comments. */
  silence?: number;
}

/** The same for any dialect of server-sent events. */
export function frameStream<T>(
  c: Context<Env>,
  log: Log,
  source: (signal: AbortSignal) => AsyncIterable<T>,
  { frame, failure, first, silence = keepAliveMs }: Frames<T>,
): Response {
  // nobody would read, and so end, what is begun for a HEAD
  if (c.req.method === "HEAD") return new Response(null, { headers });
  const encoder = new TextEncoder();
  const { signal, release } = requestSignal(c);
  const still = c.get("still");
  const events = source(signal)[Symbol.asyncIterator]();
  let timer: NodeJS.Timeout | undefined;
  let over = false;
  const finish = (): void => {
    over = true;
    clearInterval(timer);
    release();
    events.return?.().catch(() => undefined);
  };
  const body = new ReadableStream<Uint8Array>({
    start(controller) {
      controller.enqueue(encoder.encode(first));
      const end = (): void => {
        if (over) return;
        finish();
        controller.close();
      };
      const refuse = (allowed: boolean): void => {
        if (allowed || over) return;
        controller.enqueue(encoder.encode(failure(unauthorized("The access key was revoked, or the token has ended. Its jobs go on."))));
        end();
      };
      timer = setInterval(() => {
        if (!over && (controller.desiredSize ?? 0) > 0) controller.enqueue(encoder.encode(": keep-alive\n\n"));
        // a database that is away takes nobody's key back
        still?.().then(refuse, () => undefined);
      }, silence);
      signal.addEventListener("abort", end, { once: true });
      if (signal.aborted) end();
    },
    async pull(controller) {
      try {
        const { done, value } = await events.next();
        if (over) return;
        if (!done) return controller.enqueue(encoder.encode(frame(value)));
      } catch (error) {
        if (over) return;
        const cause = toFailure(error);
        if (cause.code === "internal") log.error({ err: error }, "a stream broke off");
        controller.enqueue(encoder.encode(failure(cause)));
      }
      finish();
      controller.close();
    },
    cancel: finish,
  });
  return new Response(body, { headers });
}
