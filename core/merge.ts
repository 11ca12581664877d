/** Several streams as one, in the order of arrival. */

/** Pulls from each source only while the reader pulls, so that a slow reader slows the sources. The first error ends the merge. */
export async function* merge<T>(sources: readonly AsyncIterable<T>[]): AsyncGenerator<T> {
  type Arrival = { from: AsyncIterator<T>; result: IteratorResult<T> };
  const waiting = new Map<AsyncIterator<T>, Promise<Arrival>>();
  const pull = (from: AsyncIterator<T>): void => {
    waiting.set(
      from,
      from.next().then((result) => ({ from, result })),
    );
  };
  for (const source of sources) pull(source[Symbol.asyncIterator]());
  try {
    while (waiting.size > 0) {
      const { from, result } = await Promise.race(waiting.values());
      waiting.delete(from);
      if (result.done) continue;
      yield result.value;
      // put at the end, so that a busy source cannot starve a quiet one
      pull(from);
    }
  } finally {
    // not awaited: a source that waits for something answers only when that comes
    for (const [from, arrival] of waiting) {
      arrival.catch(() => undefined);
      from.return?.().catch(() => undefined);
    }
  }
}
