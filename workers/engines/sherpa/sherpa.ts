/**
 * sherpa-onnx as an engine: voices cloned on the processor, by ZipVoice or Pocket TTS, where their files were downloaded once.
 * Written against the package's interface; it was never run with a model.
 */
import { createRequire } from "node:module";
import { availableParallelism } from "node:os";
import { Failure } from "../../../core/failure.ts";
import type { Log } from "../../../core/log.ts";
import type { Engine, EngineStatus } from "../../../core/ports/engine.ts";
import type { SpeechCapability } from "../../../core/ports/sound.ts";
import type { Ffmpeg } from "../../ffmpeg/index.ts";
import { createSpeech, type Transcriber } from "../../sound/index.ts";
import { createHost, type Host } from "./host.ts";
import { findModel, noModels, type SherpaModel } from "./models.ts";
import { packageName } from "./package.ts";
import { createSay } from "./say.ts";

export interface SherpaOptions {
  /** Folder of the downloaded models (MYSPINBOT_SHERPA_MODELS). */
  models?: string;
  ffmpeg: Ffmpeg;
  transcriber?: Transcriber;
  scratch?: string;
  log: Log;
  /** Only in tests. */
  host?: Host;
  /** Version of the package, undefined where it is not installed; only in tests. */
  installed?: () => string | undefined;
}

export type Sherpa = Engine & { speech: SpeechCapability; close(): Promise<void> };

/** Without loading it: what it loads stays. */
function installedVersion(): string | undefined {
  try {
    return (createRequire(import.meta.url)(`${packageName}/package.json`) as { version: string }).version;
  } catch {
    return undefined;
  }
}

const lacking = `The optional package ${packageName} is not installed here. In the folder of MySpinBot: npm install --include=optional`;

export function createSherpa(options: SherpaOptions): Sherpa {
  const { models: folder, log } = options;
  const version = options.installed ?? installedVersion;
  const host = options.host ?? createHost({ log });
  const base = { id: "sherpa", title: "sherpa-onnx" };

  /** Looked for at each job: what was downloaded meanwhile is found. Failure `engine_unavailable` with what brings it. */
  const model = async (): Promise<SherpaModel> => {
    if (!version()) throw new Failure("engine_unavailable", `${lacking}, then retry the job.`);
    if (!folder) throw new Failure("engine_unavailable", `sherpa-onnx has no models. ${noModels()}`);
    const found = await findModel(folder);
    if ("model" in found) return found.model;
    const what = found.title ? `${found.title} lacks ${found.missing.join(", ")}` : "There is no model that clones voices";
    throw new Failure("engine_unavailable", `${what} in the folder of MYSPINBOT_SHERPA_MODELS. ${found.fix}`);
  };

  const status = async (): Promise<EngineStatus> => {
    const installed = version();
    if (!folder) return { ...base, state: "absent", fix: noModels() };
    if (!installed) return { ...base, state: "absent", fix: `${lacking}.` };
    try {
      const { title, languages, licence } = await model();
      return { ...base, state: "ready", version: installed, note: `${title} (${languages.join(", ")}) on the processor; ${licence}` };
    } catch (error) {
      // a folder was named: it is no stranger, something is missing in it
      return { ...base, state: "down", note: error instanceof Failure ? error.message : "its folder cannot be read" };
    }
  };

  const speech = createSpeech({
    engine: { ...base, version: async () => version() ?? "unknown" },
    family: "sherpa",
    vramGb: 0,
    preview: false,
    generated: true,
    // English is what each of its models speaks; a language that the one in the folder lacks is told when it is spoken
    languages: ["en", "zh"],
    voices: [],
    reference: { least: 3, most: 10 },
    maxCharacters: 200,
    notes: [
      "sherpa-onnx speaks with weights that have terms of their own: ZipVoice's are non-commercial (CC-BY-NC-4.0), Pocket TTS's are CC-BY-4.0.",
    ],
    say: createSay({ model, host, threads: Math.max(1, Math.min(4, availableParallelism())) }),
    ffmpeg: options.ffmpeg,
    ...(options.transcriber ? { transcriber: options.transcriber } : {}),
    ...(options.scratch ? { scratch: options.scratch } : {}),
  });

  return {
    ...base,
    gpu: false,
    families: ["sherpa"],
    status,
    speech,
    async models() {
      const now = await status();
      return { engine: base.title, checkpoints: [], loras: [], upscalers: [], voices: [], ...(now.note ? { note: now.note } : {}) };
    },
    close: host.close,
  };
}
