/** Percentiles of what is measured frame by frame. */

/** @param share 0 to 1. NaN for nothing. */
export function percentile(values: ArrayLike<number>, share: number): number {
  const sorted = Float64Array.from(values).sort();
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
}

export const median = (values: ArrayLike<number>): number => percentile(values, 0.5);

/** Mean of powers, in dB. @param levels dB. */
export function meanLevel(levels: readonly number[]): number {
  if (levels.length === 0) return -100;
  return 10 * Math.log10(levels.reduce((sum, level) => sum + 10 ** (level / 10), 0) / levels.length);
}
