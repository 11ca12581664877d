/** Makes the pictures of one job one after the other: adopt or post, wait, store. Shared by all that ComfyUI does. */
import type { Readable } from "node:stream";
import { Failure } from "../../../core/failure.ts";
import type { Run } from "../../../core/ports/engine.ts";
import type { Api } from "./api.ts";
import { cancelPrompt } from "./cancel.ts";
import type { Connection } from "./connection.ts";
import { Unreachable } from "./http.ts";
import { candidates, createPromptIds, placeDigits } from "./ids.ts";
import { createPromptRunner, type Finished, type PromptRunner } from "./prompt.ts";
import { fetchResult, MissingFile, resultFiles } from "./results.ts";
import { createTracker, type Share, type Tracker } from "./tracker.ts";
import { lookUp } from "./truth.ts";
import { type ComfyuiPatience, createPause, patienceWith } from "./wait.ts";
import type { Graph } from "./wire.ts";

export interface Series {
  /** At most 4096. */
  count: number;
  /** What a person calls one of them. */
  what?: "picture" | "video";
  /** Its part of the job's progress. Default: all of it. */
  share?: Share;
  /** Those that an earlier attempt kept are not made again. */
  done?(index: number): boolean;
  /** Checks, when ComfyUI answers, what could not be checked before; again with `refused` where ComfyUI then lacks a file. */
  prepare(refused: boolean): Promise<void>;
  /** Brings the picture to start from into ComfyUI and returns its name there; done before each post, for ComfyUI forgets it in a restart. */
  upload?(index: number): Promise<string>;
  graph(index: number, promptId: string, uploaded: string): Graph;
  /** Called for each file of a prompt in its order (`place`, from 0), and again from the first where one was lost on the way. */
  save(index: number, file: { mediaType: string; body: Readable; promptId: string; place: number }): Promise<void>;
  /** All files of this one are saved. */
  finished?(index: number): Promise<void>;
}

/** Ids of earlier attempts that ComfyUI still has, by picture; what cannot be adopted is stopped. */
async function findEarlier(api: Api, run: Run, series: Series, patience: ComfyuiPatience): Promise<Map<number, string>> {
  const { count } = series;
  const adopted = new Map<number, string>();
  for (const ref of run.earlierRefs)
    for (const { picture, id } of candidates(ref, placeDigits(count))) {
      if (series.done?.(picture)) continue;
      const { state } = await patience.insist(() => lookUp(api, id, run.signal));
      const usable = state === "done" || state === "running" || state === "pending";
      if (usable && picture < count && !adopted.has(picture)) adopted.set(picture, id);
      else if (state === "running" || state === "pending") await cancelPrompt(api, id, run.log);
    }
  return adopted;
}

/** Stores each file of a finished prompt; false when ComfyUI no longer has one of them. */
async function store(
  api: Api,
  run: Run,
  finished: Finished,
  patience: ComfyuiPatience,
  { save, what = "picture" }: Series,
  index: number,
): Promise<boolean> {
  const files = resultFiles(finished.outputs);
  if (files.length === 0) return false;
  for (const [place, file] of files.entries())
    for (let broken = 0; ; ) {
      try {
        await fetchResult(api, file, run.signal, (mediaType, body) => save(index, { mediaType, body, promptId: finished.id, place }));
        break;
      } catch (error) {
        if (error instanceof MissingFile) return false;
        if (!(error instanceof Unreachable) || ++broken > 3) throw error instanceof Unreachable ? brokenOff(what, error) : error;
        await patience.silent(error);
        await patience.ready();
      }
    }
  return true;
}

function brokenOff(what: string, cause: Unreachable): Failure {
  return new Failure(
    "engine_unavailable",
    `The finished ${what} could not be read from ComfyUI: the connection broke again and again. Retry the job.`,
    {
      retryable: true,
      cause,
    },
  );
}

/** Milliseconds that the first post waits for the socket. */
const openWithin = 2_000;

const lacksFile = (error: unknown) => error instanceof Failure && (error.code === "unknown_model" || error.code === "unknown_lora");

export async function makePictures(api: Api, connection: Connection, waitMinutes: number, run: Run, series: Series): Promise<void> {
  run.signal.throwIfAborted();
  const pause = createPause(run.signal);
  const ids = createPromptIds(connection.origin, placeDigits(series.count));
  let tracker: Tracker | undefined;
  let runner: PromptRunner | undefined;
  const say = (note: string) => (tracker ? tracker.waiting(note) : run.progress({ stage: "waiting", fraction: 0, note }));
  const patience = patienceWith(api, waitMinutes, run, say);
  if (!connection.open) await patience.ready();
  const listening = connection.listen({ onEvent: (event) => tracker?.onEvent(event), onChange: pause.wake });
  let earlier = new Map<number, string>();
  let refused = false;
  try {
    const socket = listening.of(connection.origin);
    earlier = await findEarlier(api, run, series, patience);
    await patience.insist(() => series.prepare(refused));
    // so that no event is missed; a socket that cannot be opened costs progress only
    if (!socket.open) await pause.sleep(Math.min(openWithin, api.timings.request));
    for (let index = 0; index < series.count; index++) {
      if (series.done?.(index)) continue;
      tracker = createTracker(run, { index, count: series.count, ...(series.share ? { share: series.share } : {}) }, pause.wake);
      runner = createPromptRunner({
        api,
        run,
        ids,
        picture: index,
        connection,
        listening,
        tracker,
        patience,
        pause,
        graph: async (promptId) => series.graph(index, promptId, (await series.upload?.(index)) ?? ""),
      });
      const { run: draw, cancel } = runner;
      const again = async (error: unknown) => {
        if (refused || !lacksFile(error)) throw error;
        refused = true;
        await cancel();
        // says what there is instead, or finds that the file came back
        await patience.insist(() => series.prepare(refused));
        return draw();
      };
      const adopt = earlier.get(index);
      earlier.delete(index);
      let finished = await draw(adopt === undefined ? undefined : { id: adopt, graph: series.graph(index, adopt, "") }).catch(again);
      for (let missing = 0; ; missing++) {
        tracker.storing();
        if (await store(api, run, finished, patience, series, index)) break;
        if (missing === 1)
          throw new Failure(
            "engine_failed",
            `ComfyUI finished without leaving a ${series.what ?? "picture"}. Look at its log, then retry the job.`,
          );
        run.log.warn({ prompt: finished.id }, "the files of a finished prompt are gone from ComfyUI; drawing it again");
        finished = await draw().catch(again);
      }
      await series.finished?.(index);
    }
  } catch (error) {
    await Promise.all([runner?.cancel(), ...[...earlier.values()].map((id) => cancelPrompt(api, id, run.log))]);
    throw run.signal.aborted ? run.signal.reason : error;
  } finally {
    listening.end();
  }
}
