/** gpu-host as an engine, beside the card: LoRA training by sd-scripts, speech by F5-TTS, talking faces by SadTalker and Wav2Lip. */
import type { Engine, TrainCapability } from "../../../core/ports/engine.ts";
import type { OpenJob } from "../../../core/ports/job-store.ts";
import type { SpeechCapability } from "../../../core/ports/sound.ts";
import type { LipsCapability } from "../../../core/ports/video.ts";
import { createFaceFinder } from "../../faces/finder.ts";
import { createFfmpeg } from "../../ffmpeg/index.ts";
import { licenceOf } from "../licences.ts";
import { createApi } from "./api.ts";
import { createStatus } from "./engine-status.ts";
import { f5, isReady, sadtalker, wav2lip } from "./hosted.ts";
import { createKnown } from "./known.ts";
import { createLips } from "./lips/lips.ts";
import { lipsFamily } from "./lips/parts.ts";
import type { GpuHostOptions } from "./options.ts";
import { endOrphans } from "./orphans.ts";
import { createPlan } from "./plan.ts";
import { release } from "./release.ts";
import { parseRunId } from "./run-ids.ts";
import { createScratch } from "./scratch.ts";
import { tidy } from "./tidy.ts";
import { train } from "./train.ts";
import { createVoice, voiceFamily } from "./voice.ts";

const gigabyte = 1024 ** 3;

export interface GpuHost extends Engine {
  readonly train: TrainCapability;
  readonly speech: SpeechCapability;
  readonly lips: LipsCapability;
  /** Ends runs that no open job follows, and takes out old runs that nobody comes back for; how many of these. */
  tidy(open: () => Promise<readonly Pick<OpenJob, "id">[]>): Promise<number>;
  /** The first half of `tidy` alone: one request where nothing runs, so that a card is not held until the next hour. */
  endOrphans(open: () => Promise<readonly Pick<OpenJob, "id">[]>): Promise<void>;
}

export function createGpuHost(options: GpuHostOptions): GpuHost {
  const api = createApi(options);
  const known = createKnown(api);
  const scratch = createScratch(options.scratch);
  const ffmpeg = options.ffmpeg ?? createFfmpeg({ log: options.log });
  const finder = options.faces ?? createFaceFinder();
  const speech = createVoice({ api, known, options, ffmpeg });
  return {
    id: "gpu-host",
    title: "gpu-host",
    gpu: true,
    families: ["train", voiceFamily, lipsFamily],
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
    speech,
    lips: createLips({ api, known, options, ffmpeg, finder }),
    async offers(can) {
      // as last seen where it does not answer; another program at its address offers nothing
      await known.lately().catch(() => undefined);
      if (can === "speech") return isReady(known, f5);
      if (can === "lips") return isReady(known, sadtalker) || isReady(known, wav2lip);
      return can === "train";
    },
    endOrphans: (open) => endOrphans(api, open, options.log),
    async tidy(open) {
      await scratch.tidy();
      await endOrphans(api, open, options.log);
      return tidy(api, open, options.log);
    },
  };
}
