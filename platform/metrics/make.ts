/** Metrics in a registry of their own, and what keeps a label or a number from doing harm. */
import { Counter, Gauge, Histogram, Registry } from "prom-client";

export interface Makers {
  readonly registry: Registry;
  counter<L extends string>(name: string, help: string, labels: L[]): Counter<L>;
  /** Without labels it is absent until it is set. */
  gauge<L extends string>(name: string, help: string, labels: L[]): Gauge<L>;
  histogram<L extends string>(name: string, help: string, labels: L[], buckets: number[]): Histogram<L>;
}

export function createMakers(): Makers {
  const registry = new Registry();
  const registers = [registry];
  return {
    registry,
    counter: (name, help, labelNames) => new Counter({ name, help, labelNames, registers }),
    gauge(name, help, labelNames) {
      const made = new Gauge({ name, help, labelNames, registers });
      // prom-client would say 0, which is not known
      if (labelNames.length === 0) made.remove();
      return made;
    },
    histogram: (name, help, labelNames, buckets) => new Histogram({ name, help, labelNames, buckets, registers }),
  };
}

/** A label's value, of which there may be at most `limit` different ones; all others share `other`. A caller's mistake must not fill Prometheus. */
export function bounded(limit = 100): (value: string) => string {
  const known = new Set<string>();
  return (value) => {
    if (known.has(value)) return value;
    if (known.size >= limit) return "other";
    known.add(value);
    return value;
  };
}

/** Not a number, or below zero after a clock was set: counted as nothing rather than thrown. */
export const positive = (value: number): number => (Number.isFinite(value) && value > 0 ? value : 0);

/** Rejects where the work takes longer. */
export async function within<T>(milliseconds: number, work: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error("no answer")), milliseconds).unref();
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}
