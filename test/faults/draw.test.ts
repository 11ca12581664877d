/** The list of faults of a run. */
import { expect, test } from "vitest";
import { drawFaults, kinds } from "./draw.ts";

test("the same seed draws the same faults, another one others", () => {
  expect(drawFaults(50, 7)).toEqual(drawFaults(50, 7));
  expect(drawFaults(50, 7)).not.toEqual(drawFaults(50, 8));
});

test("there are as many as were asked for, and of every kind where there is room for it", () => {
  expect(drawFaults(3, 1)).toHaveLength(3);
  expect(new Set(drawFaults(kinds.length, 1).map(({ kind }) => kind))).toEqual(new Set(kinds));
  const many = drawFaults(300, 1);
  expect(many).toHaveLength(300);
  expect(many.filter(({ kind }) => kind === "kill -9 of a worker").length).toBeGreaterThan(30);
});

test("each strikes somebody who can be struck that way", () => {
  for (const { kind, member, far } of drawFaults(300, 2)) {
    if (/of a (server|worker)/.test(kind)) expect(member).toMatch(kind.includes("of a server") ? /^server-/ : /^worker-/);
    else if (kind.startsWith("connections")) expect(far === "clients" ? member : "server-").toMatch(/^server-/);
    else expect(member).toBeUndefined();
  }
});
