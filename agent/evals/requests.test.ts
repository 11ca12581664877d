/** The request set through whole turns on the rule planner: right tool and arguments, and nothing at all where nothing may be. */
import { describe, expect, it } from "vitest";
import { type Entry, requests, runSet, unseen } from "../testing/evals.ts";

async function score(name: string, entries: readonly Entry[]) {
  const results = await runSet(entries);
  const wrong = results.filter((result) => !result.right);
  const quiet = results.filter((result) => result.entry.calls.length === 0);
  const rate = (results.length - wrong.length) / results.length;
  const lines = wrong.map(({ entry, got }) => `  ${entry.text} -> ${JSON.stringify(got)}`).join("\n");
  process.stdout.write(
    `${name}: ${results.length - wrong.length} of ${results.length} right (${(rate * 100).toFixed(1)} %), ` +
      `${quiet.filter((result) => !result.falseSubmission).length} of ${quiet.length} rightly nothing\n${lines}${lines ? "\n" : ""}`,
  );
  const asked = results.filter((result) => result.entry.calls.length > 0);
  return {
    rate,
    asked: asked.filter((result) => result.right).length / asked.length,
    quiet: quiet.length,
    false: results.filter((result) => result.falseSubmission).map(({ entry }) => entry.text),
  };
}

describe("the rule planner", () => {
  it("is measured on as many requests as were promised", () => {
    const all = [...requests.main, ...requests.heldout];
    expect(all.length).toBeGreaterThanOrEqual(80);
    expect(all.filter(({ calls }) => calls.length === 0).length).toBeGreaterThanOrEqual(20);
    expect(new Set(all.map(({ lang }) => lang ?? "en"))).toEqual(new Set(["en", "de", "es"]));
  });
  it.each([
    ["main", requests.main],
    ["held out", requests.heldout],
    ["unseen", [...unseen.main, ...unseen.quiet]],
  ] as const)("%s: at least 90 % right and no false submission", async (name, entries) => {
    const result = await score(name, entries);
    expect(result.false).toEqual([]);
    expect(result.quiet).toBeGreaterThan(0);
    expect(result.rate).toBeGreaterThanOrEqual(0.9);
    expect(result.asked).toBeGreaterThanOrEqual(0.9);
  });
});
