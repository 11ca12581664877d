/** Which tool was seen to work with which engine, and by which way in. */
import type { Checks } from "../harness/checks.ts";

export type Way = "chat" | "MCP form" | "MCP page" | "HTTP";

export interface Table {
  add(tool: string, engine: string, way: Way, seen: string): void;
}

const rows: [tool: string, engine: string, way: Way, seen: string][] = [];

/** One table of all houses. */
export function createTable({ note }: Pick<Checks, "note">): Table {
  return {
    add(tool, engine, way, seen) {
      rows.push([tool, engine, way, seen]);
      note(`${tool} by ${engine}, ${way}: ${seen}`);
    },
  };
}

export function tableText(): string {
  const all = [["tool", "engine", "way", "seen"], ...rows];
  const widths = [0, 1, 2].map((column) => Math.max(...all.map((row) => (row[column] ?? "").length)));
  return all.map((row) => row.map((text, at) => text.padEnd(widths[at] ?? 0)).join(" | ")).join("\n");
}

/** Tools that were not seen by one of the three ways in, as `tool way`. */
export function missing(tools: readonly string[]): string[] {
  const seen = new Set(rows.map(([tool, , way]) => `${tool} ${way.split(" ")[0]}`));
  return tools.flatMap((tool) => ["chat", "MCP", "HTTP"].map((way) => `${tool} ${way}`)).filter((name) => !seen.has(name));
}
