/** The sound of any file that ffmpeg reads. */
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { Failure } from "../../core/failure.ts";
import { type Ffmpeg, withFolder } from "../ffmpeg/index.ts";
import type { Pcm } from "./pcm.ts";

export interface DecodeOptions {
  /** Samples a second of what comes back. */
  sampleRate: number;
  signal: AbortSignal;
  /** No more than these are read. */
  maxSeconds: number;
  /** Folder for temporary files. */
  scratch?: string;
}

/** Any container, also a video's sound, mixed down to mono. Failure `unsupported_media` where there is none or it is broken. */
export async function decodeSound(ffmpeg: Ffmpeg, bytes: Uint8Array, options: DecodeOptions): Promise<Pcm> {
  const { sampleRate, signal, maxSeconds, scratch } = options;
  return withFolder(scratch, async (folder) => {
    await writeFile(join(folder, "in"), bytes);
    const into = ["-map", "0:a:0", "-vn", "-sn", "-dn", "-t", String(maxSeconds), "-ac", "1", "-ar", String(sampleRate), "-f", "f32le"];
    await ffmpeg.run(["-i", "in", ...into, "out"], { cwd: folder, signal, limitSeconds: 600 }).catch((error: unknown) => {
      if (error instanceof Failure && error.code === "engine_failed" && !error.retryable)
        throw new Failure("unsupported_media", `Its sound cannot be read. ${error.message}`, { cause: error });
      throw error;
    });
    const raw = await readFile(join(folder, "out"));
    // a copy: a Buffer need not lie where floats may begin
    const samples = new Float32Array(Math.floor(raw.length / 4));
    for (let index = 0; index < samples.length; index++) samples[index] = raw.readFloatLE(index * 4);
    if (samples.length === 0)
      throw new Failure("unsupported_media", "There is no sound in the file. Give a recording, or a video with sound.");
    return { sampleRate, samples };
  });
}
