/** How large a clip is, and how long it may be. */
import { Failure } from "../../../core/failure.ts";

/** Seconds of a clip. */
const clipSeconds = { least: 0.2, most: 600 } as const;
/** Longest side in pixels: of a still picture, which is scaled down to it, and of a video, which stays as it is. */
const sides = { picture: 1920, video: 4096 } as const;

/** Even, as H.264 needs it, and in the source's proportions. */
export function clipSize(width: number, height: number, kind: "picture" | "video"): { width: number; height: number } {
  if (kind === "video" && Math.max(width, height) > sides.video)
    throw new Failure(
      "invalid_input",
      `The video is ${width}x${height}; a clip has at most ${sides.video} pixels a side. Make it smaller first.`,
    );
  const factor = Math.min(1, sides[kind] / Math.max(width, height));
  const even = (side: number): number => Math.max(2, Math.round((side * factor) / 2) * 2);
  return { width: even(width), height: even(height) };
}

export function checkSeconds(seconds: number): void {
  if (seconds >= clipSeconds.least && seconds <= clipSeconds.most) return;
  throw new Failure("invalid_input", `A clip of ${seconds} s cannot be made: it has ${clipSeconds.least} to ${clipSeconds.most} s.`);
}
