/** What makes sound and video without a card, and what several engines share for it: ffmpeg, voices, faces, and a server that writes down speech. */
import type { Config } from "./config.ts";
import type { Log } from "./core/log.ts";
import type { Engine } from "./core/ports/engine.ts";
import { createClips } from "./workers/engines/clips/clips.ts";
import { createPreviewLips } from "./workers/engines/preview/lips.ts";
import { createPreviewMotion } from "./workers/engines/preview/motion.ts";
import { createPreviewSpeech } from "./workers/engines/preview/speech.ts";
import { createSherpa } from "./workers/engines/sherpa/sherpa.ts";
import { createEspeak } from "./workers/espeak/index.ts";
import { createFaceFinder } from "./workers/faces/finder.ts";
import { createFfmpeg } from "./workers/ffmpeg/index.ts";
import { createTranscriber } from "./workers/sound/index.ts";

interface MediaParts {
  config: Config;
  scratch?: string;
  log: Log;
}

export function wireMedia({ config, scratch, log }: MediaParts) {
  const folder = scratch === undefined ? {} : { scratch };
  const ffmpeg = createFfmpeg({ ...(config.ffmpeg === undefined ? {} : { path: config.ffmpeg }), log });
  const faces = createFaceFinder();
  const espeak = createEspeak({ log });
  const transcriber = config.transcribe ? { transcriber: createTranscriber({ ...config.transcribe, log }) } : {};
  const common = { ffmpeg, ...folder };
  const preview: Pick<Engine, "speech" | "motion" | "lips"> = {
    speech: createPreviewSpeech({ espeak, ...transcriber, ...common }),
    motion: createPreviewMotion(common),
    lips: createPreviewLips({ faces, ...common }),
  };
  const sherpa = createSherpa({
    ...(config.sherpaModels === undefined ? {} : { models: config.sherpaModels }),
    ...transcriber,
    ...common,
    log,
  });
  return {
    ...{ ffmpeg, faces, preview, transcriber, folder },
    /** Beside the card. */
    engines: [createClips(common), sherpa],
    checks: { ffmpeg: { what: "ffmpeg makes sound and video", check: async () => void (await ffmpeg.describe()) } },
    async close(): Promise<void> {
      await Promise.all([espeak.close(), sherpa.close()]);
    },
  };
}
