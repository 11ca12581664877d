/** Other programs, asked without a shell: what they print, or that they are not there. Given to everything that looks, so that tests can answer for them. */
import { execFile } from "node:child_process";

export interface Said {
  /** Exit code; undefined where there is no such program, or it did not end in time. */
  code: number | undefined;
  stdout: string;
  stderr: string;
}

export type Run = (command: string, args: readonly string[]) => Promise<Said>;

/** Milliseconds; a daemon that hangs must not hang the check. */
const patience = 15_000;

export const run: Run = (command, args) =>
  new Promise((resolve) => {
    const options = { timeout: patience, maxBuffer: 16e6, env: { ...process.env, LC_ALL: "C" } };
    execFile(command, [...args], options, (error, stdout, stderr) => {
      const code = error === null ? 0 : typeof error.code === "number" ? error.code : undefined;
      resolve({ code, stdout, stderr });
    });
  });

/** The first line that says something. */
export const firstLine = (text: string): string =>
  text
    .split("\n")
    .find((line) => line.trim())
    ?.trim() ?? "";

/** One JSON value, or undefined. */
export function json(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
