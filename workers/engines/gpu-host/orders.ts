/** What a person tells a training that runs: a picture now, a state now, or to end here and keep what there is. */
import type { OrderName } from "../../../core/job.ts";
import type { Run, TrainRequest } from "../../../core/ports/engine.ts";
import type { Patience } from "../patience.ts";
import type { Api } from "./api.ts";
import { Refused } from "./http.ts";
import { leftOf, runsOf } from "./left.ts";
import { parseRunId } from "./run-ids.ts";
import type { Teller } from "./teller.ts";
import type { RunEvent } from "./wire.ts";

export interface Orders {
  /** The run that orders are for from now on. */
  at(id: string): void;
  /** What that run says, after the teller has heard it. */
  on(event: RunEvent): void;
  /** Whether the run was ended by a person who keeps what there is. */
  readonly kept: boolean;
  /** Nothing is heard any more. */
  end(): void;
}

/** The next multiple of `every` behind `step`, or where there is none. */
function nextAt(step: number, every: number, request: TrainRequest): string {
  const next = (Math.floor(step / every) + 1) * every;
  return next > request.steps ? `at its end, step ${request.steps}` : `at step ${next} of ${request.steps}`;
}

export function createOrders(api: Api, run: Run, request: TrainRequest, patience: Patience, teller: Teller): Orders {
  let current: string | undefined;
  let waiting: OrderName | undefined;
  /** To be ended at its first save, whichever run makes it. */
  let keeps = false;
  /** The run that was ended for that. */
  let ended: string | undefined;

  const keep = async (id: string): Promise<void> => {
    keeps = true;
    const mine = parseRunId(id)?.smaller;
    const runs = (await patience.insist(() => runsOf(api, run.job.id, run.signal))).filter((view) => parseRunId(view.id)?.smaller === mine);
    const { checkpoints } = await patience.insist(() => leftOf(api, runs, run.signal));
    if (ended === id) return;
    if (checkpoints.length === 0) {
      const first = nextAt(teller.step, request.saveEvery, request);
      teller.keepSaying("order", `There is nothing to keep yet: it ends at its first save, which comes ${first}`);
      return;
    }
    ended = id;
    teller.keepSaying("order", `Ending here; what was saved at step ${checkpoints.at(-1)?.step} is kept`);
    await patience.insist(() => api.cancel(id, true, run.signal));
  };

  const ask = async (id: string, what: "sample" | "save"): Promise<void> => {
    try {
      await patience.insist(() => api.order(id, what, run.signal));
      teller.keepSaying("order", what === "sample" ? "A sample picture comes now" : "It is saved now");
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
      const every = what === "sample" ? request.sampleEvery : request.saveEvery;
      const next =
        what === "sample" && request.samplePrompts.length === 0
          ? "it was begun without sample prompts"
          : `the next ${what} comes ${nextAt(teller.step, every, request)}`;
      teller.keepSaying("order", `The trainer takes no orders while it works; ${next}`);
    }
  };

  const obey = (name: OrderName): void => {
    if (current === undefined) {
      waiting = name;
      return;
    }
    if (ended === current) return;
    const work = name === "keep" ? keep(current) : ask(current, name);
    work.catch((error: unknown) => {
      if (!run.signal.aborted) run.log.warn({ err: error, order: name }, "an order could not be carried out");
    });
  };
  const stop = run.onOrder(obey);

  return {
    at(id) {
      current = id;
      const name = keeps ? "keep" : waiting;
      waiting = undefined;
      if (name) obey(name);
    },
    on(event) {
      if (event.type !== "sample" && event.type !== "saved") return;
      if (!keeps) teller.keepSaying("order", undefined);
      // a checkpoint can be kept, a state cannot
      else if (event.type === "saved" && event.name !== null) obey("keep");
    },
    get kept() {
      return ended !== undefined;
    },
    end: stop,
  };
}
