/** Bodies that come over a long time: chunks with a limit to their silence, and lines of text. */
import { Unreachable } from "./http.ts";

/** The chunks of a body; Unreachable where it breaks off or is silent for `ms`. */
export async function* steady(response: Response, ms: number, signal: AbortSignal): AsyncGenerator<Uint8Array> {
  const reader = (response.body as ReadableStream<Uint8Array> | null)?.getReader();
  if (!reader) return;
  try {
    for (;;) {
      const { done, value } = await within(reader.read(), ms);
      if (done) return;
      yield value;
    }
  } catch (error) {
    if (signal.aborted) throw signal.reason;
    throw error instanceof Unreachable ? error : new Unreachable(error);
  } finally {
    await reader.cancel().catch(() => undefined);
  }
}

async function within<T>(work: Promise<T>, ms: number): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const silent = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new Unreachable(new Error(`nothing came for ${ms} ms`))), ms);
  });
  try {
    return await Promise.race([work, silent]);
  } finally {
    clearTimeout(timer);
    // the loser of a race must not be an unhandled rejection
    work.catch(() => undefined);
  }
}

/** No line of gpu-host is longer; one that is comes from another program. */
const longest = 1_000_000;

/** Whole lines; a last one that was torn off is left out. */
export async function* lines(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<string> {
  const decoder = new TextDecoder();
  let rest = "";
  for await (const chunk of chunks) {
    const parts = (rest + decoder.decode(chunk, { stream: true })).split("\n");
    rest = parts.pop() ?? "";
    if (rest.length > longest) throw new Unreachable(new Error("a line without an end"));
    yield* parts;
  }
}
