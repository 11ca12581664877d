/** What becomes of a run whose attempt ends: a stop or a fault ends it, one that another attempt takes up is left alone. */
import { Failure } from "../../../core/failure.ts";
import type { Run } from "../../../core/ports/engine.ts";
import { stopOf } from "../../stop.ts";
import type { Api } from "./api.ts";
import { endRun } from "./cancel.ts";

/** @param id the run that may be on the card because of us. Never throws. */
export async function letGo(api: Api, run: Run, id: string | undefined, error: unknown): Promise<void> {
  const stop = run.signal.aborted ? stopOf(run.signal) : undefined;
  const comesBack = error instanceof Failure && error.retryable;
  // a run that another worker has taken over, or that the next attempt adopts, is left alone
  if (!id || stop === "fenced" || (!stop && comesBack)) return;
  const ended = await endRun(api, id, stop !== "canceled", run.log, stop ? api.timings.late : 0);
  if (ended && stop === "canceled") await api.remove(ended.id).catch(() => undefined);
}
