/** Speech as the file that was asked for. */
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { SpeechFormat } from "../../core/ports/sound.ts";
import { type Ffmpeg, withFolder } from "../ffmpeg/index.ts";
import type { Pcm } from "./pcm.ts";
import { writeWav } from "./wav.ts";

export const speechTypes: Record<SpeechFormat, string> = { mp3: "audio/mpeg", wav: "audio/wav", opus: "audio/ogg" };

const codecs: Record<Exclude<SpeechFormat, "wav">, readonly string[]> = {
  mp3: ["-c:a", "libmp3lame", "-b:a", "128k", "-f", "mp3"],
  opus: ["-c:a", "libopus", "-b:a", "64k", "-application", "voip", "-f", "ogg"],
};

export async function encodeSpeech(
  pcm: Pcm,
  format: SpeechFormat,
  parts: { ffmpeg: Ffmpeg; scratch?: string; signal: AbortSignal },
): Promise<Uint8Array> {
  const wav = writeWav(pcm);
  if (format === "wav") return wav;
  return withFolder(parts.scratch, async (folder) => {
    await writeFile(join(folder, "in.wav"), wav);
    await parts.ffmpeg.run(["-i", "in.wav", "-map_metadata", "-1", ...codecs[format], "out"], {
      cwd: folder,
      signal: parts.signal,
      limitSeconds: 600,
    });
    return readFile(join(folder, "out"));
  });
}
