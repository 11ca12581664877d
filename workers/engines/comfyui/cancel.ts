/** Stops exactly one prompt of ours, and makes sure that it has stopped. */
import { setTimeout as sleep } from "node:timers/promises";
import type { Log } from "../../../core/log.ts";
import type { Api } from "./api.ts";
import { lookUp } from "./truth.ts";

const short = 2_000;

async function tell(api: Api, id: string): Promise<void> {
  const { status, body } = await api.post(`/api/jobs/${id}/cancel`, {}, { timeout: short });
  if (status === 200 && typeof body === "object" && body !== null && "cancelled" in body) return;
  // an older server has no such route: out of the queue first, so that it cannot start in between
  await api.post("/queue", { delete: [id] }, { timeout: short });
  // asked for by name even where the server would check it: the oldest servers ignore the name and stop whatever runs
  const { queue_running } = await api.queue();
  if (queue_running.some((item) => item[1] === id)) await api.post("/interrupt", { prompt_id: id }, { timeout: short });
}

/**
 * @param late milliseconds during which "unknown" is not believed, because the post may still arrive.
 * Never throws: a ComfyUI that is gone has no prompt of ours left to stop. True when it is known to have stopped.
 */
export async function cancelPrompt(api: Api, id: string, log: Log, late = 0): Promise<boolean> {
  const start = Date.now();
  const end = start + api.timings.confirm;
  let silences = 0;
  for (let wait = 50; Date.now() < end; wait = Math.min(wait * 2, 500)) {
    try {
      const { state } = await lookUp(api, id);
      // told again as long as it is there: it may have arrived, or moved from the queue into work, after we told
      if (state === "pending" || state === "running") await tell(api, id);
      else if (state !== "unknown" || Date.now() - start >= late) return true;
    } catch (error) {
      log.debug({ err: error, prompt: id }, "ComfyUI did not answer while a prompt was cancelled");
      if (++silences === 4) break;
    }
    await sleep(wait);
  }
  log.warn({ prompt: id }, "ComfyUI did not confirm that a cancelled prompt stopped");
  return false;
}
