/** Takes out of gpu-host what nobody comes back for: results that were published, and what could be gone on from for two weeks. */
import type { Log } from "../../../core/log.ts";
import type { OpenJob } from "../../../core/ports/job-store.ts";
import type { Api } from "./api.ts";
import { Unreachable } from "./http.ts";
import { parseRunId } from "./run-ids.ts";
import { isOver } from "./wire.ts";

const day = 24 * 3_600_000;
/** Since a run ended. One that succeeded was fetched in the minutes after that; a job that failed may be retried. */
const kept = { succeeded: day, other: 14 * day };

/**
 * Only runs of ours that are over and whose job is not open.
 * @param open asked for after the runs: a job is there before its run.
 * @returns how many were removed.
 */
export async function tidy(api: Api, open: () => Promise<readonly Pick<OpenJob, "id">[]>, log: Log, now = Date.now()): Promise<number> {
  let removed = 0;
  try {
    const runs = await api.runs();
    const working = new Set((await open()).map(({ id }) => id));
    for (const run of runs) {
      const job = parseRunId(run.id)?.job;
      if (!job || working.has(job) || !isOver(run)) continue;
      const moved = await api.movedAt(run);
      if (moved === undefined || now - moved < (run.state === "succeeded" ? kept.succeeded : kept.other)) continue;
      await api.remove(run.id);
      removed++;
    }
  } catch (error) {
    // the next look does it
    if (!(error instanceof Unreachable)) throw error;
  }
  if (removed > 0) log.info({ removed }, "old runs were taken out of gpu-host");
  return removed;
}
