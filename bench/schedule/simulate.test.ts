/** The policy that runs in production, through three days: it may not rot. `npm run bench -- schedule` does twenty. */
import { describe, expect, it } from "vitest";
import { defaultPolicy } from "../../core/schedule.ts";
import { goals, type Ratio, scoreOf } from "./score.ts";
import { simulate } from "./simulate.ts";
import { dayOf } from "./trace.ts";

describe("a simulated day on one card", () => {
  it.each([1, 2, 3])("seed %i meets every goal against first come, first served", (seed) => {
    const score = scoreOf(seed);
    for (const [name, goal] of Object.entries(goals)) expect(score[name as Ratio], name).toBeLessThanOrEqual(goal);
    expect(score.jobs).toBeGreaterThan(800);
  });

  it("is the same day for the same seed, and another for another", () => {
    expect(dayOf(7)).toEqual(dayOf(7));
    expect(dayOf(7)).not.toEqual(dayOf(8));
    expect(simulate(dayOf(7), defaultPolicy)).toEqual(simulate(dayOf(7), defaultPolicy));
  });

  it("does all the work that was asked for, one thing at a time, and a training that gave way goes on where it stopped", () => {
    const arrivals = dayOf(1);
    const { ended, stretches, parked } = simulate(arrivals, defaultPolicy);
    expect(ended.map((job) => job.id).sort((a, b) => a - b)).toEqual(arrivals.map((job) => job.id));
    const worked = stretches.filter((stretch) => !stretch.loading).reduce((sum, { from, to }) => sum + to - from, 0);
    expect(worked).toBeCloseTo(
      arrivals.reduce((sum, job) => sum + job.run, 0),
      3,
    );
    expect(stretches.every((stretch, index) => index === 0 || stretch.from >= (stretches[index - 1]?.to ?? 0))).toBe(true);
    expect(parked).toBeGreaterThan(0);
  });
});
