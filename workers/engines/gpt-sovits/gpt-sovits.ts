/** GPT-SoVITS as an engine: speech in cloned voices, over the HTTP API of its `api_v2.py`. */
import type { Engine } from "../../../core/ports/engine.ts";
import type { SpeechCapability } from "../../../core/ports/sound.ts";
import { createSpeech } from "../../sound/index.ts";
import { createStatus } from "./engine-status.ts";
import { createHttp } from "./http.ts";
import { sovitsLanguages } from "./languages.ts";
import { defaultTimings, type GptSovitsOptions } from "./options.ts";
import { createRecordings } from "./recordings.ts";
import { createRelease } from "./release.ts";
import { createSay } from "./say.ts";
import { createTurns } from "./turns.ts";

export type GptSovits = Engine & {
  speech: SpeechCapability;
  /** Failure `config` where no recording can be laid down for it; for a table of what works. */
  check(): Promise<string | undefined>;
};

/**
 * Of v2 and v2ProPlus in half precision: its files (text to semantic 155 MB, SoVITS 106 to 200 MB, RoBERTa large 650 MB, HuBERT 190 MB) and as much again while it works, with room.
 * Nobody published a measurement, and none was made here; v3 and v4 take more.
 */
const vramGb = 4;

export function createGptSovits(options: GptSovitsOptions): GptSovits {
  const timings = { ...defaultTimings, ...options.timings };
  const http = createHttp(options.url, options.fetch ?? fetch);
  const recordings = createRecordings(options);
  const turns = createTurns();
  const parts = { http, recordings, turns, timings, options };
  const status = createStatus(parts);
  return {
    id: "gpt-sovits",
    title: "GPT-SoVITS",
    gpu: true,
    families: ["gpt-sovits"],
    status,
    check: recordings.problem,
    release: createRelease(parts),
    async models() {
      const note = "It speaks in cloned voices only; which of its models runs, its API does not tell.";
      return { engine: "GPT-SoVITS", checkpoints: [], loras: [], upscalers: [], voices: [], note };
    },
    speech: createSpeech({
      // it tells no version of itself
      engine: { id: "gpt-sovits", title: "GPT-SoVITS", version: async () => "api_v2" },
      family: "gpt-sovits",
      vramGb,
      preview: false,
      generated: true,
      languages: sovitsLanguages,
      voices: [],
      reference: { least: 3, most: 10 },
      // 8 s of English, 27 s of Chinese: it stops a line after 54 s, and an end that is asked for waits for the line
      maxCharacters: 120,
      notes: [],
      say: createSay(parts),
      ffmpeg: options.ffmpeg,
      ...(options.transcriber ? { transcriber: options.transcriber } : {}),
      ...(options.scratch ? { scratch: options.scratch } : {}),
    }),
  };
}
