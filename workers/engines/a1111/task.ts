/** One task from post to answer: posted once, followed by its state, posted anew only when it is known to be gone. */
import { randomBytes } from "node:crypto";
import type { Run } from "../../../core/ports/engine.ts";
import { type Patience, pause } from "../patience.ts";
import type { Api } from "./api.ts";
import { type Orphans, stopTask } from "./cancel.ts";
import { interrupted, lostAgain, noPicture, withoutTasks, workFailure } from "./failures.ts";
import { type Answer, Unreachable } from "./http.ts";
import type { Tracker } from "./tracker.ts";
import { isBusy, lookUp } from "./truth.ts";
import { drawn, type Info, info as infoShape, type State } from "./wire.ts";

export interface TaskParts {
  api: Api;
  run: Run;
  route: "txt2img" | "img2img";
  body: object;
  tracker: Tracker;
  patience: Patience;
  orphans: Orphans;
}

export interface Drawn {
  images: string[];
  info: Info;
}

/** A task that was lost is posted anew this often. */
const mostPosts = 3;

/** Names of one attempt's posts; from the one that is stored the others are known. */
const taskId = (base: string, post: number) => `${base}-${post}`;
export const taskBase = (run: Pick<Run, "job" | "attempt">) => `msb-${run.job.id}-${run.attempt}-${randomBytes(4).toString("hex")}`;

/** Every task that the attempt which stored this name may have posted, the newest first. */
export function tasksOf(ref: string): string[] {
  const [, base, post] = /^(msb-.{1,120})-(\d)$/.exec(ref) ?? [];
  return base === undefined ? [] : Array.from({ length: Number(post) + 1 }, (_, back) => taskId(base, Number(post) - back));
}

const broken = ({ interrupted, skipped, stopping_generation }: State) => interrupted || skipped || stopping_generation;

/** Ours goes behind whatever is drawn and waits now, and not behind what comes later: a page that is never idle would keep it out for ever. */
export async function untilFree(api: Api, run: Run, tracker: Pick<Tracker, "waiting">, patience: Patience): Promise<void> {
  const seen = new Set<string>();
  for (let quiet = 0; quiet < 3; ) {
    const { busy, pending, since } = await patience.insist(() => isBusy(api, run.signal));
    // what failed before it began waits for ever in the list
    if (!busy && pending === 0) return;
    quiet = busy ? 0 : quiet + 1;
    if (busy) seen.add(since);
    if (seen.size > 2) return;
    tracker.waiting("A1111/Forge is busy with another picture; ours comes after it");
    await pause(api.timings.poll, run.signal);
  }
}

/** Failures of ours, or the signal's reason; nothing of the task is left running then. */
export async function drawTask(base: string, parts: TaskParts): Promise<Drawn> {
  const { api, run, tracker, patience } = parts;
  // what cannot be followed is not begun
  await patience.insist(() => api.task(taskId(base, 0), { signal: run.signal }));
  for (let post = 0; post < mostPosts; post++) {
    await untilFree(api, run, tracker, patience);
    const id = taskId(base, post);
    await run.setEngineRef(id);
    const found = await postAndFollow(id, parts);
    if (found) return found;
    run.log.warn({ task: id }, "the answer of a task was lost; drawing it again");
  }
  throw lostAgain();
}

/** Undefined when its pictures can no longer reach us. */
async function postAndFollow(id: string, parts: TaskParts): Promise<Drawn | undefined> {
  const { api, run, orphans } = parts;
  const hangUp = new AbortController();
  const call = api.post(`/sdapi/v1/${parts.route}`, { ...parts.body, force_task_id: id }, { signal: hangUp.signal }).then(
    (answer) => ({ answer }),
    (error: unknown) => ({ error }),
  );
  try {
    const answer = await follow(id, call, parts);
    return answer && (await judge(id, answer.answer, answer.broken, parts));
  } catch (error) {
    if ((await stopTask(api, id, run.log, { late: api.timings.late })) !== "stopped") orphans.adopt(id);
    throw run.signal.aborted ? run.signal.reason : error;
  } finally {
    hangUp.abort(new Error("the task is over for us"));
  }
}

type Call = Promise<{ answer: Answer } | { error: unknown }>;

/** Undefined when the answer is lost, and the task with it. */
async function follow(id: string, call: Call, parts: TaskParts): Promise<{ answer: Answer; broken: boolean } | undefined> {
  const { api, run, tracker, patience } = parts;
  const { poll, answer: patient, unknown: tooLong } = api.timings;
  let preview = -1;
  let flagged = false;
  let known = false;
  let overSince: number | undefined;
  const posted = Date.now();
  for (;;) {
    const ended = await first(call, poll, run.signal);
    if (ended && "answer" in ended) return { answer: ended.answer, broken: flagged };
    if (ended && !(ended.error instanceof Unreachable)) throw ended.error;
    if (ended) {
      run.log.warn({ err: ended.error, task: id }, "the connection to A1111/Forge broke while it drew");
      await endLost(id, parts);
      return undefined;
    }
    try {
      const found = await lookUp(api, id, { signal: run.signal, preview });
      patience.answered();
      preview = found.previewId;
      if (found.where === "queued") tracker.waiting("A1111/Forge is busy with another picture; ours comes after it");
      if (found.where === "running") {
        flagged ||= broken(found.state);
        tracker.running(found);
      }
      known ||= found.where !== "unknown";
      if (!known && Date.now() - posted > tooLong) throw withoutTasks(api.http.address);
      overSince = found.where === "over" || (known && found.where === "unknown") ? (overSince ?? Date.now()) : undefined;
      if (overSince !== undefined && Date.now() - overSince > patient) return undefined;
    } catch (error) {
      // it may only be loading; the call itself says when it is gone
      if (!(error instanceof Unreachable)) throw error;
      await patience.silent(error);
    }
  }
}

/** Our connection is gone; where it still draws for us, that is for nothing. */
async function endLost(id: string, { api, run, tracker, patience, orphans }: TaskParts): Promise<void> {
  await patience.insist(() => api.state(run.signal));
  tracker.waiting("The connection to A1111/Forge broke; drawing again");
  if ((await stopTask(api, id, run.log, { late: api.timings.late })) !== "stopped") orphans.adopt(id);
  run.signal.throwIfAborted();
}

async function first(call: Call, ms: number, signal: AbortSignal): Promise<Awaited<Call> | undefined> {
  const stop = new AbortController();
  const ended = await Promise.race([call, pause(ms, AbortSignal.any([signal, stop.signal])).catch(() => undefined)]);
  stop.abort();
  signal.throwIfAborted();
  return ended ?? undefined;
}

/** An answer of 200 may still be that of an interrupted task: then its pictures are half drawn. */
async function judge(id: string, answer: Answer, flagged: boolean, { api, run }: TaskParts): Promise<Drawn> {
  if (answer.status !== 200) throw workFailure(answer, run.log);
  const parsed = drawn.safeParse(answer.body).data;
  const info = infoShape.safeParse(toJson(parsed?.info ?? "")).data;
  if (!parsed || !info) throw noPicture("its answer is not one of A1111's");
  const state = await api.state(run.signal).catch((error: unknown) => {
    // whole answer, gone since
    if (error instanceof Unreachable) return undefined;
    throw error;
  });
  const ours = state && (info.job_timestamp ? state.job_timestamp === info.job_timestamp : state.job === "");
  if (flagged || (ours && broken(state))) {
    run.log.warn({ task: id }, "a task was interrupted inside A1111/Forge");
    throw interrupted();
  }
  if (info.version) api.version = info.version;
  return { images: parsed.images ?? [], info };
}

function toJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
