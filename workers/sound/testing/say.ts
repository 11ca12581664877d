/** Speech for tests: espeak-ng, whose variants (`m3`, `f2`) are speakers enough for a check of speakers. */
import { silentLog } from "../../../core/log.ts";
import { createEspeak } from "../../espeak/index.ts";
import type { Pcm } from "../pcm.ts";

const espeak = createEspeak({ log: silentLog });

/** @param voice language and variant, such as `en`, `de+f3`. */
export function say(text: string, voice = "en", options: { speed?: number; pitch?: number } = {}): Promise<Pcm> {
  const [language = "en", variant] = voice.split("+");
  const request = { text, language, speed: options.speed ?? 1, signal: new AbortController().signal };
  return espeak.say({ ...request, ...(variant ? { variant } : {}), ...(options.pitch === undefined ? {} : { pitch: options.pitch }) });
}
