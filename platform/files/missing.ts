/** The words for a file that is not there, and for a range outside of it; the same for every file store. */
import { Failure } from "../../core/failure.ts";
import type { ByteRange } from "../../core/ports/files.ts";

export function missingFile(cause?: unknown): Failure {
  return new Failure(
    "unknown_artifact",
    "The file is no longer there. list_jobs shows what was made; a job can be run again with reroll_job.",
    {
      cause,
    },
  );
}

export function badRange(range: ByteRange, cause?: unknown): Failure {
  return new Failure("invalid_input", `The file has no bytes ${range.start} to ${range.end}. Ask for a range inside of it.`, { cause });
}

/** Throws for what no file could answer. */
export function checkRange(range: ByteRange): void {
  if (!Number.isSafeInteger(range.start) || !Number.isSafeInteger(range.end) || range.start < 0 || range.end < range.start)
    throw badRange(range);
}
