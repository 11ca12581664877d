/** The figures can be bad: failures, stale expectations and suites that broke off are counted. */
import { describe, expect, it } from "vitest";
import { applicable, expectedFailures } from "./applicable.ts";
import { rowOf } from "./row.ts";
import { type Check, type Scenario, troubleOf } from "./suites.ts";

const scenario = (name: string, ...checks: [string, Check["status"]][]): Scenario => ({
  name,
  checks: checks.map(([id, status]) => ({ id, status })),
});

describe("a suite's row", () => {
  const scenarios = [
    scenario("ping", ["pong", "SUCCESS"], ["late", "WARNING"]),
    scenario("tools-list", ["order", "FAILURE"], ["names", "SUCCESS"]),
  ];

  it("counts what failed, and names it", () => {
    const row = rowOf("s", scenarios, undefined, {});
    expect(row).toMatchObject({ passed: 2, failed: 1 });
    expect(row.lines).toEqual(["  FAILED tools-list/order", "  warning ping/late"]);
  });

  it("lets an expected failure be, with its reason, and not one that no longer fails", () => {
    const awaited = { "s: tools-list/order": "a known gap", "s: ping/pong": "an old one", "t: ping/pong": "of another suite" };
    const row = rowOf("s", scenarios, undefined, awaited);
    expect(row).toMatchObject({ passed: 2, failed: 1 });
    expect(row.lines).toEqual([
      "  FAILED to fail, take it out of applicable.ts: s: ping/pong",
      "  expected to fail: tools-list/order (a known gap)",
      "  warning ping/late",
    ]);
  });

  it("fails with a suite that broke off or counts otherwise", () => {
    const printed = (passed: number, failed: number) =>
      `=== SUMMARY ===\n✓ ping: 1 passed\n✗ tools-list: 1 passed\n\nTotal: ${passed} passed, ${failed} failed\n`;
    expect(troubleOf(printed(2, 1), scenarios, 1)).toBeUndefined();
    expect(troubleOf(printed(3, 1), scenarios, 1)).toMatch(/counts/);
    expect(troubleOf(printed(2, 1), [...scenarios, scenario("more")], 1)).toMatch(/ran 2 scenarios, 3 left files/);
    expect(troubleOf("SyntaxError: globSync", [], 1)).toMatch(/broke off \(1\): SyntaxError/);
    expect(rowOf("s", [], "it broke off", {})).toMatchObject({ passed: 0, failed: 1 });
  });

  it("of the product alone holds only what can be asked of it", () => {
    const { scenarios: kept, leftOut } = applicable([
      ...scenarios,
      scenario("tools-call-error", ["false-pass", "SUCCESS"]),
      scenario("server-stateless", ["sep-2575-missing-capability-http-400", "FAILURE"], ["own", "SUCCESS"]),
    ]);
    expect(kept.map(({ name, checks }) => `${name} ${checks.length}`)).toEqual(["ping 2", "tools-list 2", "server-stateless 1"]);
    expect([...leftOut.values()]).toEqual([2]);
  });

  it("expects no failure", () => {
    expect(expectedFailures).toEqual({});
  });
});
