/** A loaded model: says one line at a time. Used in the child process, where the package is. */
import type { SherpaModel } from "./models.ts";
import type { SherpaPackage, SherpaTts } from "./package.ts";

export interface SayTask {
  text: string;
  speed: number;
  seed: number;
  reference: { samples: Float32Array; sampleRate: number };
  transcript: string;
}

export interface Voice {
  say(task: SayTask): { samples: Float32Array; sampleRate: number };
}

/** Steps of the flow: what the package's own examples take. More is slower and hardly better. */
const steps = { zipvoice: 4, pocket: 5 } as const;

/** Its seeds are whole numbers of 32 bits, and below 0 is a random one. */
const seeds = 2 ** 31;

export function loadVoice(sherpa: SherpaPackage, { kind, config }: Pick<SherpaModel, "kind" | "config">, threads: number): Voice {
  const tts: SherpaTts = new sherpa.OfflineTts({
    model: { [kind]: config, numThreads: threads, debug: false, provider: "cpu" },
    maxNumSentences: 1,
  });
  return {
    say({ text, speed, seed, reference, transcript }) {
      const { samples, sampleRate } = tts.generate({
        text,
        // its memory cannot be handed to another process as it is
        enableExternalBuffer: false,
        generationConfig: {
          ...{ speed, numSteps: steps[kind], referenceText: transcript },
          ...{ referenceAudio: reference.samples, referenceSampleRate: reference.sampleRate },
          // Pocket TTS takes a seed and would cut the recording at ten seconds; ZipVoice passes over both
          extra: { seed: seed % seeds, max_reference_audio_len: 15 },
        },
      });
      return { samples, sampleRate };
    },
  };
}
