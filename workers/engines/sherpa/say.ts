/** Speaks lines in a person's voice, one after another. */
import { Failure } from "../../../core/failure.ts";
import { type Pcm, readWav, type SpeechParts } from "../../sound/index.ts";
import type { Host } from "./host.ts";
import type { SherpaModel } from "./models.ts";

interface SayParts {
  model(): Promise<SherpaModel>;
  host: Host;
  threads: number;
}

export function createSay({ model, host, threads }: SayParts): SpeechParts["say"] {
  return async (lines, run, progress) => {
    const found = await model();
    const sounds: Pcm[] = [];
    const references = new Map<Uint8Array, Pcm>();
    for (const { text, language, speed, seed, voice } of lines) {
      if (voice.kind !== "own")
        throw new Failure(
          "unknown_asset",
          "sherpa-onnx has no voices of its own here: it speaks in a cloned one. Make one with clone_voice, then name it.",
        );
      if (!found.languages.includes(language))
        throw new Failure(
          "invalid_input",
          `${found.title}, the model in the folder of MYSPINBOT_SHERPA_MODELS, speaks ${found.languages.join(" and ")}, not "${language}". Ask in one of these, or put ZipVoice there for en and zh.`,
        );
      const reference = references.get(voice.reference) ?? readWav(voice.reference);
      references.set(voice.reference, reference);
      const task = { text, speed, seed, reference, transcript: voice.transcript };
      const { samples, sampleRate } = await host.say({ model: { kind: found.kind, config: found.config }, threads, say: task }, run.signal);
      if (!samples.some((sample) => Math.abs(sample) > 1e-4))
        throw new Failure(
          "engine_failed",
          "sherpa-onnx gave back silence instead of speech. Change the text or clone the voice from a clearer recording, then ask again.",
        );
      sounds.push({ samples, sampleRate });
      progress(sounds.length, lines.length);
    }
    return sounds;
  };
}
