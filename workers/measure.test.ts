/** What the metrics are told of an attempt. */
import { describe, expect, it } from "vitest";
import type { ArtifactDraft, Recipe } from "../core/artifact.ts";
import type { Job } from "../core/job.ts";
import type { Attempt, Claim } from "../core/ports/job-store.ts";
import { noMetrics } from "../core/ports/metrics.ts";
import { askedAt, measureBegin, measureEnd } from "./measure.ts";

const at = (minute: number) => new Date(Date.UTC(2026, 0, 1, 0, minute));
const attempt = (number: number, minute: number, outcome: NonNullable<Attempt["outcome"]>): Attempt => ({
  ...{ number, worker: "w", startedAt: at(minute), endedAt: at(minute + 1), outcome },
});
const claim = (previous: Attempt[] = [], queued = 0, started = 2): Claim => ({
  job: { tool: "render_image", createdAt: at(0), queuedAt: at(queued), startedAt: at(started) } as Job,
  previous,
});

describe("when a job was asked for", () => {
  it("is when it was accepted, however often a worker was lost or it was put back", () => {
    expect(askedAt(claim())).toEqual(at(0));
    expect(askedAt(claim([attempt(1, 1, "lost"), attempt(2, 3, "requeued")], 4))).toEqual(at(0));
  });

  it("is when it was asked for again, where it had ended", () => {
    expect(askedAt(claim([attempt(1, 1, "failed")], 500))).toEqual(at(500));
    expect(askedAt(claim([attempt(1, 1, "failed"), attempt(2, 501, "requeued")], 503))).toEqual(at(501));
  });
});

describe("the metrics of an attempt", () => {
  it("begin with how long it waited in line", () => {
    const waited: unknown[] = [];
    measureBegin({ queueWaited: (...told) => waited.push(told) }, claim([], 1, 3));
    expect(waited).toEqual([["render_image", 120]]);
  });

  it("end with its outcome, and with the time only where the job ended too", () => {
    const told: unknown[][] = [];
    const metrics = {
      ...noMetrics,
      attemptEnded: (...more: unknown[]) => void told.push(["attempt", ...more]),
      jobEnded: (tool: string, outcome: string, seconds: number) => void told.push(["job", tool, outcome, seconds > 0]),
    };
    measureEnd(metrics, claim(), "requeued");
    measureEnd(metrics, claim(), "failed");
    expect(told).toEqual([
      ["attempt", "render_image", "requeued"],
      ["attempt", "render_image", "failed"],
      ["job", "render_image", "failed", true],
    ]);
  });

  it("name every file, and which are pieces of another", () => {
    const files: unknown[] = [];
    const draft = (mediaType: string, recipe?: Partial<Recipe>) => ({ mediaType, bytes: 5, recipe }) as ArtifactDraft;
    const metrics = { ...noMetrics, artifactPublished: (file: unknown) => void files.push(file) };
    measureEnd(metrics, claim(), "succeeded", [draft("video/mp4"), draft("image/jpeg", { part: true })]);
    expect(files).toEqual([
      { mediaType: "video/mp4", bytes: 5, part: false },
      { mediaType: "image/jpeg", bytes: 5, part: true },
    ]);
  });
});
