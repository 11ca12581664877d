/** Medians, tables and goals: what every benchmark prints. */

export function quantile(values: readonly number[], part: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  const at = (sorted.length - 1) * part;
  const [low = Number.NaN, high = low] = [sorted[Math.floor(at)], sorted[Math.ceil(at)]];
  return low + (high - low) * (at - Math.floor(at));
}

export const median = (values: readonly number[]): number => quantile(values, 0.5);

export const show = (value: number): string =>
  Number.isFinite(value) ? value.toFixed(Math.abs(value) < 10 ? 2 : Math.abs(value) < 100 ? 1 : 0) : "–";

/** @param rows one a measurement: name, then its rounds; the table adds the median and the 95th percentile. */
export function table(unit: string, rows: readonly (readonly [string, readonly number[]])[]): string {
  const lines = rows.map(([name, values]) => [
    name,
    show(median(values)),
    show(quantile(values, 0.95)),
    `${values.length}`,
    values.slice(0, 12).map(show).join(" "),
  ]);
  const all = [[unit, "p50", "p95", "n", "raw, in order (first 12)"], ...lines];
  const widths = [0, 1, 2, 3].map((column) => Math.max(...all.map((line) => line[column]?.length ?? 0)));
  return all
    .map((line) =>
      line
        .map((cell, column) => (column === 0 ? cell.padEnd(widths[0] ?? 0) : column < 4 ? cell.padStart(widths[column] ?? 0) : cell))
        .join("  "),
    )
    .join("\n");
}

export interface Report {
  /** For trying something out: fewer rounds, wider scatter. */
  readonly short: boolean;
  say(text: string): void;
  /** A number with its goal; a missed one is told, never an error: machines are loaded. */
  goal(what: string, value: number, limit: "at most" | "at least", goal: number, unit?: string): void;
}

export function createReport({ short = false }: { short?: boolean } = {}): Report {
  const say = (text: string) => void process.stdout.write(`${text}\n`);
  return {
    short,
    say,
    goal(what, value, limit, goal, unit = "") {
      const met = limit === "at most" ? value <= goal : value >= goal;
      say(`→ ${what}: ${show(value)}${unit} (goal: ${limit} ${goal}${unit}) ${met ? "met" : "MISSED"}`);
    },
  };
}
