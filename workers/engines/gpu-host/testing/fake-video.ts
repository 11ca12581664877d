/** The video that a talking head would make: red where the face was, as large as it, as long as the sound. */
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { silentLog } from "../../../../core/log.ts";
import { createFfmpeg, probe, withFolder } from "../../../ffmpeg/index.ts";
import type { Faults } from "./fake-faults.ts";

const ffmpeg = createFfmpeg({ log: silentLog });
const signal = new AbortController().signal;

/** @param face PNG or MP4. */
export async function talkingVideo(face: Buffer, sound: Buffer, faults: Pick<Faults, "wrongLength" | "noVideo">): Promise<Buffer> {
  if (faults.noVideo) return Buffer.from("no video at all");
  return withFolder(undefined, async (cwd) => {
    await writeFile(join(cwd, "face"), face);
    await writeFile(join(cwd, "sound"), sound);
    const seconds = faults.wrongLength ? 0.5 : (await probe(join(cwd, "sound"))).seconds;
    const still = face[0] === 0x89;
    const input = still ? ["-loop", "1", "-framerate", "25", "-i", "face"] : ["-i", "face"];
    const red = "scale=trunc(iw/2)*2:trunc(ih/2)*2,drawbox=x=0:y=0:w=iw:h=ih:color=red:t=fill";
    const cut = ["-t", seconds.toFixed(3), "-c:v", "mpeg4", "-c:a", "aac", "-ar", "16000", "talking.mp4"];
    await ffmpeg.run([...input, "-i", "sound", "-map", "0:v", "-map", "1:a", "-vf", red, ...cut], { cwd, signal });
    return readFile(join(cwd, "talking.mp4"));
  });
}
