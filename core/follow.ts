/** One job as parts of a chat turn: its states with place in line and ETA, progress, previews, files, and its failure once. */
import { setTimeout as sleep } from "node:timers/promises";
import type { Part } from "./chat.ts";
import type { Outlook } from "./describe.ts";
import type { JobEvent, LiveEvent } from "./event.ts";
import { toFailure } from "./failure.ts";
import { isTerminal, type JobWithArtifacts } from "./job.ts";
import type { Principal } from "./principal.ts";
import type { Studio } from "./studio.ts";
import { artifactView, jobView } from "./view.ts";

export interface FollowOptions {
  /** Milliseconds between two looks at the place in line while a job waits; they grow to five times this while nothing moves. Default 3000. */
  refreshMs?: number;
  /** Times in a row that a lost watch is taken up again. Default 5. */
  tries?: number;
}

const quiet = Symbol("nothing happened");

/** Settles with `quiet` after `ms`; the promise itself is left as it is, to be waited for again. */
async function within<T>(promise: Promise<T>, ms: number | undefined): Promise<T | typeof quiet> {
  if (ms === undefined) return promise;
  let timer: NodeJS.Timeout | undefined;
  const time = new Promise<typeof quiet>((resolve) => {
    timer = setTimeout(resolve, ms, quiet);
  });
  try {
    return await Promise.race([promise, time]);
  } finally {
    clearTimeout(timer);
  }
}

/** Ends when the job is terminal or the signal fires. Throws nothing: a job that cannot be followed is an `error` part. */
export async function* followJob(
  studio: Studio,
  principal: Principal,
  id: string,
  signal: AbortSignal,
  { refreshMs = 3000, tries = 5 }: FollowOptions = {},
): AsyncGenerator<Part> {
  const artifacts = new Set<string>();
  let shown = "";
  let job: JobWithArtifacts | undefined;
  let outlook: Outlook = {};
  let outlookAt = 0;
  let failedAttempt = -1;
  let seen = 0;
  let lost = 0;

  async function* look(refresh = false): AsyncGenerator<Part> {
    job = await studio.get(principal, id);
    // a place in line is a comfort: following must not end because it cannot be told
    const next: Outlook = isTerminal(job.state) ? {} : await studio.outlook(job).catch(() => ({}));
    const now = `${job.state} ${job.attempt} ${job.queuedAt.getTime()}`;
    if (refresh ? next.position !== outlook.position || now !== shown : now !== shown) {
      outlook = next;
      outlookAt = Date.now();
      shown = now;
      yield { type: "job", job: jobView(job, outlook) };
    }
    if (job.state === "failed" && job.attempt !== failedAttempt) {
      failedAttempt = job.attempt;
      if (job.error) yield { type: "error", error: job.error, job: id };
    }
  }

  function remaining(): { seconds?: [number, number] } {
    if (!outlook.seconds || job?.state !== "running") return {};
    const gone = (Date.now() - outlookAt) / 1000;
    const [from, to] = outlook.seconds;
    return { seconds: [Math.max(0, from - gone), Math.max(1, to - gone)] };
  }

  async function* partsOf(event: JobEvent | LiveEvent): AsyncGenerator<Part> {
    if (event.type === "state") yield* look();
    else if (event.type === "progress") yield { type: "progress", job: id, progress: event.progress, ...remaining() };
    else if (event.type === "preview") yield { type: "preview", job: id, media_type: event.mediaType, data: event.data };
    else if (!artifacts.has(event.artifact.id)) {
      artifacts.add(event.artifact.id);
      yield { type: "artifact", job: id, artifact: artifactView(event.artifact) };
    }
    // only now: what could not be turned into parts comes again after a lost connection
    if ("seq" in event) seen = event.seq;
  }

  async function* once(): AsyncGenerator<Part> {
    const events = studio.watch(principal, id, { after: seen, signal })[Symbol.asyncIterator]();
    let pause = refreshMs;
    let next = events.next();
    try {
      while (!signal.aborted) {
        const heard = await within(next, job?.state === "queued" ? pause : undefined);
        if (signal.aborted) return;
        if (heard === quiet) {
          const before = outlook.position;
          yield* look(true);
          pause = outlook.position === before ? Math.min(pause * 1.5, refreshMs * 5) : refreshMs;
          continue;
        }
        if (heard.done) return;
        lost = 0;
        next = events.next();
        yield* partsOf(heard.value);
      }
    } finally {
      next.catch(() => undefined);
      events.return?.().catch(() => undefined);
    }
  }

  while (!signal.aborted) {
    try {
      yield* once();
      if (signal.aborted) return;
      yield* look();
      if (job && isTerminal(job.state)) return;
    } catch (error) {
      if (signal.aborted) return;
      const failure = toFailure(error);
      if (!failure.retryable || ++lost > tries) {
        yield { type: "error", error: failure.view(), job: id };
        return;
      }
    }
    await sleep(Math.min(refreshMs, 1000), undefined, { signal }).catch(() => undefined);
  }
}
