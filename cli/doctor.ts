/** What was found, what was not, and the command that brings it: one table, at start-up and on demand. */
import type { StatusRow, StatusView } from "../core/client.ts";
import { Failure } from "../core/failure.ts";
import { inContainer, shown } from "./diagnose/container.ts";
import { checkServer } from "./diagnose/studio.ts";
import { plainLine } from "./plain.ts";

const marks: Record<StatusRow["state"], string> = { ok: "✓", absent: "–", down: "✗", info: "·" };

export function renderRows(rows: readonly StatusRow[]): string {
  const width = Math.max(0, ...rows.map((row) => [...plainLine(row.part, 30)].length));
  const lines = rows.flatMap((row) => {
    const part = plainLine(row.part, 30);
    const first = `  ${marks[row.state]} ${part}${" ".repeat(width - [...part].length)}  ${plainLine(row.what, 400)}`;
    return row.fix ? [first, `    ${" ".repeat(width)}  → ${plainLine(row.fix, 600)}`] : [first];
  });
  return lines.map((line) => `${line}\n`).join("");
}

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
  return `${head}\n${renderRows(status.rows)}`;
}

const urgency: readonly StatusRow["state"][] = ["down", "absent", "info", "ok"];

/** What is wrong comes first. */
export function byUrgency(rows: readonly StatusRow[]): StatusRow[] {
  return [...rows].sort((a, b) => urgency.indexOf(a.state) - urgency.indexOf(b.state));
}

/** @returns the exit code: 1 where a part that should work does not. */
export function runDoctor(status: StatusView, stdout: { write(text: string): unknown }): number {
  const rows = byUrgency(status.rows);
  stdout.write(renderStatus({ ...status, rows }));
  return rows.some((row) => row.state === "down") ? 1 : 0;
}

/** The studio from outside, as Open WebUI meets it. @returns the exit code, as above. */
export async function doctorServer(
  { url, ...asked }: { url: string; key?: string; userSecret?: string; version: string },
  stdout: { write(text: string): unknown },
): Promise<number> {
  if (!URL.canParse(url) || !/^https?:$/.test(new URL(url).protocol))
    throw new Failure("invalid_input", "--url is the address of the studio, such as http://127.0.0.1:4417");
  const rows = byUrgency(await checkServer({ address: url, setting: "--url", container: inContainer(), ...asked }));
  stdout.write(`MySpinBot at ${plainLine(shown(url))}\n${renderRows(rows)}`);
  return rows.some((row) => row.state === "down") ? 1 : 0;
}
