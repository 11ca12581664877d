/** Follows jobs for whoever subscribed to their resources, and tells when one may have to be read again. */
import { setTimeout as sleep } from "node:timers/promises";
import { ProtocolError, ProtocolErrorCode, ResourceNotFoundError } from "@modelcontextprotocol/server";
import { toFailure } from "../core/failure.ts";
import type { Door } from "./door.ts";
import { jobIdOf } from "./files.ts";

export interface JobWatches {
  /** The first word comes at once: what was read before the subscription may be old. Throws for what is no job of the person's, and over the limit. */
  add(uri: string): Promise<void>;
  /** Once for each `add`. */
  remove(uri: string): void;
  close(): void;
}

export interface WatchLimits {
  /** Resources at once. Default 32. */
  max: number;
  /** Milliseconds between two words about one job: progress comes four times a second. Default 1000. */
  gapMs: number;
}

interface Watch {
  times: number;
  stop: AbortController;
  /** The job is: nothing more comes of it, unless it is retried and subscribed to again. */
  over: boolean;
}

const retryMs = 5000;

/** At once, then at most every `gapMs`; the last word is never swallowed. */
function paced(tell: () => void, gapMs: number): () => void {
  let timer: NodeJS.Timeout | undefined;
  let due = false;
  const say = (): void => {
    if (timer) {
      due = true;
      return;
    }
    tell();
    timer = setTimeout(() => {
      timer = undefined;
      if (due) say();
      due = false;
    }, gapMs);
    timer.unref();
  };
  return say;
}

/** The job that the resource shows. Throws for what is no job of the person's. */
export async function ownJob(door: Pick<Door, "job">, uri: string): Promise<string> {
  const id = jobIdOf(uri);
  if (id === undefined) throw new ResourceNotFoundError(uri, "Only myspinbot://jobs/{id} changes, and can be subscribed to.");
  try {
    await door.job(id);
    return id;
  } catch (error) {
    const failure = toFailure(error);
    if (failure.code === "unknown_job") throw new ResourceNotFoundError(uri, failure.message);
    throw new ProtocolError(ProtocolErrorCode.InternalError, `${failure.code}: ${failure.message}`);
  }
}

export function createJobWatches(
  door: Pick<Door, "job" | "watch">,
  tell: (uri: string) => void,
  { max = 32, gapMs = 1000 }: Partial<WatchLimits> = {},
): JobWatches {
  const watches = new Map<string, Watch>();
  const closing = new AbortController();

  const follow = async (uri: string, id: string, signal: AbortSignal): Promise<void> => {
    const say = paced(() => {
      if (!signal.aborted) tell(uri);
    }, gapMs);
    while (!signal.aborted) {
      try {
        for await (const event of door.watch(id, { signal })) if (event["type"] !== "preview") say();
        return;
      } catch (error) {
        // the studio may be away for a while; the job itself is not
        if (signal.aborted || toFailure(error).code === "unknown_job") return;
        await sleep(retryMs, undefined, { signal, ref: false }).catch(() => undefined);
      }
    }
  };

  const start = (uri: string, id: string, watch: Watch): void => {
    watch.over = false;
    void follow(uri, id, watch.stop.signal).then(() => {
      watch.over = true;
    });
  };

  return {
    async add(uri) {
      const id = await ownJob(door, uri);
      // whoever left in between would be followed for as long as the job lasts
      if (closing.signal.aborted) return;
      const known = watches.get(uri);
      if (known) {
        known.times += 1;
        if (known.over) start(uri, id, known);
        return;
      }
      const done = [...watches].find(([, watch]) => watch.over);
      if (watches.size >= max && done) watches.delete(done[0]);
      if (watches.size >= max)
        throw new ProtocolError(ProtocolErrorCode.InternalError, `At most ${max} subscriptions at once. Unsubscribe from one first.`);
      const watch = { times: 1, stop: new AbortController(), over: false };
      watches.set(uri, watch);
      start(uri, id, watch);
    },
    remove(uri) {
      const watch = watches.get(uri);
      if (!watch) return;
      watch.times -= 1;
      if (watch.times > 0) return;
      watches.delete(uri);
      watch.stop.abort();
    },
    close() {
      closing.abort();
      for (const { stop } of watches.values()) stop.abort();
      watches.clear();
    },
  };
}
