/** How often something may be tried, counted in this process in fixed spans of time. */
export interface Rate {
  /** False when it was tried too often. */
  take(name: string): boolean;
}

/** Names that are remembered at once; beyond that the span begins anew for all. */
const mostNames = 10_000;

export function createRate({ times, spanMs, now = Date.now }: { times: number; spanMs: number; now?: () => number }): Rate {
  let since = now();
  const counts = new Map<string, number>();
  return {
    take(name) {
      if (now() - since >= spanMs || counts.size >= mostNames) {
        since = now();
        counts.clear();
      }
      const count = (counts.get(name) ?? 0) + 1;
      counts.set(name, count);
      return count <= times;
    },
  };
}
