/** Arguments for a video that comes out of a filter graph. */
import { aacArgs, h264Args } from "../ffmpeg/index.ts";

/** Those of every video of ours, without their own filter: beside a graph it is refused. The graph must give even sizes. */
export function graphVideoArgs(): string[] {
  const filter = h264Args.indexOf("-vf");
  return filter < 0 ? [...h264Args] : [...h264Args.slice(0, filter), ...h264Args.slice(filter + 2)];
}

export const soundArgs: readonly string[] = aacArgs;

/** Makes sides even, and no longer than `side`. */
export const fitted = (side: number): string =>
  `scale='if(gt(iw,ih),min(${side},iw),-2)':'if(gt(iw,ih),-2,min(${side},ih))',scale=trunc(iw/2)*2:trunc(ih/2)*2,setsar=1`;

/** The same in numbers. */
export function fittedSize({ width, height }: { width: number; height: number }, side: number): { width: number; height: number } {
  const factor = Math.min(1, side / Math.max(width, height));
  const even = (value: number) => Math.max(2, Math.floor(Math.round(value * factor) / 2) * 2);
  return { width: even(width), height: even(height) };
}
