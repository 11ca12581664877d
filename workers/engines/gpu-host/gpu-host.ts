/** gpu-host as an engine: LoRA training by sd-scripts, beside the card. */
import type { Engine, TrainCapability } from "../../../core/ports/engine.ts";
import type { OpenJob } from "../../../core/ports/job-store.ts";
import { licenceOf } from "../licences.ts";
import { createApi } from "./api.ts";
import { createStatus } from "./engine-status.ts";
import { createKnown } from "./known.ts";
import type { GpuHostOptions } from "./options.ts";
import { endOrphans } from "./orphans.ts";
import { createPlan } from "./plan.ts";
import { release } from "./release.ts";
import { parseRunId } from "./run-ids.ts";
import { createScratch } from "./scratch.ts";
import { tidy } from "./tidy.ts";
import { train } from "./train.ts";

const gigabyte = 1024 ** 3;

export interface GpuHost extends Engine {
  readonly train: TrainCapability;
  /** Ends trainings that no open job follows, and takes out old runs that nobody comes back for; how many of these. */
  tidy(open: () => Promise<readonly Pick<OpenJob, "id">[]>): Promise<number>;
  /** The first half of `tidy` alone: one request where nothing trains, so that a card is not held until the next hour. */
  endOrphans(open: () => Promise<readonly Pick<OpenJob, "id">[]>): Promise<void>;
}

export function createGpuHost(options: GpuHostOptions): GpuHost {
  const api = createApi(options);
  const known = createKnown(api);
  const scratch = createScratch(options.scratch);
  return {
    id: "gpu-host",
    title: "gpu-host (sd-scripts)",
    gpu: true,
    families: ["train"],
    status: createStatus(known, api.address, options),
    async models() {
      const seen = await known.lately();
      const models = seen?.trainer.models.filter((model) => model.usable) ?? [];
      const bases = models.map(({ name, family }) => {
        const licence = licenceOf(name);
        return { name, family, ...(licence ? { licence } : {}) };
      });
      const note = seen ? (seen.live ? undefined : "as last seen; it does not answer now") : `${api.address} does not answer`;
      return { engine: "gpu-host", checkpoints: [], loras: [], upscalers: [], bases, ...(note ? { note } : {}) };
    },
    async vram(signal) {
      const [card] = (await api.gpu(signal, api.timings.status)).cards;
      return card && { totalGb: card.vram_total / gigabyte, freeGb: card.vram_free / gigabyte };
    },
    async atWork(job, signal) {
      const { owner } = await api.gpu(signal, api.timings.status);
      return owner !== null && parseRunId(owner)?.job === job;
    },
    release: (signal) => release(api, options.log, signal),
    train: {
      plan: createPlan({ api, known, options }),
      train: (request, run) => train({ api, known, scratch, options }, request, run),
    },
    endOrphans: (open) => endOrphans(api, open, options.log),
    async tidy(open) {
      await scratch.tidy();
      await endOrphans(api, open, options.log);
      return tidy(api, open, options.log);
    },
  };
}
