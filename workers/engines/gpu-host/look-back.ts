/** Where a training stands in gpu-host before this attempt does anything: it may still train, be done, or have left something to go on from. */
import type { Run, TrainRequest } from "../../../core/ports/engine.ts";
import type { Patience } from "../patience.ts";
import type { Api } from "./api.ts";
import { afterEarlier, type Next } from "./next.ts";
import { standing } from "./standing.ts";
import type { Teller } from "./teller.ts";
import type { RunView } from "./wire.ts";

export type Found = { adopt: RunView } | { done: RunView } | { next: Next };

export async function lookBack(api: Api, run: Run, request: TrainRequest, patience: Patience, teller: Teller): Promise<Found> {
  const found = await standing(api, run, patience, teller.waiting);
  if (!("runs" in found)) return found;
  if (found.runs.length === 0 && run.earlierRefs.length === 0) return { next: { smaller: false } };
  return { next: afterEarlier(request, found.runs) };
}
