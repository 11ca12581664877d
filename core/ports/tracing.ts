/** What a request went through, as spans; OpenTelemetry is the adapter. Parents are named, as W3C `traceparent` texts, because a job outlives its request and its process. No call throws or waits. */
import { toFailure } from "../failure.ts";
import type { Stage } from "../job.ts";

/** Few, so that they can be searched for: what differs is in the attributes. */
export type SpanName =
  | "chat"
  | "plan"
  | "answer"
  | "submit"
  | "queue wait"
  | "attempt"
  | "making room"
  | "loading model"
  | Exclude<Stage, "making_room" | "loading" | "lip_sync">
  | "lip sync"
  | "publish"
  | "delivery";

/** Ids, names of ours and numbers; never what a person wrote, a file's name, a path or a secret. What is undefined is left out. */
export type Attributes = Readonly<Record<string, string | number | boolean | undefined>>;

export interface SpanOptions {
  /** Of the span that this one is a part of, or the request's. One that is none begins a new trace; an unsampled one is not recorded. */
  parent?: string | undefined;
  attributes?: Attributes;
}

export interface Span {
  /** For what is caused by it. Where no traces are made: that of its parent, as it came. */
  readonly traceparent: string | undefined;
  set(attributes: Attributes): void;
  /** Counts once. @param failed code of a Failure. */
  end(failed?: string): void;
}

export interface Recorded extends SpanOptions {
  /** Milliseconds since 1970. */
  from: number;
  to: number;
  failed?: string | undefined;
}

export interface Tracing {
  /** False where none are made: what costs something to find out need not be looked up. */
  readonly on: boolean;
  begin(name: SpanName, options?: SpanOptions): Span;
  /** A span that is over by now. */
  record(name: SpanName, recorded: Recorded): void;
}

/** Makes none: a trace that came with a request is passed on as it is. */
export const noTracing: Tracing = {
  on: false,
  begin: (_name, { parent } = {}) => ({ traceparent: parent, set() {}, end() {} }),
  record() {},
};

/** The work as one span, which fails with the code of what it throws. */
export async function within<T>(tracing: Tracing, name: SpanName, options: SpanOptions, work: (span: Span) => Promise<T>): Promise<T> {
  const span = tracing.begin(name, options);
  try {
    return await work(span);
  } catch (error) {
    const { code, approval } = toFailure(error);
    // a question to a person is an answer, and no error
    if (approval) span.set({ "myspinbot.asked": code });
    else span.end(code);
    throw error;
  } finally {
    span.end();
  }
}
