/** `stop` ends a studio, and nothing else that has its folder. */
import { spawn } from "node:child_process";
import { expect, it } from "vitest";
import { stopStudio } from "./stop.ts";

const sleeper = () => spawn(process.execPath, ["-e", "setInterval(() => {}, 1000)"], { stdio: "ignore" });

it("does not break off a backup or a restore, and says how that is done", async () => {
  const child = sleeper();
  try {
    for (const purpose of ["backup", "restore"] as const) {
      const said: string[] = [];
      const owner = async () => ({ pid: child.pid ?? 0, purpose });
      expect(await stopStudio({ path: "/data", owner }, (text) => said.push(text))).toBe(1);
      expect(said).toEqual([expect.stringMatching(`a ${purpose} has it \\(pid ${child.pid}\\)`)]);
      expect([child.exitCode, child.signalCode]).toEqual([null, null]);
    }
  } finally {
    child.kill("SIGKILL");
  }
});

it("ends the studio that has the folder, and says so; where none has, there is nothing to do", async () => {
  const child = sleeper();
  const ended = new Promise<void>((resolve) => child.once("exit", () => resolve()));
  const said: string[] = [];
  const owner = async () => (child.exitCode === null && child.signalCode === null ? { pid: child.pid ?? 0 } : undefined);
  expect(await stopStudio({ path: "/data", owner }, (text) => said.push(text))).toBe(0);
  await ended;
  expect(child.signalCode).toBe("SIGTERM");
  expect(await stopStudio({ path: "/data", owner }, (text) => said.push(text))).toBe(0);
  expect(said).toEqual([expect.stringContaining("Stopped."), "No studio runs on /data."]);
});
