/** Waiting for the end of a job: told by the bus, believed by the row, read no more often than it must be. */
import { expect, it, vi } from "vitest";
import type { BusMessage } from "./event.ts";
import type { JobProgress, JobState, JobWithArtifacts } from "./job.ts";
import { waitForEnd } from "./wait.ts";

const patience = { timeout: 5000, interval: 5 };

function job(state: JobState, { lookMs = 60_000, progress }: { lookMs?: number; progress?: JobProgress } = {}) {
  const listeners = new Set<(message: BusMessage) => void>();
  const bus = {
    publish: (message: BusMessage) => [...listeners].forEach((listener) => void listener(message)),
    subscribe(listener: (message: BusMessage) => void) {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
  };
  const row = { state, reads: 0 };
  const read = async () => {
    row.reads++;
    return { state: row.state, ...(progress ? { progress } : {}), artifacts: [] } as unknown as JobWithArtifacts;
  };
  const told: [number, string][] = [];
  const tell = (said: JobState, id = "j") => bus.publish({ type: "changed", job: id, state: said, family: "f" });
  const wait = (ms: number, signal?: AbortSignal) =>
    waitForEnd({ bus, lookMs }, read, "j", {
      ...{ ms, progress: (fraction: number, note: string) => void told.push([fraction, note]) },
      ...(signal ? { signal } : {}),
    });
  return { row, bus, tell, wait, told, listeners };
}

it.each(["succeeded", "failed", "canceled"] as const)("a job that has %s is read once", async (state) => {
  const { wait, row, listeners } = job(state);
  expect((await wait(1000)).state).toBe(state);
  expect([row.reads, listeners.size]).toEqual([1, 0]);
});

it("reads the row at the beginning and at the end, whatever happens in between", async () => {
  const { wait, row, bus, tell, told, listeners } = job("queued");
  const waiting = wait(60_000);
  await vi.waitFor(() => expect(row.reads).toBe(1), patience);
  tell("running");
  tell("succeeded", "another");
  bus.publish({ type: "settings", name: "paused" });
  bus.publish({ type: "progress", job: "j", attempt: 1, progress: { stage: "sampling", fraction: 0.5 } });
  bus.publish({ type: "progress", job: "another", attempt: 1, progress: { stage: "sampling", fraction: 0.9 } });
  row.state = "succeeded";
  tell("succeeded");
  expect((await waiting).state).toBe("succeeded");
  expect([row.reads, told, listeners.size]).toEqual([2, [[0.5, "sampling"]], 0]);
});

it("goes on where the end that was told is undone by then", async () => {
  const { wait, row, tell } = job("running");
  const waiting = wait(60_000);
  await vi.waitFor(() => expect(row.reads).toBe(1), patience);
  row.state = "queued";
  tell("failed");
  await vi.waitFor(() => expect(row.reads).toBe(2), patience);
  row.state = "succeeded";
  tell("succeeded");
  expect((await waiting).state).toBe("succeeded");
});

it("an end that is told while the row is read is not missed", async () => {
  const { wait, row, tell } = job("running");
  const waiting = wait(60_000);
  // the first read is under way: it gives what was before
  queueMicrotask(() => {
    row.state = "succeeded";
    tell("succeeded");
  });
  expect((await waiting).state).toBe("succeeded");
});

it("finds an end that nobody told", async () => {
  const { wait, row } = job("running", { lookMs: 10 });
  const waiting = wait(60_000);
  row.state = "failed";
  expect((await waiting).state).toBe("failed");
});

it("gives the job as it stands when the time is over, or the request ends", async () => {
  expect((await job("running").wait(0)).state).toBe("running");
  const { wait, row, listeners } = job("running", { lookMs: 10 });
  expect((await wait(30)).state).toBe("running");
  const leaving = new AbortController();
  const waiting = wait(60_000, leaving.signal);
  await vi.waitFor(() => expect(row.reads).toBeGreaterThan(2), patience);
  leaving.abort();
  expect((await waiting).state).toBe("running");
  expect(listeners.size).toBe(0);
});

it("tells whoever comes late where it stands", async () => {
  const { wait, told } = job("running", { progress: { stage: "loading", fraction: 0.1, note: "a model" } });
  await wait(20);
  expect(told).toEqual([[0.1, "a model"]]);
});
