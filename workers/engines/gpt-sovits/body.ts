/** One line as `POST /tts` takes it. */
import type { SpeechLine } from "../../sound/index.ts";
import { sovitsLanguage } from "./languages.ts";

/** numpy takes seeds below this. −1 would be a random one. */
const seeds = 2 ** 32;

export interface TtsBody {
  text: string;
  text_lang: string;
  ref_audio_path: string;
  prompt_text: string;
  prompt_lang: string;
  text_split_method: string;
  speed_factor: number;
  seed: number;
  media_type: string;
  streaming_mode: boolean;
  parallel_infer: boolean;
  split_bucket: boolean;
  batch_size: number;
}

/** Line ends would cut it into pieces of their own, whatever the method of cutting is. */
const oneLine = (text: string): string => text.replace(/\s+/g, " ").trim();

/** @param voice of a person's. @param path of the recording, as that program sees it. */
export function bodyOf(line: SpeechLine, voice: { transcript: string; language: string }, path: string): TtsBody {
  return {
    text: oneLine(line.text),
    text_lang: sovitsLanguage(line.language),
    ref_audio_path: path,
    prompt_text: oneLine(voice.transcript),
    prompt_lang: sovitsLanguage(voice.language),
    // cut already, at sentences, by the same rules for every engine
    text_split_method: "cut0",
    speed_factor: line.speed,
    seed: line.seed % seeds,
    media_type: "wav",
    streaming_mode: false,
    parallel_infer: true,
    split_bucket: true,
    batch_size: 1,
  };
}
