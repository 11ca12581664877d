/** F5-TTS under gpu-host: speech in a person's cloned voice; the model stays loaded for the next text. */
import type { SpeechCapability } from "../../../core/ports/sound.ts";
import type { Ffmpeg } from "../../ffmpeg/index.ts";
import { createSpeech } from "../../sound/index.ts";
import { downNotes, f5, hosted } from "./hosted.ts";
import type { GpuHostOptions } from "./options.ts";
import { createSay, type SayParts, withoutBrackets } from "./say.ts";
import { speaking } from "./words.ts";

export const voiceFamily = "gpu-host-voice";

const published = "F5-TTS's published weights are CC-BY-NC: not for commercial use.";
const usualLanguages = ["en", "zh"];
const bracketNote = "Square brackets were taken out of the text: F5-TTS reads them as the names of voices.";

export interface VoiceParts extends SayParts {
  options: Pick<GpuHostOptions, "waitMinutes" | "scratch" | "voiceLanguages" | "transcriber">;
  ffmpeg: Ffmpeg;
}

export function createVoice(parts: VoiceParts): SpeechCapability {
  const { api, known, options, ffmpeg } = parts;
  const ready = () => hosted(known, api.address, f5, speaking);

  /** As gpu-host was last seen. */
  const models = () => known.last?.engines.find(({ id }) => id === f5)?.models.filter(({ usable }) => usable) ?? [];
  const languages = (): readonly string[] => {
    if (options.voiceLanguages) return options.voiceLanguages;
    const told = [...new Set(models().flatMap((model) => model.languages ?? []))];
    return told.length > 0 ? told : usualLanguages;
  };
  /** Weights of somebody's own may be allowed more. */
  const licence = (): string => {
    const own = models().flatMap((model) => model.licence ?? []);
    return own.length === 0 || own.some((text) => /\bNC\b/i.test(text))
      ? published
      : `Weights of the voice model: ${[...new Set(own)].join("; ")}.`;
  };

  const inner = createSpeech({
    engine: {
      id: "gpu-host",
      title: "F5-TTS",
      version: async () => (await ready().catch(() => undefined))?.version ?? "unknown",
    },
    family: voiceFamily,
    vramGb: 2,
    preview: false,
    generated: true,
    get languages() {
      return languages();
    },
    voices: [],
    // it cuts at 12 s by itself, and the transcript would be wrong then
    reference: { least: 3, most: 11.9 },
    // it cuts longer ones itself, where it likes
    maxCharacters: 200,
    get notes() {
      return [licence()];
    },
    say: createSay(parts),
    ffmpeg,
    ...(options.transcriber ? { transcriber: options.transcriber } : {}),
    ...(options.scratch ? { scratch: options.scratch } : {}),
  });
  const { planClone } = inner;
  return {
    ...inner,
    get languages() {
      return languages();
    },
    async plan(wish) {
      const host = await ready();
      const text = withoutBrackets(wish.text);
      const plan = await inner.plan({ ...wish, text });
      const said = text === wish.text ? [] : [bracketNote];
      return { ...plan, notes: [...plan.notes, ...said, ...downNotes(host, api.address)] };
    },
    ...(planClone
      ? {
          async planClone(wish, source, open) {
            const host = await ready();
            const plan = await planClone(wish, source, open);
            return { ...plan, notes: [...plan.notes, ...downNotes(host, api.address)] };
          },
        }
      : {}),
  };
}
