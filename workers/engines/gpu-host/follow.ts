/** Follows a run to its end through broken connections and restarts of gpu-host: each event once, by its number. */

import type { Patience } from "../patience.ts";
import { pause } from "../patience.ts";
import type { Api } from "./api.ts";
import { Refused, Unreachable } from "./http.ts";
import { isOver, type RunEvent, type RunView } from "./wire.ts";

/** The run as it ended; undefined where gpu-host no longer knows it. */
export async function follow(
  api: Api,
  id: string,
  signal: AbortSignal,
  patience: Patience,
  hear: (event: RunEvent) => void,
): Promise<RunView | undefined> {
  let after = 0;
  for (;;) {
    try {
      for await (const event of api.events(id, after, signal)) {
        patience.answered();
        if (event.seq !== undefined) {
          if (event.seq <= after) continue;
          after = event.seq;
        }
        hear(event);
      }
      const run = await api.run(id, signal);
      patience.answered();
      if (isOver(run)) return run;
      // a stream that ends before its run does: not at once again and again
      await pause(api.timings.retry, signal);
    } catch (error) {
      if (error instanceof Refused && error.code === "unknown_run") return undefined;
      if (!(error instanceof Unreachable)) throw error;
      await patience.silent(error);
    }
  }
}
