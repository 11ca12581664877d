/** Why an attempt is told to stop: the reason of its signal, by which an engine knows what to keep. */
import { Failure } from "../core/failure.ts";

export type Stop = "canceled" | "parked" | "fenced" | "stalled";

export const reasons: Record<Stop, Failure> = {
  canceled: new Failure("canceled", "It was canceled. retry_job starts it again."),
  parked: new Failure("canceled", "It was put back in line and starts again later."),
  fenced: new Failure("canceled", "Another worker has taken this job over."),
  stalled: new Failure("engine_stalled", "The engine showed no progress for too long. Look at its log, restart it, then retry the job.", {
    retryable: true,
  }),
};

/** `parked` for any other reason: what is kept can be thrown away later, and not the other way round. */
export function stopOf(signal: AbortSignal): Stop {
  return (Object.keys(reasons) as Stop[]).find((stop) => reasons[stop] === signal.reason) ?? "parked";
}
