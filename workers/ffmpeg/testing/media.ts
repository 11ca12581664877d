/** Small videos and sounds for tests, made by ffmpeg itself. */
import { silentLog } from "../../../core/log.ts";
import { createFfmpeg, type Ffmpeg } from "../ffmpeg.ts";

export const testFfmpeg: Ffmpeg = createFfmpeg({ log: silentLog });

export interface MadeVideo {
  width?: number;
  height?: number;
  fps?: number | string;
  seconds?: number;
  /** A tone, as long as the video or so many seconds. */
  sound?: boolean | number;
  /** Source of frames, as lavfi names it. */
  source?: string;
  args?: readonly string[];
}

/** Writes it into `folder` and returns its path. */
export async function makeVideo(folder: string, name: string, video: MadeVideo = {}): Promise<string> {
  const { width = 160, height = 120, fps = 25, seconds = 1, sound = false, source = "testsrc", args = [] } = video;
  const size = `${source}${source.includes("=") ? ":" : "="}s=${width}x${height}:r=${fps}:d=${seconds}`;
  const tone = sound === false ? [] : ["-f", "lavfi", "-i", `sine=f=440:r=48000:d=${sound === true ? seconds : sound}`];
  const codecs = ["-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv420p", ...(tone.length > 0 ? ["-c:a", "aac"] : [])];
  await testFfmpeg.run(["-f", "lavfi", "-i", size, ...tone, ...codecs, ...args, name], {
    cwd: folder,
    signal: new AbortController().signal,
  });
  return `${folder}/${name}`;
}
