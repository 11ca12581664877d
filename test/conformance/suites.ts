/** The pinned suites, one run of each, and what it said check by check. */
import { existsSync } from "node:fs";
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { command, root } from "../harness/product.ts";

export interface Suite {
  name: string;
  /** The suite's program. */
  program: string;
  args: readonly string[];
}

const program = (name: string) => join(root, "node_modules", name, "dist", "index.js");
const [current, next] = [program("@modelcontextprotocol/conformance"), program("conformance-next")];

export const suites: readonly Suite[] = [
  { name: "0.1.16 all", program: current, args: ["--suite", "all"] },
  { name: "0.2.0-alpha.12 2025-11-25", program: next, args: ["--requirements", "2025-11-25"] },
  { name: "0.2.0-alpha.12 2026-07-28", program: next, args: ["--requirements", "2026-07-28"] },
];

export interface Check {
  id: string;
  status: "SUCCESS" | "FAILURE" | "WARNING" | "SKIPPED" | "INFO";
  errorMessage?: string;
}

export interface Scenario {
  name: string;
  checks: Check[];
}

export interface Outcome {
  scenarios: Scenario[];
  /** What keeps the figures from being believed: the suite broke off, or counts otherwise than we do. */
  trouble?: string;
  seconds: number;
}

const patienceMs = 180_000;

/** Each scenario's folder is named after it and the time. */
async function readScenarios(folder: string): Promise<Scenario[]> {
  const names = existsSync(folder) ? await readdir(folder) : [];
  return Promise.all(
    names.map(async (entry) => ({
      name: entry.replace(/^server-/, "").replace(/-\d{4}-\d\d-\d\dT[\d-]+Z$/, ""),
      checks: JSON.parse(await readFile(join(folder, entry, "checks.json"), "utf8")) as Check[],
    })),
  );
}

export const count = (scenarios: readonly Scenario[], status: Check["status"]): number =>
  scenarios.flatMap(({ checks }) => checks).filter((check) => check.status === status).length;

/** What the suite itself printed must be what its files say. */
export function troubleOf(printed: string, scenarios: readonly Scenario[], code: unknown): string | undefined {
  const announced = printed.match(/^[✓✗] /gm)?.length ?? 0;
  const [, passed, failed] = /^Total: (\d+) passed, (\d+) failed/m.exec(printed) ?? [];
  if (passed === undefined) return `the suite broke off (${String(code)}): ${printed.slice(-500)}`;
  const [ours, theirs] = [
    [count(scenarios, "SUCCESS"), count(scenarios, "FAILURE")],
    [Number(passed), Number(failed)],
  ];
  if (ours.join() !== theirs.join()) return `the suite counts ${theirs.join(" passed, ")} failed, its files say ${ours.join(" and ")}`;
  if (announced === 0 || announced !== scenarios.length) return `the suite ran ${announced} scenarios, ${scenarios.length} left files`;
  return undefined;
}

/** @param url of `/mcp`, @param folder for the suite's own files. */
export async function runSuite(suite: Suite, url: string, folder: string): Promise<Outcome> {
  const began = performance.now();
  const shim = join(import.meta.dirname, "globsync.mjs");
  const run = command(process.execPath, ["--import", shim, suite.program, "server", "--url", url, ...suite.args, "-o", folder], {
    cwd: root,
    env: { PATH: process.env["PATH"] ?? "", NO_COLOR: "1" },
  });
  const timer = setTimeout(() => run.child.kill("SIGKILL"), patienceMs);
  const code = await run.ended.finally(() => clearTimeout(timer));
  const scenarios = await readScenarios(folder);
  const trouble = troubleOf(run.stdout, scenarios, code);
  return { scenarios, ...(trouble ? { trouble } : {}), seconds: Math.round((performance.now() - began) / 1000) };
}
