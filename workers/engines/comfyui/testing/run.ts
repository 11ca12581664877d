/** A Run of the engine tests that also keeps the names of our work inside the engine. */
import { createHash, randomBytes } from "node:crypto";
import type { Failure } from "../../../../core/failure.ts";
import type { JobProgress } from "../../../../core/job.ts";
import { type TestRun, testRun } from "../../testing/run.ts";

export type ComfyRun = TestRun & { refs: string[] };

type Options = Parameters<typeof testRun>[0] & {
  /** As a job whose first attempts died: their refs, newest first. */
  earlierRefs?: string[];
  /** Given by default: a job of its own. */
  job?: string;
  /** Called when a ref is stored, before anything is posted. */
  onRef?(ref: string): void | Promise<void>;
};

export function comfyRun(options: Options = {}): ComfyRun {
  const files = Object.fromEntries(
    Object.entries(options.files ?? {}).map(([id, file]) => [
      id,
      { ...file, artifact: { sha256: createHash("sha256").update(file.bytes).digest("hex"), bytes: file.bytes.length, ...file.artifact } },
    ]),
  );
  const run = testRun({ ...options, files });
  const refs: string[] = [];
  return Object.assign(run, {
    job: { ...run.job, id: options.job ?? `job_${randomBytes(8).toString("hex")}` },
    earlierRefs: options.earlierRefs ?? [],
    refs,
    async setEngineRef(ref: string) {
      refs.push(ref);
      await options.onRef?.(ref);
    },
  });
}

/** The error that a piece of work ends with; an error of its own where it does not fail. */
export function failureOf(work: Promise<unknown>): Promise<Failure> {
  return work.then(
    () => Promise.reject(new Error("it did not fail")),
    (error: Failure) => error,
  );
}

/** For `onProgress`: acts once, when this sampling step was reported. */
export function atStep(wanted: number, act: () => void): (progress: JobProgress) => void {
  let acted = false;
  return (progress) => {
    if (acted || progress.stage !== "sampling" || (progress.step ?? 0) < wanted) return;
    acted = true;
    act();
  };
}
