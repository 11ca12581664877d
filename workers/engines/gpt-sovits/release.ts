/** Gives the card back, which GPT-SoVITS does only by ending: done where that was allowed, said where it was not. */
import { Failure } from "../../../core/failure.ts";
import { pause } from "../patience.ts";
import { isSovits } from "./engine-status.ts";
import { type Http, Unreachable } from "./http.ts";
import type { GptSovitsOptions, Timings } from "./options.ts";
import { orAborted, type Turns } from "./turns.ts";

interface ReleaseParts {
  http: Http;
  turns: Turns;
  timings: Timings;
  options: Pick<GptSovitsOptions, "mayExit" | "log">;
}

const stays =
  "its models stay on the graphics card until it is ended. Where something starts it again by itself (systemd, a container), GPT_SOVITS_EXIT=yes lets MySpinBot end it; else end it yourself";

export function createRelease({ http, turns, timings, options }: ReleaseParts): (signal: AbortSignal) => Promise<void> {
  const isGone = async (signal: AbortSignal): Promise<boolean> => {
    try {
      await http.get("/openapi.json", timings.status, signal);
      return false;
    } catch (error) {
      signal.throwIfAborted();
      return error instanceof Unreachable;
    }
  };

  return async (signal) => {
    await orAborted(turns.idle(), signal);
    if (await isGone(signal)) return;
    if (!options.mayExit) throw new Failure("engine_failed", `GPT-SoVITS does not give memory back: ${stays}.`);
    // another program at this address must hear nothing of it; and one that speaks for somebody else is not ended in the middle
    if (!(await isSovits(http, timings.line, signal))) return;
    options.log.info({ url: http.address }, "GPT-SoVITS is ended, so that the graphics card is free");
    // it ends before it answers, or answers with an error
    await http.get("/control?command=exit", timings.status, signal).catch(() => signal.throwIfAborted());
    for (const end = Date.now() + timings.exit; !(await isGone(signal)); await pause(100, signal))
      if (Date.now() > end)
        throw new Failure("engine_failed", "GPT-SoVITS did not end when it was told to. End it yourself, then retry the job.", {
          retryable: true,
        });
  };
}
