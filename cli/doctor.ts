/** What was found, what was not, and the command that brings it: one table, at start-up and on demand. */
import type { StatusRow, StatusView } from "../core/client.ts";
import { plainLine } from "./plain.ts";

const marks: Record<StatusRow["state"], string> = { ok: "✓", absent: "–", down: "✗", info: "·" };

export function renderStatus(status: Pick<StatusView, "version" | "rows"> & Partial<StatusView>): string {
  const where = [
    status.pid ? `pid ${status.pid}` : "",
    status.url ? plainLine(status.url) : "",
    status.data ? plainLine(status.data, 400) : "",
  ];
  const head = `MySpinBot ${plainLine(status.version)}${where
    .filter(Boolean)
    .map((text) => ` · ${text}`)
    .join("")}`;
  const width = Math.max(0, ...status.rows.map((row) => [...plainLine(row.part, 30)].length));
  const lines = status.rows.flatMap((row) => {
    const part = plainLine(row.part, 30);
    const first = `  ${marks[row.state]} ${part}${" ".repeat(width - [...part].length)}  ${plainLine(row.what, 400)}`;
    return row.fix ? [first, `    ${" ".repeat(width)}  → ${plainLine(row.fix, 400)}`] : [first];
  });
  return `${[head, ...lines].join("\n")}\n`;
}

/** @returns the exit code: 1 where a part that should work does not. */
export function runDoctor(status: StatusView, stdout: { write(text: string): unknown }): number {
  stdout.write(renderStatus(status));
  return status.rows.some((row) => row.state === "down") ? 1 : 0;
}
