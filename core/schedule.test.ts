/** Which family goes next: bounded runs of the warm one, nobody starved, and the same answer for the same state. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { defaultPolicy, mayGiveWay, nextFamily, type SchedulePolicy, trainingOffset, type Waiting } from "./schedule.ts";

const policy: SchedulePolicy = {
  mode: "warm",
  maxWait: 1000,
  maxTrainingWait: 15_000,
  minHold: 500,
  giveWayAfter: 100,
  giveWayEvery: 2000,
  giveWayUntil: 0.9,
};
const waits = (family: string, firstQueuedAt: number, bestPriority = 1, jobs = 1): Waiting => ({
  family,
  jobs,
  bestPriority,
  firstQueuedAt,
});
const warm = (family: string, since = 0) => ({ family, since });

describe("nextFamily", () => {
  it("keeps the warm family open where nothing waits, and none where none was", () => {
    expect(nextFamily([], warm("sdxl"), 0, policy)).toBe("sdxl");
    expect(nextFamily([], undefined, 0, policy)).toBeUndefined();
  });

  it("stays with the warm family, although another one waits longer", () => {
    expect(nextFamily([waits("sdxl", 500), waits("sd15", 100)], warm("sdxl"), 600, policy)).toBe("sdxl");
  });

  it("gives way when its work is done, and when another one has waited long enough and it has had its turn", () => {
    expect(nextFamily([waits("sd15", 510)], warm("sdxl"), 600, policy)).toBe("sd15");
    expect(nextFamily([waits("sdxl", 500), waits("sd15", 100)], warm("sdxl"), 1200, policy)).toBe("sd15");
    expect(nextFamily([waits("sdxl", 500), waits("sd15", 100)], warm("sdxl", 800), 1200, policy)).toBe("sdxl");
  });

  it("a turn is longer the more families are late, and the one that has waited longest is next", () => {
    const late = [waits("sdxl", 0), waits("sd15", 20), waits("upscale", 10)];
    expect(nextFamily(late, warm("sdxl", 8001), 10_000, policy)).toBe("sdxl");
    expect(nextFamily(late, warm("sdxl", 8000), 10_000, policy)).toBe("upscale");
  });

  it("goes on for ever where nobody else waits", () => {
    expect(nextFamily([waits("sdxl", 500)], warm("sdxl"), 1_000_000, policy)).toBe("sdxl");
  });

  it("without a warm one takes the highest rank, then the longest wait", () => {
    expect(nextFamily([waits("a", 100, 3), waits("b", 200, 1), waits("c", 150, 1)], undefined, 300, policy)).toBe("c");
  });

  it("takes pictures before a training, even of the warm family, until the training has waited very long", () => {
    const training = waits("train", 0, trainingOffset + 1);
    expect(nextFamily([training, waits("sdxl", 900, 7)], warm("train"), 1000, policy)).toBe("sdxl");
    expect(nextFamily([training, waits("sdxl", 1900, 7)], warm("sdxl"), 2000, policy)).toBe("sdxl");
    expect(nextFamily([training, waits("sdxl", 15_900, 7)], warm("sdxl"), 16_000, policy)).toBe("train");
  });

  it("fifo is strictly by waiting time", () => {
    expect(nextFamily([waits("a", 100, 9), waits("b", 200, 1)], warm("b"), 300, { ...policy, mode: "fifo" })).toBe("a");
  });

  it("always names a family that waits, whatever the state", () => {
    const entry = fc.record({
      family: fc.constantFrom("a", "b", "c", "d"),
      jobs: fc.integer({ min: 1, max: 50 }),
      bestPriority: fc.integer({ min: 1, max: 1100 }),
      firstQueuedAt: fc.integer({ min: 0, max: 400_000 }),
    });
    fc.assert(
      fc.property(
        fc.uniqueArray(entry, { selector: (one) => one.family, minLength: 1 }),
        fc.option(fc.record({ family: fc.constantFrom("a", "b", "c", "d"), since: fc.integer({ min: 0, max: 400_000 }) })),
        (waiting, held) => {
          const family = nextFamily(waiting, held ?? undefined, 400_000, defaultPolicy);
          expect(waiting.map((one) => one.family)).toContain(family);
        },
      ),
    );
  });

  it("serves every family within a bounded time, however much of the others keeps coming", () => {
    const families = ["a", "b", "c", "d"];
    const served = new Map(families.map((family) => [family, 0]));
    let held = { family: "a", since: 0 };
    let longest = 0;
    for (let now = 0; now < 24 * 3_600_000; now += 20_000) {
      // each always has work, whose first has waited since it was last served
      const waiting = families.map((family) => waits(family, Math.min(served.get(family) ?? 0, now)));
      const family = nextFamily(waiting, held, now) ?? "";
      longest = Math.max(longest, now - (served.get(family) ?? 0));
      if (family !== held.family) held = { family, since: now };
      served.set(family, now);
    }
    // three others, each held for as long as three late ones allow, and what one job takes
    expect(longest).toBeLessThanOrEqual(3 * (defaultPolicy.minHold * 9 + 20_000));
  });
});

describe("mayGiveWay", () => {
  const training = { since: 0, fraction: 0.5 };
  const picture = [waits("sdxl", 2900)];

  it("after its time, when something interactive has waited", () => {
    expect(mayGiveWay(training, picture, 3000, policy)).toBe(true);
    expect(mayGiveWay(training, [waits("sdxl", 2950)], 3000, policy)).toBe(false);
    expect(mayGiveWay(training, [waits("train", 0, trainingOffset + 1)], 3000, policy)).toBe(false);
    expect(mayGiveWay({ ...training, since: 1500 }, picture, 3000, policy)).toBe(false);
  });

  it("not in its last part, and not where the order is first come, first served", () => {
    expect(mayGiveWay({ ...training, fraction: 0.9 }, picture, 3000, policy)).toBe(false);
    expect(mayGiveWay(training, picture, 3000, { ...policy, mode: "fifo" })).toBe(false);
  });
});
