/** Whether a process is the one that was seen before. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { afterEach, describe, expect, it } from "vitest";
import { begunAt } from "./postmaster.ts";

const children: ChildProcess[] = [];
afterEach(() => {
  for (const child of children.splice(0)) child.kill("SIGKILL");
});

describe.runIf(process.platform === "linux")("when a process began", () => {
  it("stays the same while it lives, is later for a later one, and is unknown once it has ended", async () => {
    const child = spawn("sleep", ["600"], { stdio: "ignore" });
    children.push(child);
    await once(child, "spawn");
    const pid = child.pid as number;
    const begun = Number(begunAt(pid));
    expect(begun).toBeGreaterThan(Number(begunAt(1)));
    expect(begun).toBeGreaterThanOrEqual(Number(begunAt(process.pid)));
    expect(begunAt(pid)).toBe(`${begun}`);
    const ended = once(child, "exit");
    child.kill("SIGKILL");
    await ended;
    expect(begunAt(pid)).toBeUndefined();
  });
});
