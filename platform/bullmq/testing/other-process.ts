/** A worker in a process of its own, which a test may kill or stop. */
import { type ChildProcess, spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { until } from "./help.ts";

export interface OtherProcess {
  readonly process: ChildProcess;
  readonly lines: string[];
  heard(line: string): Promise<void>;
  kill(signal: NodeJS.Signals): void;
}

export function startOther(order: object): OtherProcess {
  const file = fileURLToPath(new URL("./other-main.ts", import.meta.url));
  const child = spawn(process.execPath, ["--import", "tsx", file, JSON.stringify(order)], { stdio: ["ignore", "pipe", "inherit"] });
  const lines: string[] = [];
  createInterface({ input: child.stdout }).on("line", (line) => lines.push(line));
  return {
    process: child,
    lines,
    heard: (line) => until(`the other process says "${line}", it said ${lines}`, () => lines.includes(line)),
    kill: (signal) => void child.kill(signal),
  };
}
