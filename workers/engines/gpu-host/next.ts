/** How a training begins, and how it goes on: in the run that still works, or after one that ended too early from the last saved step, or from zero and said. */
import { Failure } from "../../../core/failure.ts";
import type { TrainRequest } from "../../../core/ports/engine.ts";
import { endFailure } from "./failures.ts";
import { smaller } from "./params.ts";
import { parseRunId } from "./run-ids.ts";
import type { RunView } from "./wire.ts";

export interface Next {
  /** With less memory than was asked for. */
  smaller: boolean;
  resumeFrom?: { run: string; step: number };
  /** What the person must know of it. */
  said?: string;
}

const isSmaller = (run: RunView) => parseRunId(run.id)?.smaller === true;

function withLess(request: TrainRequest, run: RunView): Next | undefined {
  if (run.failure?.code !== "out_of_memory" || isSmaller(run) || !request.smallerOnOom) return undefined;
  const less = smaller(request);
  const again = run.step > 0 ? ", from step 0: what was saved does not fit it" : "";
  return less && { smaller: true, said: `The card ran out of memory at step ${run.step}; trying once more with ${less.words}${again}` };
}

/** @param runs those of this job, newest first, all over. */
function goOn(runs: readonly RunView[]): Next {
  const [newest, ...older] = runs;
  if (!newest) return { smaller: false };
  const small = isSmaller(newest);
  // one that could not be gone on from would not be the next time
  const from =
    newest.failure?.code === "resume_failed" ? undefined : [newest, ...older].find((run) => run.resume && isSmaller(run) === small);
  const reached = Math.max(0, ...runs.filter((run) => isSmaller(run) === small).map((run) => run.step));
  if (from?.resume) {
    const { step, total } = from.resume;
    const again = reached > step ? `; it had come to step ${reached}` : "";
    return {
      smaller: small,
      resumeFrom: { run: from.id, step },
      said: `Goes on from step ${step} of ${total}, its last saved one${again}`,
    };
  }
  const why =
    newest.failure?.code === "resume_failed"
      ? "the trainer could not go on from what was saved"
      : reached > 0
        ? `nothing was saved before step ${reached}`
        : "it had not come to its first step";
  return { smaller: small, said: `Starts again from step 0: ${why}` };
}

/** Where an earlier attempt of this job trained: whatever ended it, somebody asked for another try. */
export function afterEarlier(request: TrainRequest, runs: readonly RunView[]): Next {
  const [newest] = runs;
  if (!newest) return { smaller: false, said: "Starts again from step 0: what was trained before is no longer on the GPU machine" };
  return withLess(request, newest) ?? goOn(runs);
}

/** What is said where the run of an earlier attempt still works. */
export function adopted({ step }: Pick<RunView, "step">, { steps }: Pick<TrainRequest, "steps">): string {
  return step > 0
    ? `Goes on from step ${step} of ${steps}: it trained on meanwhile, and nothing was lost`
    : "Goes on where it is: it had been begun, and had not come to its first step";
}

/** Ended by what the next run need not meet. */
const passing = new Set(["interrupted", "stalled", "resume_failed"]);

/** After a run of this attempt. Throws the Failure that a person must see where another run would end the same way. */
export function afterEnd(request: TrainRequest, runs: readonly RunView[]): Next {
  const [newest] = runs;
  if (!newest) return afterEarlier(request, runs);
  const code = newest.failure?.code ?? "";
  const less = withLess(request, newest);
  if (less) return less;
  if (code === "out_of_memory" && isSmaller(newest))
    throw new Failure("out_of_memory", `${endFailure(newest).message} It was tried with less memory already.`, { cause: newest.failure });
  if (!passing.has(code)) throw endFailure(newest);
  return goOn(runs);
}
