/** What a program made becomes the whole: laid where it belongs, with the sound as it was given. */

import { graphVideoArgs, soundArgs } from "../../../faces/encode.ts";
import type { Ffmpeg } from "../../../ffmpeg/index.ts";
import { fps, type Prepared } from "./parts.ts";
import { during } from "./spans.ts";

export interface Finish {
  ffmpeg: Ffmpeg;
  /** Has `talking.mp4`, `sound`, and what it is laid over. */
  folder: string;
  seconds: number;
  signal: AbortSignal;
  onSeconds(seconds: number): void;
}

function graphOf({ over, width, height, faceless }: Prepared): { inputs: string[]; graph: string } {
  if (!over) return { inputs: [], graph: `[0:v]scale=${width}:${height},setsar=1,fps=${fps}[out]` };
  const inputs = [...(over.still ? ["-loop", "1", "-framerate", String(fps)] : []), "-i", over.file];
  const shown = faceless.length > 0 ? `:enable='not(${during(faceless)})'` : "";
  const talking = `[0:v]scale=${over.width}:${over.height},setsar=1,fps=${fps}[talking]`;
  return { inputs, graph: `${talking};[2:v][talking]overlay=${over.x}:${over.y}:eof_action=repeat${shown}[out]` };
}

/** Writes `result.mp4`. The engines' own sound has 16 kHz. */
export async function finish(prepared: Prepared, { ffmpeg, folder, seconds, signal, onSeconds }: Finish): Promise<void> {
  const { inputs, graph } = graphOf(prepared);
  const args = ["-i", "talking.mp4", "-i", "sound", ...inputs, "-filter_complex", graph, "-map", "[out]", "-map", "1:a:0"];
  await ffmpeg.run([...args, ...graphVideoArgs(), ...soundArgs, "-t", seconds.toFixed(3), "result.mp4"], {
    cwd: folder,
    signal,
    onSeconds,
  });
}
