/** What is seen and heard in a file, as one text: equal for two files that show and say the same, whatever else they carry. */
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { silentLog } from "../../core/log.ts";
import { createFfmpeg, withFolder } from "../../workers/ffmpeg/index.ts";

const ffmpeg = createFfmpeg({ log: silentLog });
const { signal } = new AbortController();

/** A line for each frame and each piece of sound, decoded: its stream, its time, and an MD5 of its pixels or samples. */
export async function decoded(bytes: Uint8Array): Promise<string[]> {
  return withFolder(undefined, async (cwd) => {
    await writeFile(join(cwd, "file"), bytes);
    await ffmpeg.run(["-i", "file", "-map", "0:v?", "-map", "0:a?", "-f", "framemd5", "decoded"], { cwd, signal });
    return (await readFile(join(cwd, "decoded"), "utf8")).split("\n").filter((line) => line !== "" && !line.startsWith("#software"));
  });
}
