/** One piece of work that is no training: begun once, adopted by a later attempt, followed to its end, tried again where it was only interrupted. */
import { Failure } from "../../../core/failure.ts";
import type { Run } from "../../../core/ports/engine.ts";
import type { Patience } from "../patience.ts";
import type { Api } from "./api.ts";
import { begin } from "./begin.ts";
import { workFailure } from "./failures.ts";
import { follow } from "./follow.ts";
import { letGo } from "./let-go.ts";
import { parseRunId, runId } from "./run-ids.ts";
import { standing } from "./standing.ts";
import { upload } from "./upload.ts";
import type { RunEvent, RunView } from "./wire.ts";
import { notMade, type Words } from "./words.ts";

export interface Work {
  /** As gpu-host lists it. */
  engine: string;
  params: object;
  /** Files that the params name, by their hex SHA-256. */
  inputs: ReadonlyMap<string, Uint8Array>;
  /** What must be there in the end: these names and no other. */
  files: readonly string[];
  /** Which piece of the attempt's work this is, from 0: the same in each attempt. */
  piece: number;
}

export interface CarryParts {
  api: Api;
  run: Run;
  patience: Patience;
  words: Words;
  waiting(note: string): void;
  on(event: RunEvent): void;
}

/** Places of the runs of one piece. */
const places = 100;
/** Runs of one attempt that only end early. */
const maxRuns = 3;
/** Ended by what the next run need not meet. */
const passing = new Set(["interrupted", "stalled"]);

const pieceOf = ({ id }: RunView): number => Math.floor((parseRunId(id)?.place ?? 0) / places);

function hasMade({ results }: RunView, files: readonly string[]): boolean {
  const names = new Set(results.map(({ name }) => name));
  return names.size === files.length && files.every((name) => names.has(name));
}

/** The run, with its results there. Failures as `workFailure` and `refusalFailure` have them. */
export async function carryOut(parts: CarryParts, work: Work): Promise<RunView> {
  const { api, run, patience, words } = parts;
  /** The run that may be on the card because of us. */
  let current: string | undefined;
  let place = work.piece * places;

  const bring = async () => {
    for (const [sha256, bytes] of work.inputs) await upload(parts, sha256, bytes);
  };
  const start = async (): Promise<string> => {
    const id = runId({ job: run.job.id, attempt: run.attempt, place: place++, smaller: false });
    await run.setEngineRef(id);
    current = id;
    await begin({ ...parts, bring }, { id, engine: work.engine, params: work.params });
    return id;
  };
  const adopt = async ({ id }: RunView): Promise<string> => {
    // the record says who follows it, and a worker that was overtaken learns it here
    await run.setEngineRef(id);
    current = id;
    return id;
  };

  const carry = async (): Promise<RunView> => {
    const found = await standing(api, run, patience, parts.waiting, (view) => pieceOf(view) === work.piece && view.engine === work.engine);
    if ("done" in found && hasMade(found.done, work.files)) {
      await run.setEngineRef(found.done.id);
      return found.done;
    }
    let adopted = "adopt" in found ? found.adopt : undefined;
    for (let ended = 0; ended < maxRuns; ended++) {
      const own = adopted === undefined;
      const id = adopted ? await adopt(adopted) : await start();
      adopted = undefined;
      const end = await follow(api, id, run.signal, patience, parts.on);
      current = undefined;
      if (end?.state === "succeeded" && hasMade(end, work.files)) return end;
      run.log.warn({ run: id, state: end?.state, failure: end?.failure }, "a run ended without its result");
      if (end?.state === "succeeded" && own) {
        await api.remove(id).catch(() => undefined);
        throw new Failure(
          "engine_failed",
          `${notMade(words, work.engine)}: it ended without the file. Look at the log of gpu-host, then retry the job.`,
        );
      }
      // an earlier version asked for something else, or somebody took it out: this attempt asks for its own
      if (end && end.state !== "succeeded" && !passing.has(end.failure?.code ?? "")) throw workFailure(end, words);
    }
    throw new Failure(
      "engine_failed",
      `${notMade(words, work.engine)}: its program was ended from outside ${maxRuns} times. Look at the log of gpu-host and at that machine's memory, then retry the job.`,
      { retryable: true },
    );
  };

  try {
    return await carry();
  } catch (error) {
    await letGo(api, run, current, error);
    throw run.signal.aborted ? run.signal.reason : error;
  }
}
