/** Which family goes next: bounded runs of the warm one, nobody starved, and the same answer for the same state. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { defaultPolicy, nextFamily, type SchedulePolicy, trainingOffset, type Waiting, type Warm } from "./schedule.ts";

const policy: SchedulePolicy = { mode: "warm", maxRun: 3, maxWait: 1000, minHold: 500 };
const waits = (family: string, firstQueuedAt: number, bestPriority = 1, jobs = 1): Waiting => ({
  family,
  jobs,
  bestPriority,
  firstQueuedAt,
});
const warm = (family: string, jobs = 1): Warm => ({ family, jobs, since: 0 });

describe("nextFamily", () => {
  it("keeps the warm family open where nothing waits, and none where none was", () => {
    expect(nextFamily([], warm("sdxl"), 0, policy)).toBe("sdxl");
    expect(nextFamily([], undefined, 0, policy)).toBeUndefined();
  });

  it("stays with the warm family within its run, although another one waits longer", () => {
    expect(nextFamily([waits("sdxl", 500), waits("sd15", 100)], warm("sdxl", 2), 600, policy)).toBe("sdxl");
  });

  it("gives way after its run, and after another one has waited long enough", () => {
    expect(nextFamily([waits("sdxl", 500), waits("sd15", 510)], warm("sdxl", 3), 600, policy)).toBe("sd15");
    expect(nextFamily([waits("sdxl", 500), waits("sd15", 100)], warm("sdxl", 1), 1200, policy)).toBe("sd15");
  });

  it("does not give way at once where everybody is late: loading is no work", () => {
    const late = [waits("sdxl", 0), waits("sd15", 0), waits("upscale", 0)];
    expect(nextFamily(late, { family: "sdxl", jobs: 1, since: 9900 }, 10_000, policy)).toBe("sdxl");
    expect(nextFamily(late, { family: "sdxl", jobs: 3, since: 9900 }, 10_000, policy)).toBe("sd15");
    expect(nextFamily(late, { family: "sdxl", jobs: 1, since: 9000 }, 10_000, policy)).toBe("sd15");
  });

  it("goes on past its run where nobody else waits", () => {
    expect(nextFamily([waits("sdxl", 500)], warm("sdxl", 99), 600, policy)).toBe("sdxl");
  });

  it("without a warm one takes the highest rank, then the longest wait", () => {
    expect(nextFamily([waits("a", 100, 3), waits("b", 200, 1), waits("c", 150, 1)], undefined, 300, policy)).toBe("c");
  });

  it("takes pictures before a training, even of the warm family, until the training has waited very long", () => {
    const training = waits("train", 0, trainingOffset + 1);
    expect(nextFamily([training, waits("sdxl", 900, 7)], warm("train", 1), 1000, policy)).toBe("sdxl");
    expect(nextFamily([training, waits("sdxl", 1900, 7)], warm("sdxl", 1), 2000, policy)).toBe("sdxl");
    expect(nextFamily([training, waits("sdxl", 15_900, 7)], warm("sdxl", 1), 16_000, policy)).toBe("train");
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
        fc.option(fc.record({ family: fc.constantFrom("a", "b", "c", "d"), jobs: fc.integer({ min: 0, max: 20 }), since: fc.constant(0) })),
        (waiting, held) => {
          const family = nextFamily(waiting, held ?? undefined, 400_000, defaultPolicy);
          expect(waiting.map((one) => one.family)).toContain(family);
        },
      ),
    );
  });

  interface Arrival {
    family: string;
    at: number;
  }

  /** 300 requests, about one in 1.7 s: more than a card that reloads for each of them could serve. */
  function trace(seed: number): Arrival[] {
    let state = seed;
    const random = () => {
      state = (state * 1_103_515_245 + 12_345) % 2_147_483_648;
      return state / 2_147_483_648;
    };
    const families = ["sdxl", "sd15", "upscale"];
    let at = 0;
    return Array.from({ length: 300 }, () => {
      at += random() < 0.1 ? 12_000 * random() : 2400 * random();
      return { family: families[Math.floor(random() * 3)] ?? "sdxl", at };
    });
  }

  /** One lane: a job takes 1 s, loading another family 5 s. */
  function simulate(mode: SchedulePolicy["mode"], arrivals: readonly Arrival[]) {
    const open = [...arrivals];
    let held: Warm | undefined;
    let [now, switches, longestWait, ends] = [0, 0, 0, 0];
    while (open.length > 0) {
      const here = open.filter((job) => job.at <= now);
      const firsts = new Map(here.map((job) => [job.family, job] as const).reverse());
      const waiting = [...firsts].map(([family, job]) => waits(family, job.at));
      const family = nextFamily(waiting, held, now, { mode, maxRun: 8, maxWait: 60_000, minHold: 30_000 });
      const job = firsts.get(family ?? "");
      if (!job) {
        now = open[0]?.at ?? now;
        continue;
      }
      open.splice(open.indexOf(job), 1);
      const switched: boolean = held?.family !== job.family;
      if (switched) {
        switches++;
        now += 5000;
      }
      held = { family: job.family, jobs: switched ? 1 : (held?.jobs ?? 0) + 1, since: switched ? now : (held?.since ?? now) };
      longestWait = Math.max(longestWait, now - job.at);
      now += 1000;
      ends++;
    }
    return { switches, longestWait, ends };
  }

  it("on seeded traces: every job ends, with a third of the switches of first come first served and no longer longest wait", () => {
    for (const seed of [1, 2, 3, 4, 5]) {
      const ours = simulate("warm", trace(seed));
      const fifo = simulate("fifo", trace(seed));
      expect(ours.ends).toBe(fifo.ends);
      expect(ours.switches).toBeLessThanOrEqual(fifo.switches / 3);
      expect(ours.longestWait).toBeLessThanOrEqual(fifo.longestWait * 1.5);
    }
  });
});
