/** Mulberry32: the same seed gives the same numbers in [0, 1), so that what was found can be looked for again. */
export function random(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

export const pick = <T>(items: readonly T[], next: () => number): T => {
  const found = items[Math.floor(next() * items.length)];
  if (found === undefined) throw new Error("nothing to pick from");
  return found;
};

export function shuffled<T>(items: readonly T[], next: () => number): T[] {
  const left = [...items];
  for (let at = left.length - 1; at > 0; at--) {
    const other = Math.floor(next() * (at + 1));
    [left[at], left[other]] = [left[other] as T, left[at] as T];
  }
  return left;
}
