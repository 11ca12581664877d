/** A call that waits is never silent for five seconds, whether its job has news or not, and what it says always rises. */
import type { ServerContext } from "@modelcontextprotocol/server";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { reportProgress } from "./progress.ts";

interface Said {
  at: number;
  progress: number;
  message: string;
}

describe("progress", () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  function listen(progressToken: string | undefined): { context: ServerContext; said: Said[] } {
    const said: Said[] = [];
    const notify = async ({ params }: { params: { progress: number; message: string } }) =>
      void said.push({ at: performance.now(), progress: params.progress, message: params.message });
    const mcpReq = { ...(progressToken ? { _meta: { progressToken } } : {}), notify };
    return { context: { mcpReq } as unknown as ServerContext, said };
  }

  it("beats at least every five seconds of a wait of 50, and stops with it", () => {
    const { context, said } = listen("p");
    const began = performance.now();
    const progress = reportProgress(context);
    vi.advanceTimersByTime(22_000);
    progress.report(0.5, "sampling");
    vi.advanceTimersByTime(28_000);
    progress.stop();
    const times = [began, ...said.map(({ at }) => at), performance.now()];
    for (const [index, at] of times.entries()) expect(at - (times[index - 1] ?? at)).toBeLessThanOrEqual(5000);
    for (const [index, { progress: value }] of said.entries()) expect(value).toBeGreaterThan(said[index - 1]?.progress ?? -1);
    expect(said.at(-1)).toMatchObject({ message: "sampling" });
    const before = said.length;
    vi.advanceTimersByTime(60_000);
    expect(said).toHaveLength(before);
  });

  it("says at most four things a second", () => {
    const { context, said } = listen("p");
    const progress = reportProgress(context);
    for (let step = 1; step <= 100; step++) {
      progress.report(step / 100, "sampling");
      vi.advanceTimersByTime(10);
    }
    progress.stop();
    expect(said.length).toBeGreaterThan(1);
    expect(said.length).toBeLessThanOrEqual(5);
  });

  it("says nothing to a client that gave no token", () => {
    const { context, said } = listen(undefined);
    const progress = reportProgress(context);
    progress.report(0.5, "sampling");
    vi.advanceTimersByTime(60_000);
    expect(said).toEqual([]);
  });
});
