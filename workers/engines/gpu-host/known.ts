/** What gpu-host's trainer can do, as it says now or as it was last seen. */
import type { Api } from "./api.ts";
import { Unreachable } from "./http.ts";
import type { GpuView, TrainerView } from "./wire.ts";

export interface Seen {
  version: string;
  trainer: TrainerView;
  gpu: GpuView;
}

export interface Known {
  /** Now; throws Unreachable. */
  now(signal?: AbortSignal): Promise<Seen>;
  /** Now, or as last seen where it does not answer; undefined where it never did. */
  lately(): Promise<(Seen & { live: boolean }) | undefined>;
}

export function createKnown(api: Api): Known {
  let last: Seen | undefined;

  const now = async (signal?: AbortSignal): Promise<Seen> => {
    const patience = Math.min(api.timings.status, api.timings.request);
    const [version, trainer, gpu] = await Promise.all([api.version(signal), api.trainer(signal, patience * 2), api.gpu(signal, patience)]);
    last = { version, trainer, gpu };
    return last;
  };

  return {
    now,
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
