/** One suite's line in the table, and what there is to say beside it. */
import { type Check, count, type Scenario } from "./suites.ts";

export interface Row {
  suite: string;
  passed: number;
  failed: number;
  lines: string[];
}

function described({ name }: Scenario, check: Check): string {
  return `${name}/${check.id}${check.errorMessage ? `: ${check.errorMessage.replaceAll(/\s+/g, " ").slice(0, 300)}` : ""}`;
}

/** Failures that nobody expects, and expectations that are no longer true, fail the run. */
export function rowOf(
  suite: string,
  scenarios: readonly Scenario[],
  trouble: string | undefined,
  awaited: Readonly<Record<string, string>>,
): Row {
  const of = (status: Check["status"]) =>
    scenarios.flatMap((scenario) => scenario.checks.filter((check) => check.status === status).map((check) => ({ scenario, check })));
  const failures = of("FAILURE");
  const keyOf = ({ scenario, check }: { scenario: Scenario; check: Check }) => `${suite}: ${scenario.name}/${check.id}`;
  const [expected, unexpected] = [failures.filter((one) => awaited[keyOf(one)]), failures.filter((one) => !awaited[keyOf(one)])];
  const stale = Object.keys(awaited).filter((key) => key.startsWith(`${suite}: `) && !expected.some((one) => keyOf(one) === key));
  return {
    suite,
    passed: count(scenarios, "SUCCESS"),
    failed: unexpected.length + stale.length + (trouble ? 1 : 0),
    lines: [
      ...(trouble ? [`  FAILED ${trouble}`] : []),
      ...unexpected.map(({ scenario, check }) => `  FAILED ${described(scenario, check)}`),
      ...stale.map((key) => `  FAILED to fail, take it out of applicable.ts: ${key}`),
      ...expected.map((one) => `  expected to fail: ${described(one.scenario, one.check)} (${awaited[keyOf(one)]})`),
      ...of("WARNING").map(({ scenario, check }) => `  warning ${described(scenario, check)}`),
      ...of("SKIPPED").map(({ scenario, check }) => `  not tested by the suite: ${described(scenario, check)}`),
    ],
  };
}
