/** Memory of the card is asked back, and then looked at until it is really free or the patience is over. */
import { setTimeout as sleep } from "node:timers/promises";
import { toFailure } from "../../core/failure.ts";
import type { Look } from "./look.ts";

/** `freed`: it is so; `kept`: it is not, after all patience; `unchecked`: nobody tells. */
export type Released = { outcome: "freed" | "kept" | "unchecked"; why?: string };

/** A driver reports memory back a moment after a program gave it, and rarely to the last byte. */
const share = 0.8;

export interface ReleaseOptions {
  look(signal: AbortSignal): Promise<Look>;
  before: Look;
  /** How much must become free, where that is known; 0 = the holder's own word is all there is. */
  expectedGb: number;
  /** Milliseconds: for all of it, without any more of it becoming free, between two looks. */
  times: { release: number; settle: number; poll: number };
  signal: AbortSignal;
}

/** @param work resolves where the holder itself says that it gave everything back, and throws where it does not. */
export async function releaseChecked(work: (signal: AbortSignal) => Promise<void>, how: ReleaseOptions): Promise<Released> {
  const { look, before, expectedGb, signal, times } = how;
  const limit = AbortSignal.any([signal, AbortSignal.timeout(times.release)]);
  try {
    await work(limit);
    if (before.freeGb === undefined) return { outcome: "unchecked" };
    let most = before.freeGb;
    for (let grown = Date.now(); ; await sleep(times.poll, undefined, { signal: limit })) {
      const { freeGb } = await look(limit);
      if (freeGb === undefined) return { outcome: "unchecked" };
      if (freeGb - before.freeGb >= expectedGb * share) return { outcome: "freed" };
      if (freeGb > most) [most, grown] = [freeGb, Date.now()];
      // a model that was still being loaded had not taken all of it: the holder says it is gone, and nothing more comes
      else if (Date.now() - grown >= times.settle) return { outcome: "freed" };
    }
  } catch (error) {
    if (signal.aborted) throw signal.reason;
    return { outcome: "kept", why: limit.aborted ? "it was not free in time" : toFailure(error).message };
  }
}
