/** "Did you mean": the known word closest to a mistyped one. */

function distance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const swap = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(swap, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1));
    }
    row = next;
  }
  return row[b.length] ?? 0;
}

/** Known words by edit distance, nearest first. */
export function byNearness(word: string, known: readonly string[]): string[] {
  const lower = word.toLowerCase().slice(0, 200);
  return [...known]
    .map((candidate) => ({ candidate, cost: distance(lower, candidate.toLowerCase().slice(0, 200)) }))
    .sort((a, b) => a.cost - b.cost)
    .map((entry) => entry.candidate);
}

/** The nearest known word, where it is near enough to be meant. */
export function nearest(word: string, known: readonly string[]): string | undefined {
  const first = byNearness(word, known)[0];
  return first && distance(word.toLowerCase().slice(0, 200), first.toLowerCase()) <= Math.max(1, Math.floor(first.length / 3))
    ? first
    : undefined;
}
