/** The engines of one process, as its settings name them, and what is kept in order for them. */
import type { Config } from "./config.ts";
import { type Asset, loraFile } from "./core/asset.ts";
import type { Log } from "./core/log.ts";
import type { AssetStore } from "./core/ports/asset-store.ts";
import type { Engine, Engines, Run } from "./core/ports/engine.ts";
import type { FileStore } from "./core/ports/files.ts";
import type { ArtifactStore, JobStore } from "./core/ports/job-store.ts";
import type { Metrics } from "./core/ports/metrics.ts";
import type { Queue } from "./core/ports/queue.ts";
import type { Settings } from "./core/ports/stores.ts";
import { wireMedia } from "./wire-media.ts";
import { createA1111 } from "./workers/engines/a1111/a1111.ts";
import { createComfyui } from "./workers/engines/comfyui/comfyui.ts";
import { createCpuUpscale } from "./workers/engines/cpu-upscale/cpu-upscale.ts";
import { ollamaCaptioner } from "./workers/engines/dataset/captions-ollama.ts";
import { createDataset } from "./workers/engines/dataset/dataset.ts";
import { createGptSovits } from "./workers/engines/gpt-sovits/gpt-sovits.ts";
import { createGpuHost } from "./workers/engines/gpu-host/gpu-host.ts";
import { createEngines } from "./workers/engines/index.ts";
import { createPreview } from "./workers/engines/preview/preview.ts";
import { createSeen } from "./workers/engines/seen.ts";
import { createLoraFolder, type LoraFolder } from "./workers/lora-folder.ts";
import { placeForRun } from "./workers/lora-place.ts";
import { keepLoras } from "./workers/lora-sweep.ts";
import { installationId } from "./workers/owns-files.ts";

export interface EngineParts {
  config: Config;
  settings: Settings;
  /** Whether a caption must stay off the card now. */
  onCpu(model?: string): Promise<boolean>;
  /** A folder for files that are on their way; the system's own where it is absent. */
  scratch?: string;
  /** Only for a harness. */
  more: readonly Engine[];
  metrics: Pick<Metrics, "trainingBegan">;
  log: Log;
}

interface KeepParts {
  jobs: Pick<JobStore, "open">;
  assets: Pick<AssetStore, "everyLora">;
  artifacts: Pick<ArtifactStore, "get">;
  files: Pick<FileStore, "open">;
  queue: Pick<Queue, "every">;
}

const minute = 60_000;

/** The row of a table of what works; none where no folder is set. */
export function loraChecks(folder: Pick<LoraFolder, "check"> | undefined) {
  return folder ? { "LoRA folder": { what: "MYSPINBOT_LORA_FOLDER can be written", check: folder.check } } : {};
}

export function wireEngines({ config, settings, onCpu, scratch, more, metrics, log }: EngineParts) {
  const seen = createSeen(settings, "comfyui");
  const waitMinutes = config.engineWaitMinutes;
  const folder = config.loraFolder === undefined ? undefined : createLoraFolder(config.loraFolder, () => installationId(settings));
  const media = wireMedia({ config, ...(scratch ? { scratch } : {}), log });
  const { ffmpeg, faces, transcriber } = media;
  const drawing = {
    ...{ modelFamilies: config.modelFamilies, waitMinutes, log },
    ...(folder ? { placeLora: (file: string, run: Run) => placeForRun(folder, file, run) } : {}),
  };
  const comfyui = createComfyui({ ...config.comfyui, seen: seen.likely, ffmpeg, ...media.folder, ...drawing });
  const a1111 = createA1111({ ...config.a1111, seen: createSeen(settings, "a1111").likely, ...drawing });
  const gptSovits = createGptSovits({
    ...config.gptSovits,
    ...{ seen: createSeen(settings, "gpt-sovits").likely, waitMinutes, ffmpeg, ...transcriber, ...media.folder, log },
  });
  const gpuHost = createGpuHost({
    ...config.gpuHost,
    seen: createSeen(settings, "gpu-host").likely,
    waitMinutes,
    vramGb: config.vramGb,
    metrics,
    log,
    ...{ ffmpeg, faces, ...transcriber },
    ...(folder ? { loraFolder: folder } : {}),
    ...(scratch ? { scratch } : {}),
  });
  const upscaler = createCpuUpscale({ ffmpeg, ...media.folder, log });
  // a server that speaks OpenAI's API alone cannot be asked what its models see
  const captioner = config.openai ? {} : { captioner: ollamaCaptioner({ url: config.ollama.url, onCpu, log }) };
  const named: Record<string, boolean> = {
    [comfyui.id]: config.comfyui.configured,
    [a1111.id]: config.a1111.configured,
    [gptSovits.id]: config.gptSovits.configured,
    [gpuHost.id]: config.gpuHost.configured,
    sherpa: config.sherpaModels !== undefined,
  };
  const engines: Engines = createEngines({
    gpu: [...(config.a1111.configured && !config.comfyui.configured ? [a1111, comfyui] : [comfyui, a1111]), gptSovits, gpuHost],
    preview: createPreview({ others: media.preview }),
    upscaler,
    others: [createDataset({ ...captioner, ...(scratch ? { scratch } : {}) }), ...media.engines, ...more],
    previewOnly: config.preview,
    configured: (id) => named[id] === true,
    seen,
  });

  let endKeeping = () => {};
  return {
    engines,
    checks: { ...loraChecks(folder), ...media.checks },
    /** Takes a deleted LoRA out of this process's folder; out of another one's it goes with the next look there. */
    async unplace({ id, kind }: Pick<Asset, "id" | "kind">): Promise<void> {
      if (kind === "lora") await folder?.unplace(loraFile(id));
    },
    async close() {
      endKeeping();
      await Promise.all([comfyui.close(), upscaler.close(), media.close()]);
    },
    /** At start and ever again: this process's LoRA folder, and old runs in gpu-host. A failure costs a look, never the start. */
    async keepOrder({ queue, ...parts }: KeepParts): Promise<void> {
      if (folder) endKeeping = keepLoras({ ...parts, folder, log }, 10 * minute);
      const tried = (look: (open: JobStore["open"]) => Promise<unknown>) => async () => {
        await look(parts.jobs.open).catch((error: unknown) =>
          log.warn({ err: error }, "what trainings left in gpu-host was not put in order"),
        );
      };
      const tidy = tried(gpuHost.tidy);
      void tidy();
      await queue.every("trainings", 60 * minute, tidy);
      // a card that is held for nobody is missed sooner than an old file
      await queue.every("orphans", 5 * minute, tried(gpuHost.endOrphans));
    },
  };
}
