/** Checks against configured limits; each error names the limit and the setting that moves it. */
import { Failure } from "../core/failure.ts";
import type { Limits } from "../core/limits.ts";

export function checkPrompt(field: string, text: string, limits: Limits): void {
  if (text.length > limits.maxPrompt)
    throw new Failure(
      "limit_exceeded",
      `${field} has ${text.length} characters; at most ${limits.maxPrompt} are allowed (MYSPINBOT_MAX_PROMPT). Shorten it.`,
    );
}

export function checkSize(width: number, height: number, limits: Limits): void {
  if (Math.max(width, height) > limits.maxSide)
    throw new Failure(
      "limit_exceeded",
      `${width}x${height} is too large: at most ${limits.maxSide} pixels a side (MYSPINBOT_MAX_SIDE). Render smaller, then upscale_image.`,
    );
  if (width * height > limits.maxPixels)
    throw new Failure(
      "limit_exceeded",
      `${width}x${height} has ${width * height} pixels; at most ${limits.maxPixels} are allowed (MYSPINBOT_MAX_PIXELS). Render smaller, then upscale_image.`,
    );
}
