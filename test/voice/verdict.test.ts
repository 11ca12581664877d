import { describe, expect, it } from "vitest";
import { cloneFault, measureFault } from "./verdict.ts";

describe("the check of voices", () => {
  it("takes a clone that is nearer to its recording than to two strangers", () => {
    expect(cloneFault({ own: 0.86, strangers: [0.6, 0.7] })).toBeUndefined();
  });

  it.each([
    ["that is nearer to a stranger", { own: 0.8, strangers: [0.6, 0.81] }, /nearer to a stranger \(0\.810\)/],
    ["that is as near to a stranger", { own: 0.8, strangers: [0.6, 0.8] }, /nearer to a stranger/],
    ["that is far from its recording", { own: 0.7, strangers: [0.6, 0.6] }, /0\.75 are asked for/],
    ["that was compared with one stranger", { own: 0.9, strangers: [0.5] }, /two are needed/],
  ])("refuses a clone %s", (_what, figures, why) => {
    expect(cloneFault(figures)).toMatch(why);
  });

  it("trusts a measure that tells voices apart, and no other", () => {
    expect(measureFault({ same: [0.92, 0.91], different: [0.6, 0.55] })).toBeUndefined();
    expect(measureFault({ same: [0.92, 0.7], different: [0.6] })).toMatch(/below 0\.75/);
    expect(measureFault({ same: [0.92], different: [0.6, 0.8] })).toMatch(/less than 0\.15 below/);
  });
});
