/** One attempt of a training: adopts or begins a run, follows it, goes on after what passes, publishes what it made. */
import type { Asset, DatasetDetails } from "../../../core/asset.ts";
import { Failure } from "../../../core/failure.ts";
import type { Run, TrainRequest } from "../../../core/ports/engine.ts";
import type { Api } from "./api.ts";
import { begin } from "./begin.ts";
import { endFailure } from "./failures.ts";
import { follow } from "./follow.ts";
import { type Known, trainerId } from "./known.ts";
import { leftOf, runsOf } from "./left.ts";
import { letGo } from "./let-go.ts";
import { lookBack } from "./look-back.ts";
import { adopted, afterEarlier, afterEnd, type Next } from "./next.ts";
import type { GpuHostOptions } from "./options.ts";
import { createOrders } from "./orders.ts";
import { endRunsOf } from "./orphans.ts";
import { paramsOf, smaller } from "./params.ts";
import { createPreviews } from "./previews.ts";
import { publish, type Trained } from "./publish.ts";
import { parseRunId, runId } from "./run-ids.ts";
import type { Scratch } from "./scratch.ts";
import { createTeller } from "./teller.ts";
import { uploadPictures } from "./upload.ts";
import { patienceWith } from "./wait.ts";
import type { RunView } from "./wire.ts";
import { training } from "./words.ts";

/** Runs in a row that end without having saved anything further. */
const maxIdle = 3;

export interface TrainParts {
  api: Api;
  known: Known;
  scratch: Scratch;
  options: GpuHostOptions;
}

/** Where it is gone for good, so is the job: an earlier attempt's run must not train on for nobody. */
async function datasetOf(api: Api, request: TrainRequest, run: Run): Promise<{ dataset: Asset; details: DatasetDetails }> {
  try {
    const dataset = await run.asset("dataset", request.dataset);
    if (dataset.details.kind === "dataset") return { dataset, details: dataset.details };
    throw new Failure("invalid_input", `${dataset.name} is no dataset. Make one of the pictures, then train again.`);
  } catch (error) {
    if (error instanceof Failure && !error.retryable && !run.signal.aborted) await endRunsOf(api, run.job.id, run.log);
    throw error;
  }
}

/** Failures of the training itself, and those of `publish`. */
export async function train({ api, known, scratch, options }: TrainParts, request: TrainRequest, run: Run): Promise<void> {
  const { dataset, details } = await datasetOf(api, request, run);
  const teller = createTeller(run, request.steps);
  const patience = patienceWith(api, options.waitMinutes, run, training, teller.waiting);
  const previews = createPreviews(api, run);
  const orders = createOrders(api, run, request, patience, teller);
  /** The run that may be on the card because of us. */
  let current: string | undefined;
  let place = 0;

  const asRan = (id: string): TrainRequest => (parseRunId(id)?.smaller ? (smaller(request)?.request ?? request) : request);
  const sameSettings = async (id: string): Promise<RunView[]> => {
    const all = await patience.insist(() => runsOf(api, run.job.id, run.signal));
    return all.filter((view) => parseRunId(view.id)?.smaller === parseRunId(id)?.smaller);
  };

  const result = async (view: RunView): Promise<Trained | undefined> => {
    const runs = await sameSettings(view.id);
    const ran = asRan(view.id);
    const trained = { asked: request, ran, params: paramsOf(ran, details), dataset, runs };
    const [file] = view.results;
    if (view.state === "succeeded" && file) return { ...trained, wanted: { run: view.id, name: file.name, sha256: file.sha256 } };
    if (!orders.kept) return undefined;
    const { checkpoints } = await patience.insist(() => leftOf(api, runs, run.signal));
    const kept = checkpoints.at(-1);
    return kept && { ...trained, wanted: { run: kept.run, name: kept.name } };
  };

  const start = async (next: Next): Promise<string> => {
    const id = runId({ job: run.job.id, attempt: run.attempt, place: place++, smaller: next.smaller });
    teller.keepSaying("start", next.said);
    await run.setEngineRef(id);
    current = id;
    const wanted = { id, engine: trainerId, params: paramsOf(asRan(id), details), resumeFrom: next.resumeFrom?.run };
    const bring = () => uploadPictures(api, run, details, patience, teller);
    const { said, resumed } = await begin({ api, run, patience, words: training, waiting: teller.waiting, bring }, wanted);
    if (said) teller.keepSaying("start", said);
    options.metrics?.trainingBegan(resumed ? "resumed" : (said ?? next.said) ? "restarted" : "fresh");
    return id;
  };

  const carryOn = async (): Promise<Trained> => {
    const found = await lookBack(api, run, request, patience, teller);
    let next: Next = "next" in found ? found.next : { smaller: false };
    if ("done" in found) {
      const { id } = found.done;
      const trained = await result(found.done);
      if (trained) return trained;
      // what it made is gone; perhaps an older one left a state
      const older = (await sameSettings(id)).filter((view) => view.id !== id);
      next = { ...afterEarlier(request, older), smaller: parseRunId(id)?.smaller === true };
    }
    let adopt = "adopt" in found ? found.adopt : undefined;
    for (let reached = next.resumeFrom?.step ?? 0, idle = 0; ; ) {
      const id = adopt?.id ?? (await start(next));
      // the record says who follows it, and a worker that was overtaken learns it here
      if (adopt) {
        teller.keepSaying("start", adopted(adopt, request));
        await run.setEngineRef(id);
        options.metrics?.trainingBegan("adopted");
      }
      current = id;
      previews.from(adopt?.events ?? 0);
      adopt = undefined;
      orders.at(id);
      const ended = await follow(api, id, run.signal, patience, (event) => {
        teller.on(event);
        orders.on(event);
        previews.on(id, event);
      });
      current = undefined;
      const trained = ended && (await result(ended));
      if (trained) return trained;
      if (ended?.state === "canceled") throw endFailure(ended);
      run.log.warn({ run: id, failure: ended?.failure }, "a training ended too early");
      next = ended
        ? afterEnd(request, [ended, ...(await sameSettings(id)).filter((view) => view.id !== id)])
        : afterEarlier(request, await sameSettings(id));
      const from = next.resumeFrom?.step ?? 0;
      idle = from > reached ? 0 : idle + 1;
      reached = from;
      if (idle >= maxIdle)
        throw new Failure(
          "engine_failed",
          `The training ended ${maxIdle} times without getting behind step ${reached}. Look at the log of gpu-host and at that machine's memory, then retry the job: it goes on from there.`,
          { cause: ended?.failure },
        );
    }
  };

  try {
    const trained = await carryOn();
    const seen = await known.lately().catch(() => undefined);
    const version = seen ? `${seen.version}, sd-scripts ${seen.trainer.version ?? "unknown"}` : "unknown";
    await publish({ api, run, patience, teller, scratch, loraFolder: options.loraFolder, version }, trained);
  } catch (error) {
    await letGo(api, run, current, error);
    throw run.signal.aborted ? run.signal.reason : error;
  } finally {
    orders.end();
  }
}
