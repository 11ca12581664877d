/** Frees jobs that waited for others as soon as those have ended. A message that is lost costs only time: the reconciler does the same at every look. */
import type { BusMessage } from "../core/event.ts";
import { isTerminal } from "../core/job.ts";
import type { Log } from "../core/log.ts";
import type { Bus } from "../core/ports/bus.ts";
import type { JobStore } from "../core/ports/job-store.ts";
import type { Queue } from "../core/ports/queue.ts";

export interface NeedsParts {
  jobs: Pick<JobStore, "freeNeeds">;
  queue: Pick<Queue, "add">;
  log: Log;
}

/** What is freed and does not reach the queue is added by the reconciler. */
export async function freeNeeds({ jobs, queue, log }: NeedsParts): Promise<void> {
  for (const job of await jobs.freeNeeds()) {
    log.info({ job: job.id, family: job.family }, "what the job waited for is there");
    await queue.add(job);
  }
}

/** @returns how to stop; waits for the look that is under way. */
export function watchNeeds(parts: NeedsParts & { bus: Bus }): () => Promise<void> {
  let looking: Promise<void> | undefined;
  let again = false;
  const look = async (): Promise<void> => {
    do {
      again = false;
      await freeNeeds(parts).catch((error: unknown) =>
        parts.log.warn({ err: error }, "jobs that wait for others are freed by the reconciler"),
      );
    } while (again);
    looking = undefined;
  };
  const stopHearing = parts.bus.subscribe((message: BusMessage) => {
    if (message.type !== "changed" || !isTerminal(message.state)) return;
    if (looking) again = true;
    else looking = look();
  });
  return async () => {
    stopHearing();
    again = false;
    await looking;
  };
}
