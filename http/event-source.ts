/** Server-sent events as an async iterable that takes itself up again after a broken connection, a bounded number of times. */
import type { IncomingMessage } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";
import { createParser, type EventSourceMessage } from "eventsource-parser";
import { Failure, type FailureView } from "../core/failure.ts";
import { type Ask, ask, Disconnected, type Where } from "./connection.ts";

export interface Patience {
  /** Times in a row that a broken stream is taken up again without one event arriving. */
  tries: number;
  /** Milliseconds before the first of them; each later one waits twice as long, at most 3 s. */
  firstMs: number;
}

/** About 17 s in all: a server that is restarted is back by then. */
const defaultPatience: Patience = { tries: 8, firstMs: 200 };

/** A keep-alive comment comes every 15 s. */
const silenceMs = 60_000;
/** Characters of one event: a preview picture is the largest. */
const maxEvent = 32_000_000;

async function* messages(response: IncomingMessage): AsyncGenerator<EventSourceMessage> {
  const ready: EventSourceMessage[] = [];
  const parser = createParser({ onEvent: (event) => ready.push(event), maxBufferSize: maxEvent });
  response.setEncoding("utf8");
  for await (const chunk of response) {
    parser.feed(chunk as string);
    while (ready.length > 0) yield ready.shift() as EventSourceMessage;
  }
}

export interface SourceOptions {
  signal?: AbortSignal;
  patience?: Patience;
  /** What the next request is, given how often the stream was taken up again. */
  next(resumed: number): Ask;
  /** True for the event after which nothing comes. */
  isLast(event: EventSourceMessage): boolean;
  /** Called before events of a connection that takes the stream up again. */
  onResume?(): void;
}

/**
 * Ends after the last event, or silently with the signal; leaving early closes the connection. A server's `failure` event is thrown.
 * Where there is no server at the first try: Failure `not_running` at once. Later it is waited for.
 */
export async function* eventSource(where: Where, options: SourceOptions): AsyncGenerator<EventSourceMessage> {
  const { signal, patience = defaultPatience } = options;
  let resumed = 0;
  let failed = 0;
  for (;;) {
    let trouble: unknown;
    try {
      const asked = options.next(resumed);
      const response = await ask(where, {
        ...asked,
        silenceMs,
        headers: { accept: "text/event-stream", ...asked.headers },
        ...(signal ? { signal } : {}),
      });
      if (response.statusCode === 204) return void response.resume();
      if (resumed > 0) options.onResume?.();
      for await (const event of messages(response)) {
        if (signal?.aborted) return;
        failed = 0;
        if (event.event === "failure") throw serverFailure(event.data);
        yield event;
        if (options.isLast(event)) return;
      }
    } catch (error) {
      if (signal?.aborted) return;
      if (error instanceof Failure && !(error instanceof Disconnected)) throw error;
      if (error instanceof Disconnected && error.absent && resumed === 0) throw error;
      trouble = error;
    }
    if (signal?.aborted) return;
    resumed++;
    if (++failed > patience.tries) throw trouble instanceof Failure ? trouble : new Disconnected(false, where, trouble);
    await sleep(Math.min(patience.firstMs * 2 ** (failed - 1), 3000), undefined, signal ? { signal } : {}).catch(() => undefined);
  }
}

function serverFailure(data: string): Failure {
  const { code, message, retryable, fields, approval } = JSON.parse(data) as FailureView;
  return new Failure(code, message, { retryable, ...(fields ? { fields } : {}), ...(approval ? { approval } : {}) });
}
