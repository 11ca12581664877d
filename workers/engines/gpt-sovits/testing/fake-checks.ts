/** What `api_v2.py` looks at before it speaks, in its own order and words. Compared with the real program. */
import { readFile } from "node:fs/promises";
import type { FakeOptions } from "./fake-state.ts";
import type { Refusal } from "./fake-types.ts";

const v1 = ["auto", "en", "zh", "ja", "all_zh", "all_ja"];
const v2 = [...v1, "auto_yue", "yue", "ko", "all_yue", "all_ko"];
const cuts = ["cut0", "cut1", "cut2", "cut3", "cut4", "cut5"];

const refuse = (message: string, Exception?: string): Refusal => ({
  status: 400,
  body: Exception === undefined ? { message } : { message, Exception },
});

export function badParams(body: Record<string, unknown>, { version = "v2" }: FakeOptions): Refusal | undefined {
  const text = (field: string): string => (typeof body[field] === "string" ? body[field] : "");
  const languages = version === "v1" ? v1 : v2;
  for (const field of ["ref_audio_path", "text"]) if (!text(field)) return refuse(`${field} is required`);
  for (const field of ["text_lang", "prompt_lang"]) {
    if (!text(field)) return refuse(`${field} is required`);
    if (!languages.includes(text(field).toLowerCase())) return refuse(`${field}: ${text(field)} is not supported in version ${version}`);
  }
  const media = body["media_type"] ?? "wav";
  if (!["wav", "raw", "ogg", "aac"].includes(String(media))) return refuse(`media_type: ${media} is not supported`);
  const cut = body["text_split_method"] ?? "cut5";
  if (!cuts.includes(String(cut))) return refuse(`text_split_method:${cut} is not supported`);
  if (![0, 1, 2, 3, true, false, undefined].includes(body["streaming_mode"] as never))
    return refuse("the value of streaming_mode must be 0, 1, 2, 3(int) or true/false(bool)");
  return undefined;
}

/** Of a PCM WAV as sound libraries read it; undefined for anything else. */
function secondsOf(wav: Buffer): number | undefined {
  if (wav.toString("latin1", 0, 4) !== "RIFF" || wav.toString("latin1", 36, 40) !== "data") return undefined;
  return wav.readUInt32LE(40) / wav.readUInt32LE(28);
}

const outside = {
  en: "Reference audio is outside the 3-10 second range, please choose another one!",
  zh: "参考音频在3~10秒范围外，请更换！",
};

/** What goes wrong once it works. It knows a path for good: a file behind a path that it has seen is not read again. */
export async function badWork(
  body: Record<string, unknown>,
  options: FakeOptions,
  known: Set<string>,
): Promise<{ refusal: Refusal | undefined; seconds: number | undefined }> {
  const path = String(body["ref_audio_path"]);
  const failed = (why: string) => ({ refusal: refuse("tts failed", why), seconds: undefined });
  const seed = Number(body["seed"] ?? -1);
  if (seed !== -1 && (seed < 0 || seed >= 2 ** 32)) return failed("Seed must be between 0 and 2**32 - 1");
  for (const field of ["text_lang", "prompt_lang"]) if (body[field] !== String(body[field]).toLowerCase()) return failed("");
  if (options.version === "v3" && !body["prompt_text"]) return failed("prompt_text cannot be empty when using SoVITS_V3");
  const wav = await readFile(path).catch(() => undefined);
  const seconds = wav && secondsOf(wav);
  if (!known.has(path)) {
    if (!wav) return failed(`${path} not exists`);
    if (seconds === undefined) return failed("");
    if (seconds < 3 || seconds > 10) return failed(outside[options.locale ?? "en"]);
    known.add(path);
  }
  if (/^\n+$/.test(String(body["prompt_text"] ?? ""))) return failed("string index out of range");
  // of its own marks alone: other signs, and spaces, become a second of silence
  if (/^[!?….,-][!?….,\- ]*$/.test(String(body["text"])))
    return failed(options.locale === "zh" ? "请输入有效文本" : "Please enter valid text.");
  return { refusal: undefined, seconds };
}
