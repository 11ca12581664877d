/** Iteration that ends when a signal does, even where the source does not listen to it. */

/** Ends quietly on abort; the source is told, not waited for. */
export async function* untilAborted<T>(source: AsyncIterable<T>, signal: AbortSignal | undefined): AsyncIterable<T> {
  const iterator = source[Symbol.asyncIterator]();
  let stop: (() => void) | undefined;
  const aborted = new Promise<"aborted">((resolve) => {
    stop = () => resolve("aborted");
    if (signal?.aborted) stop();
    else signal?.addEventListener("abort", stop, { once: true });
  });
  try {
    for (;;) {
      const step = iterator.next();
      // a rejection that comes after we have left is nobody's business any more
      step.catch(() => undefined);
      const next = await Promise.race([aborted, step]);
      if (next === "aborted" || next.done) return;
      yield next.value;
    }
  } finally {
    if (stop) signal?.removeEventListener("abort", stop);
    iterator.return?.()?.catch(() => undefined);
  }
}
