/** The engines that clone voices, as the settings of this shell name them. */
import { silentLog } from "../../core/log.ts";
import type { Engine } from "../../core/ports/engine.ts";
import type { SpeechCapability } from "../../core/ports/sound.ts";
import { createGptSovits } from "../../workers/engines/gpt-sovits/gpt-sovits.ts";
import { createGpuHost } from "../../workers/engines/gpu-host/gpu-host.ts";
import { createSherpa } from "../../workers/engines/sherpa/sherpa.ts";
import type { Ffmpeg } from "../../workers/ffmpeg/index.ts";

export type Cloner = Engine & { speech: SpeechCapability };

export function cloners(ffmpeg: Ffmpeg, env: NodeJS.ProcessEnv = process.env): { engines: Cloner[]; close(): Promise<void> } {
  const common = { seen: async () => false, waitMinutes: 1, ffmpeg, log: silentLog };
  const { GPT_SOVITS_URL, GPT_SOVITS_FOLDER, GPT_SOVITS_FOLDER_THERE, GPU_HOST_URL, GPU_HOST_KEY, MYSPINBOT_SHERPA_MODELS } = env;
  const sherpa = createSherpa({ ffmpeg, log: silentLog, ...(MYSPINBOT_SHERPA_MODELS ? { models: MYSPINBOT_SHERPA_MODELS } : {}) });
  const sovits = createGptSovits({
    ...{ ...common, url: GPT_SOVITS_URL ?? "http://127.0.0.1:9880", configured: GPT_SOVITS_URL !== undefined, mayExit: false },
    ...(GPT_SOVITS_FOLDER ? { folder: GPT_SOVITS_FOLDER } : {}),
    ...(GPT_SOVITS_FOLDER_THERE ? { folderThere: GPT_SOVITS_FOLDER_THERE } : {}),
  });
  const host = createGpuHost({
    ...{ ...common, url: GPU_HOST_URL ?? "http://127.0.0.1:7080", configured: GPU_HOST_URL !== undefined, vramGb: 16 },
    ...(GPU_HOST_KEY ? { key: GPU_HOST_KEY } : {}),
  });
  return { engines: [sovits, host, sherpa], close: sherpa.close };
}
