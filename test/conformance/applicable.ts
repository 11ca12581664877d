/** What the suites can ask of the product alone: the rest calls tools, prompts and resources by names that only the fixtures have. */
import type { Scenario } from "./suites.ts";

/** Expected failures with the fixtures, `suite: scenario/check`, each with its reason. None. One that no longer fails is a failure: it must be taken out. */
export const expectedFailures: Readonly<Record<string, string>> = {};

const named = "asks by name for a tool, prompt or resource of the suite";

/** Whole scenarios; among them some that pass without what they test, and would be counted for nothing. */
const scenarios: readonly (readonly [RegExp, string])[] = [
  [/^tools-call-|^elicitation-|^json-schema-|^server-sse-polling$/, named],
  [/^resources-(read|templates|subscribe|unsubscribe)/, named],
  [/^prompts-get-|^completion-complete$/, named],
  [/^input-required-result-|^tasks-|^http-custom-header-/, named],
  [/^logging-set-level$/, "the product sends no log messages to clients, and so declares no logging"],
];

/** Single checks of scenarios that are asked of the product otherwise. */
const checks: Readonly<Record<string, string>> = {
  "sep-2575-server-rejects-undeclared-capability": named,
  "sep-2575-missing-capability-http-400": named,
  "sep-2575-http-server-no-independent-requests-on-stream": named,
  "sep-2575-server-no-log-without-loglevel": named,
  "sep-2549-resources-read-caching-hints": named,
};

/** What remains of a run without fixtures, and how many checks were left out, by reason. */
export function applicable(all: readonly Scenario[]): { scenarios: Scenario[]; leftOut: Map<string, number> } {
  const leftOut = new Map<string, number>();
  const leave = (reason: string, times: number) => leftOut.set(reason, (leftOut.get(reason) ?? 0) + times);
  const kept: Scenario[] = [];
  for (const scenario of all) {
    const [, reason] = scenarios.find(([pattern]) => pattern.test(scenario.name)) ?? [];
    if (reason) {
      leave(reason, scenario.checks.length);
      continue;
    }
    const own = scenario.checks.filter(({ id }) => checks[id] === undefined);
    for (const { id } of scenario.checks) if (checks[id]) leave(checks[id], 1);
    kept.push({ ...scenario, checks: own });
  }
  return { scenarios: kept, leftOut };
}
