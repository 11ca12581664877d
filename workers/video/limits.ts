/** How large a video an upscaler takes, in numbers that a person can act on. */
import { Failure } from "../../core/failure.ts";

export interface VideoLimits {
  seconds: number;
  /** Width × height of a frame. */
  pixels: number;
  /** Width × height × seconds; absent where time does not matter. */
  pixelSeconds?: number;
  /** Width × height of a frame of the result. */
  resultPixels: number;
  /** What takes more, or how to get below. */
  remedy: string;
}

const size = (pixels: number) => `${Math.round(Math.sqrt((pixels * 16) / 9))}x${Math.round(Math.sqrt((pixels * 9) / 16))}`;

/** Looks at what is known; what is only promised is looked at again when it is there. Failure `limit_exceeded`. */
export function checkVideo(limits: VideoLimits, video: { width?: number; height?: number; seconds?: number }, scale: number): void {
  const { width, height, seconds } = video;
  const refuse = (what: string): never => {
    throw new Failure("limit_exceeded", `${what} ${limits.remedy}`);
  };
  if (seconds !== undefined && seconds > limits.seconds + 0.5)
    refuse(`The video has ${Math.round(seconds * 10) / 10} s; at most ${limits.seconds} s can be upscaled at once.`);
  if (width === undefined || height === undefined) return;
  const pixels = width * height;
  if (pixels > limits.pixels)
    refuse(`The video has ${width}x${height}; at most ${limits.pixels} pixels a frame (such as ${size(limits.pixels)}) can be upscaled.`);
  if (pixels * scale * scale > limits.resultPixels)
    refuse(
      `${width}x${height} made ${scale} times as large is more than ${limits.resultPixels} pixels a frame (such as ${size(limits.resultPixels)}).${scale > 2 ? " Use scale 2." : ""}`,
    );
  if (limits.pixelSeconds !== undefined && seconds !== undefined && pixels * seconds > limits.pixelSeconds)
    refuse(
      `${width}x${height} for ${Math.round(seconds * 10) / 10} s is too much: at this size at most ${Math.floor((limits.pixelSeconds / pixels) * 10) / 10} s can be upscaled.`,
    );
}
