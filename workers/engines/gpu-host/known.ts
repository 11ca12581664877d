/** What gpu-host can do, as it says now or as it was last seen. */
import { Failure } from "../../../core/failure.ts";
import type { Api } from "./api.ts";
import { Unreachable } from "./http.ts";
import type { GpuView, HostEngine, TrainerView } from "./wire.ts";

/** The one engine of gpu-host that trains. */
export const trainerId = "sd-scripts";

export interface Seen {
  version: string;
  engines: HostEngine[];
  trainer: TrainerView;
  gpu: GpuView;
}

export interface Known {
  /** Now; throws Unreachable. */
  now(signal?: AbortSignal): Promise<Seen>;
  /** Now, or as last seen where it does not answer; undefined where it never did. */
  lately(): Promise<(Seen & { live: boolean }) | undefined>;
  /** As last seen, without asking. */
  readonly last: Seen | undefined;
}

export function createKnown(api: Api): Known {
  let last: Seen | undefined;

  const now = async (signal?: AbortSignal): Promise<Seen> => {
    const patience = Math.min(api.timings.status, api.timings.request);
    const [version, engines, gpu] = await Promise.all([api.version(signal), api.engines(signal, patience * 2), api.gpu(signal, patience)]);
    const trainer = engines.find((engine) => engine.id === trainerId);
    if (!trainer)
      throw new Failure(
        "engine_outdated",
        `gpu-host at ${api.address} has no trainer (${trainerId}). Update it: both belong to one version.`,
      );
    last = { version, engines, trainer, gpu };
    return last;
  };

  return {
    now,
    get last() {
      return last;
    },
    async lately() {
      try {
        return { ...(await now()), live: true };
      } catch (error) {
        if (!(error instanceof Unreachable)) throw error;
        return last && { ...last, live: false };
      }
    },
  };
}
