/** What clients were told, one JSON object a line: the auditor holds the database and the store against it. */
import { appendFileSync, readFileSync } from "node:fs";

export type Told =
  /** Before the first request with this key was sent: there may be one job of it, or none. */
  | { told: "asked"; principal: string; tool: string; key: string; files?: number }
  | { told: "accepted"; principal: string; tool: string; key: string; job: string }
  /** Answer to a cancel; `succeeded` and `failed` where it came too late. */
  | { told: "canceled"; principal: string; job: string; state: string }
  /** Before the first request: from now on it may run again. */
  | { told: "retried"; principal: string; job: string }
  | { told: "ended"; principal: string; job: string; state: string; artifacts: string[] }
  | { told: "uploaded"; principal: string; artifact: string; sha256: string };

export interface Ledger {
  readonly path: string;
  write(line: Told): void;
}

export function openLedger(path: string): Ledger {
  return {
    path,
    // at once: it has to outlive this process
    write: (line) => appendFileSync(path, `${JSON.stringify(line)}\n`),
  };
}

export function readLedger(path: string): Told[] {
  return readFileSync(path, "utf8")
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line) as Told);
}
