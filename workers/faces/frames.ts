/** Frames of a video, small, to look for faces in. */
import { readdir, readFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { type Ffmpeg, withFolder } from "../ffmpeg/index.ts";

/** Pixels of a frame's width: the detector looks at less. */
const width = 832;

export interface FrameOptions {
  /** Seconds from one frame to the next. */
  step: number;
  /** Seconds after which none is taken. */
  until: number;
  signal: AbortSignal;
}

/** JPEGs of what is shown at 0, step, 2 × step … @param path beside it a folder is made for a while. */
export async function framesOf(ffmpeg: Ffmpeg, path: string, { step, until, signal }: FrameOptions): Promise<Buffer[]> {
  return withFolder(dirname(path), async (folder) => {
    // rounded up: the frame that is on the screen at that moment, none that comes later
    const filter = `fps=fps=1000/${Math.round(step * 1000)}:round=up,scale='min(${width},iw)':-2`;
    await ffmpeg.run(["-i", path, "-t", String(until), "-an", "-vf", filter, "-q:v", "4", "f-%05d.jpg"], { cwd: folder, signal });
    const names = (await readdir(folder)).sort();
    const frames: Buffer[] = [];
    for (const name of names) frames.push(await readFile(join(folder, name)));
    return frames;
  });
}
