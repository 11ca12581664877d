/** One item from taken to finished: its lock is renewed, its end is told to BullMQ, and it can be let go of. */
import { type Job, UnrecoverableError } from "bullmq";
import type { Log } from "../../core/log.ts";
import { TryAgain } from "../../core/ports/queue.ts";
import type { Backend, BullQueue } from "./backend.ts";
import { within } from "./failures.ts";

export interface Taken {
  job: Job;
  token: string;
  family: string;
}

export interface RunningItem {
  readonly done: Promise<void>;
  /** Gives it to whoever takes it next, and tells the handler by its signal. */
  letGo(): Promise<void>;
}

interface RunParts {
  backend: Backend;
  queue: BullQueue;
  lockMs: number;
  log: Log;
  handle(id: string, lost: AbortSignal): Promise<void>;
}

/** Back to the front of its priority, as if it had not been taken. Should that fail, its lock runs out. */
export async function giveBack({ job, token }: Taken, backend: Backend, log: Log): Promise<void> {
  await within(backend.patienceMs, job.moveToWait(token)).catch((error: unknown) =>
    log.debug({ err: error, job: job.id }, "an item could not be given back; it comes back when its lock runs out"),
  );
}

export function runItem(item: Taken, parts: RunParts): RunningItem {
  const { job, token } = item;
  const { backend, lockMs } = parts;
  const log = parts.log.child({ job: job.id, family: item.family });
  const lost = new AbortController();
  let ours = true;

  const giveUp = (why: string): void => {
    ours = false;
    clearInterval(renewal);
    lost.abort(new Error(why));
  };

  /** A lock that ran out while the server was away, or that went with a FLUSHALL, is no reason to stop: only another holder is. */
  const takenByAnother = async (): Promise<boolean> => {
    const now = await parts.queue.getJob(`${job.id}`);
    return now !== undefined && now.processedOn !== job.processedOn && (await parts.queue.getJobState(`${job.id}`)) === "active";
  };

  const renew = async (): Promise<void> => {
    try {
      if ((await job.extendLock(token, lockMs)) === 1 || !(await takenByAnother()) || !ours) return;
      log.warn({}, "the queue has given a running item to somebody else");
      giveUp("the queue has given this item to somebody else");
    } catch (error) {
      log.debug({ err: error }, "a lock could not be renewed");
    }
  };
  const renewal = setInterval(renew, lockMs / 3);

  const run = async (): Promise<void> => {
    let end: () => Promise<unknown> = () => job.moveToCompleted(null, token, false);
    try {
      await parts.handle(`${job.id}`, lost.signal);
    } catch (error) {
      const known = error instanceof TryAgain;
      if (!known) log.error({ err: error }, "a queue item ended with an unforeseen error");
      const reason = known ? error : new UnrecoverableError(error instanceof Error ? error.message : "failed");
      end = () => job.moveToFailed(reason, token, false);
    }
    clearInterval(renewal);
    if (!ours) return;
    // when this fails the item comes back after its lock has run out; its row then says that there is nothing to do
    await within(backend.patienceMs, end()).catch((error: unknown) =>
      log.warn({ err: error }, "the queue could not be told that an item has ended"),
    );
  };

  return {
    done: run(),
    async letGo() {
      if (!ours) return;
      giveUp("this worker stops");
      await giveBack(item, backend, log);
    },
  };
}
