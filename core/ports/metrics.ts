/** What is measured; prom-client is the adapter. No call throws or waits. */
import type { Planner } from "../chat.ts";
import type { Stage } from "../job.ts";
import type { Attempt } from "./job-store.ts";

export type JobEnding = Extract<NonNullable<Attempt["outcome"]>, "succeeded" | "failed" | "canceled">;

export interface Metrics {
  jobAccepted(tool: string): void;
  /** How an attempt ended; a job that succeeded, failed or was canceled ended with it. */
  attemptEnded(tool: string, outcome: NonNullable<Attempt["outcome"]>): void;
  stage(tool: string, stage: Stage, seconds: number): void;
  /** A job waited so long in line before an attempt of it began; a job that waits for another one is in no line yet. */
  queueWaited(tool: string, seconds: number): void;
  /** A job ended so long after it was asked for. */
  jobEnded(tool: string, outcome: JobEnding, seconds: number): void;
  /** A file of a job that succeeded. `part`: a piece of another one (a video's poster, a picture of a dataset), which adds bytes and is not counted as a result. */
  artifactPublished(file: { mediaType: string; bytes: number; part: boolean }): void;
  /** A late worker's result was thrown away. */
  fenced(): void;
  /** The reconciler did something: `readded` to the queue, `swept` an orphaned file. */
  reconciled(action: "readded" | "swept", count: number): void;
  familySwitched(to: string): void;
  /** Memory of the card was asked back from an engine or the chat model: `freed` and looked at, still `kept` after all patience, or `unchecked` because nobody tells. */
  cardReleased(holder: string, outcome: "freed" | "kept" | "unchecked"): void;
  /** A training began in an engine: `fresh`, `adopted` from a dead attempt, `resumed` from a saved step, or `restarted` from step 0 after it had trained before. */
  trainingBegan(how: "fresh" | "adopted" | "resumed" | "restarted"): void;
  turn(planner: Planner, seconds: number): void;
  /** What became of a result that is owed to a chat: `failed` is tried again, `dead` is not. */
  delivery(outcome: "delivered" | "failed" | "dead" | "redelivered"): void;
  /** @param route the pattern (`/v1/jobs/:id`), never the path: a label for each id would grow without bound. */
  request(method: string, route: string, status: number, seconds: number): void;
}

/** Measures nothing, for tests and short commands. */
export const noMetrics: Metrics = {
  jobAccepted() {},
  attemptEnded() {},
  stage() {},
  queueWaited() {},
  jobEnded() {},
  artifactPublished() {},
  fenced() {},
  reconciled() {},
  familySwitched() {},
  cardReleased() {},
  trainingBegan() {},
  turn() {},
  delivery() {},
  request() {},
};
