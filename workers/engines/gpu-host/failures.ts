/** gpu-host's codes as Failures. Its messages have cause and remedy already, and no path. */
import { Failure, type FailureCode } from "../../../core/failure.ts";
import type { Refused } from "./http.ts";
import type { RunView } from "./wire.ts";
import { notMade, type Words } from "./words.ts";

const refusals: Record<string, FailureCode> = {
  invalid_request: "invalid_input",
  model_missing: "unknown_model",
  model_refused: "unknown_model",
  model_mismatch: "invalid_input",
  bad_dataset: "invalid_input",
  too_large: "limit_exceeded",
  engine_not_ready: "engine_unavailable",
  bad_picture: "invalid_input",
  bad_sound: "invalid_input",
  disk_full: "storage_full",
};

/** A request that gpu-host did not take. */
export function refusalFailure(refused: Refused, { the, verb }: Words): Failure {
  const code = refusals[refused.code] ?? "engine_rejected";
  const message =
    code === "engine_unavailable"
      ? `gpu-host cannot ${verb} now: ${refused.message} Then retry the job.`
      : `${the} was not begun: ${refused.message}`;
  return new Failure(code, message, { cause: refused });
}

const ends: Record<string, FailureCode> = {
  out_of_memory: "out_of_memory",
  disk_full: "storage_full",
  model_missing: "unknown_model",
  model_damaged: "unknown_model",
  bad_dataset: "invalid_input",
  no_face: "invalid_input",
  interrupted: "engine_lost",
  stalled: "engine_stalled",
};

/** What a person is told of where a retry begins. */
function resumeWords({ resume, step }: Pick<RunView, "resume" | "step">): string {
  if (resume) return ` retry_job goes on from step ${resume.step} of ${resume.total}.`;
  return step > 0 ? ` Nothing was saved before step ${step}, so retry_job begins again at step 0.` : "";
}

/** A run of another kind that ended without a result. */
export function workFailure({ engine, failure }: Pick<RunView, "engine" | "failure">, words: Words): Failure {
  const { code, message } = failure ?? { code: "canceled", message: "it was ended on the GPU machine. Retry the job." };
  return new Failure(ends[code] ?? "engine_failed", `${notMade(words, engine)}: ${message}`, { cause: failure });
}

/** A training that ended without a result. */
export function endFailure(run: RunView): Failure {
  const { code, message } = run.failure ?? { code: "engine_error", message: "The training was ended on the GPU machine." };
  const codeHere = ends[code] ?? "engine_failed";
  const where = run.step > 0 ? `The training ended at step ${run.step}: ` : "The training could not begin: ";
  const retry = codeHere === "out_of_memory" ? "" : resumeWords(run);
  return new Failure(codeHere, `${where}${message}${retry}`);
}
