/** Runs that nobody follows and nobody comes back for: they are ended, so that the card is free, and what they saved stays. */
import type { Log } from "../../../core/log.ts";
import type { OpenJob } from "../../../core/ports/job-store.ts";
import type { Api } from "./api.ts";
import { endRun } from "./cancel.ts";
import { Unreachable } from "./http.ts";
import { parseRunId } from "./run-ids.ts";
import { isOver } from "./wire.ts";

async function endThose(api: Api, log: Log, isOrphan: (job: string) => boolean | Promise<boolean>): Promise<void> {
  try {
    for (const run of await api.runs()) {
      const job = parseRunId(run.id)?.job;
      if (!job || isOver(run) || !(await isOrphan(job))) continue;
      log.warn({ run: run.id }, "a run that no job waits for is ended");
      await endRun(api, run.id, true, log);
    }
  } catch (error) {
    // the next look does it
    if (!(error instanceof Unreachable)) throw error;
  }
}

/** @param open every open job, asked for after the runs: a job is there before its run. Not asked for where nothing runs. */
export async function endOrphans(api: Api, open: () => Promise<readonly Pick<OpenJob, "id">[]>, log: Log): Promise<void> {
  let known: Set<string> | undefined;
  await endThose(api, log, async (job) => {
    known ??= new Set((await open()).map(({ id }) => id));
    return !known.has(job);
  });
}

/** For a job that cannot go on: it would fail, and its run hold the card. */
export async function endRunsOf(api: Api, job: string, log: Log): Promise<void> {
  await endThose(api, log, (of) => of === job).catch((error: unknown) => log.warn({ err: error }, "a run could not be ended"));
}
