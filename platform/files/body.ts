/** What is being stored, as chunks with their count and digest: one meaning of "aborted" and "broken" for every adapter. */
import { createHash } from "node:crypto";
import type { Readable } from "node:stream";
import { Failure } from "../../core/failure.ts";
import type { StoredFile } from "../../core/ports/files.ts";

export interface Body {
  /** Throws the source's own error where it breaks, and the abort reason once aborted, even if the source never says another word. */
  chunks: AsyncIterable<Buffer>;
  throwIfAborted(): void;
  /** Rejects on abort; for racing against a call that cannot be aborted. */
  aborted: Promise<never>;
  /** Of the chunks read so far. */
  stored(): StoredFile;
  /** Lets go of source and signal. */
  release(): void;
}

function abortError(signal: AbortSignal): Error {
  return signal.reason instanceof Failure
    ? signal.reason
    : new Failure("canceled", "The file was not stored: it was canceled.", { cause: signal.reason });
}

const noop = () => undefined;

export function readBody(source: Readable | Uint8Array, signal: AbortSignal | undefined): Body {
  const hash = createHash("sha256");
  let bytes = 0;
  let fail: (error: Error) => void = noop;
  const aborted = new Promise<never>((_, reject) => {
    fail = reject;
  });
  aborted.catch(noop);
  const onAbort = () => {
    if (!signal) return;
    const error = abortError(signal);
    fail(error);
    if (!(source instanceof Uint8Array)) source.destroy(error);
  };
  // a source that breaks between two reads must not end the process
  if (!(source instanceof Uint8Array)) source.on("error", noop);
  signal?.addEventListener("abort", onAbort, { once: true });
  if (signal?.aborted) onAbort();

  async function* chunks(): AsyncGenerator<Buffer> {
    for await (const piece of source instanceof Uint8Array ? [source] : source) {
      if (signal?.aborted) throw abortError(signal);
      const chunk = typeof piece === "string" ? Buffer.from(piece) : Buffer.from(piece.buffer, piece.byteOffset, piece.byteLength);
      hash.update(chunk);
      bytes += chunk.length;
      yield chunk;
    }
  }

  return {
    chunks: chunks(),
    throwIfAborted() {
      if (signal?.aborted) throw abortError(signal);
    },
    aborted,
    stored: () => ({ bytes, sha256: hash.copy().digest("hex") }),
    release() {
      signal?.removeEventListener("abort", onAbort);
      if (!(source instanceof Uint8Array)) source.destroy();
    },
  };
}
