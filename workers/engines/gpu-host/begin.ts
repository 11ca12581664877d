/** Posts a run until gpu-host has accepted it: the card is waited for, missing files are brought, an unclear answer is asked for again. */
import type { Run } from "../../../core/ports/engine.ts";
import { type Patience, pause } from "../patience.ts";
import type { Api, Start } from "./api.ts";
import { endRun } from "./cancel.ts";
import { refusalFailure } from "./failures.ts";
import { Refused } from "./http.ts";
import { parseRunId } from "./run-ids.ts";
import type { Words } from "./words.ts";

export interface BeginParts {
  api: Api;
  run: Run;
  patience: Patience;
  words: Words;
  /** While nothing can be done. */
  waiting(note: string): void;
  /** Uploads what the run needs. */
  bring(): Promise<void>;
}

/** What is saved there cannot be gone on from, and asking again would not help. */
const noWayOn = new Set(["resume_mismatch", "nothing_to_resume", "unknown_run"]);

/** Uploads in a row after which files that are still missing are a fault. */
const maxUploads = 3;

async function cardBusy({ api, run, patience, waiting }: BeginParts): Promise<void> {
  const { owner } = await patience.insist(() => api.gpu(run.signal));
  if (owner !== null && parseRunId(owner)?.job === run.job.id) {
    // a post of an earlier worker that came late: it would do the same twice
    await endRun(api, owner, true, run.log);
    return;
  }
  if (owner !== null) waiting("The card works on another run; this one begins when that is over");
  await pause(api.timings.poll, run.signal);
}

/** Returns when it is accepted: whether it goes on from another, and what must be said where it could not. Failures as `refusalFailure` has them. */
export async function begin(parts: BeginParts, wanted: Start): Promise<{ resumed: boolean; said?: string }> {
  const { api, run, patience, words } = parts;
  let start = wanted;
  let said: string | undefined;
  for (let uploads = 0; ; ) {
    try {
      await patience.insist(() => api.start(start, run.signal));
      return { resumed: start.resumeFrom !== undefined, ...(said ? { said } : {}) };
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
      if (error.code === "card_busy") await cardBusy(parts);
      else if (error.code === "input_missing" && uploads < maxUploads) {
        uploads++;
        await parts.bring();
      } else if (error.code === "run_active" && start.resumeFrom) await endRun(api, start.resumeFrom, true, run.log);
      else if (start.resumeFrom && noWayOn.has(error.code)) {
        run.log.warn({ code: error.code, from: start.resumeFrom }, "gpu-host cannot go on from the earlier run");
        said = `Starts again from step 0: ${error.code === "resume_mismatch" ? "its captions or settings were changed since" : "what was saved is no longer on the GPU machine"}`;
        start = { id: start.id, engine: start.engine, params: start.params };
      } else throw refusalFailure(error, words);
    }
  }
}
