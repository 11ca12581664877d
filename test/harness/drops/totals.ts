/** What the runs of each kind came to, as the closing table. */
import type { Found } from "./check.ts";
import type { Story } from "./story.ts";

interface Total {
  runs: number;
  late: number;
  again: number;
  found: number;
  results: Found[];
  wrong: string[];
}

export interface Totals {
  /** @param story undefined where it broke off before its end. */
  add(kind: string, story: Story | undefined, found: Found | undefined, wrong: readonly string[]): void;
  readonly accepted: number;
  readonly wrong: string[];
  table(): string;
}

const head = [
  ...["connection lost", "runs cut", "came too late", "calls again", "found made", "accepted", "ended once"],
  ...["doubled", "lost", "fetched anew", "violations"],
];

export function createTotals(kinds: readonly string[]): Totals {
  const totals = new Map(kinds.map((kind): [string, Total] => [kind, { runs: 0, late: 0, again: 0, found: 0, results: [], wrong: [] }]));
  const all = () => [...totals.values()];

  const line = (name: string, parts: readonly Total[]): string[] => {
    const results = parts.flatMap((part) => part.results);
    const sum = (field: "runs" | "late" | "again" | "found") => `${parts.reduce((total, part) => total + part[field], 0)}`;
    const of = (field: Exclude<keyof Found, "wrong">) => `${results.reduce((total, one) => total + one[field], 0)}`;
    return [
      ...[name, sum("runs"), sum("late"), sum("again"), sum("found"), of("accepted"), of("ended"), of("doubled"), of("lost")],
      ...[`${of("fetched")}/${of("newcomers")}`, `${parts.reduce((total, part) => total + part.wrong.length, 0)}`],
    ];
  };
  return {
    add(kind, story, found, wrong) {
      const total = totals.get(kind);
      if (!total) throw new Error(`there is no kind ${kind}`);
      if (story?.cut || wrong.length > 0) total.runs += 1;
      else total.late += 1;
      total.again += story?.again ?? 0;
      total.found += story?.found ?? 0;
      if (found) total.results.push(found);
      total.wrong.push(...wrong);
    },
    get accepted() {
      return all().reduce((sum, { results }) => sum + results.reduce((jobs, { accepted }) => jobs + accepted, 0), 0);
    },
    get wrong() {
      return all().flatMap(({ wrong }) => wrong);
    },
    table() {
      const lines = [head, ...kinds.map((kind) => line(kind, [totals.get(kind) as Total])), line("all", all())];
      const widths = head.map((_, column) => Math.max(...lines.map((cells) => (cells[column] ?? "").length)));
      return lines
        .map((cells) => cells.map((text, at) => (at ? text.padStart(widths[at] ?? 0) : text.padEnd(widths[0] ?? 0))).join("  "))
        .join("\n");
    },
  };
}
