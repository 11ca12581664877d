/** `fetch` for the chat libraries: the turn's abort reaches the server, a stuck one is noticed, and an HTTP error becomes our Failure before a library can print it. */
import type { Failure } from "../../core/failure.ts";

export interface Refusal {
  status: number;
  said: string;
}

export interface Wire {
  fetch: typeof fetch;
  /** What went wrong on the way, as our Failure; the libraries wrap what they catch. */
  failure(): Failure | undefined;
  /** The server's answer, where it was an error. */
  refusal(): Refusal | undefined;
  /** A word came: the stall clock starts anew. */
  alive(): void;
  end(): void;
}

/** The server's own words, short, in one line and without anything that could pass for ours. */
export async function saidBy(response: Response): Promise<string> {
  const text = await response.text().catch(() => "");
  let said = text;
  try {
    const body = JSON.parse(text) as { error?: string | { message?: string } };
    said = (typeof body.error === "string" ? body.error : body.error?.message) ?? text;
  } catch {
    // not JSON: a proxy's page
  }
  return said.replace(/\s+/g, " ").trim().slice(0, 200);
}

export function openWire(parts: {
  signal: AbortSignal;
  patience: number;
  /** Nobody there. */
  refused(cause: unknown): Failure;
  stuck(seconds: number): Failure;
  /** An answer other than 2xx. */
  rejected(status: number, said: string): Failure;
}): Wire {
  const stall = new AbortController();
  let failed: Failure | undefined;
  let refusal: Refusal | undefined;
  let timer: NodeJS.Timeout | undefined;
  const alive = () => {
    clearTimeout(timer);
    timer = setTimeout(() => {
      failed = parts.stuck(Math.round(parts.patience / 1000));
      stall.abort(failed);
    }, parts.patience);
  };
  const fail = (failure: Failure): never => {
    failed = failure;
    throw failure;
  };
  return {
    async fetch(input, init = {}) {
      alive();
      const signals = [parts.signal, stall.signal, ...(init.signal ? [init.signal] : [])];
      let response: Response;
      try {
        response = await fetch(input, { ...init, signal: AbortSignal.any(signals) });
      } catch (error) {
        if (parts.signal.aborted || stall.signal.aborted) throw error;
        // undici waits 300 s for the head of an answer, which a model sends with its first word: that is slow, not away
        const code = ((error as Error).cause as { code?: string } | undefined)?.code;
        return fail(code === "UND_ERR_HEADERS_TIMEOUT" ? parts.stuck(300) : parts.refused(error));
      }
      if (response.ok) return response;
      refusal = { status: response.status, said: await saidBy(response) };
      return fail(parts.rejected(refusal.status, refusal.said));
    },
    failure: () => failed,
    refusal: () => refusal,
    alive,
    end: () => clearTimeout(timer),
  };
}
