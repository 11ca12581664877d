/** What may speak, and what may be spoken: checked by what is known of the files, before they are opened. */
import { Failure } from "../../core/failure.ts";
import type { Source } from "../../core/source.ts";

/** Seconds of sound that a face speaks at most. */
export const longestTalk = 120;

/** Failure `invalid_input`. */
export function faceKind({ name, mediaType }: Pick<Source, "name" | "mediaType">): "picture" | "video" {
  if (mediaType.startsWith("image/")) return "picture";
  if (mediaType.startsWith("video/")) return "video";
  throw new Failure(
    "invalid_input",
    `${name} is neither a picture nor a video (${mediaType}). Give a PNG, JPEG or WebP picture, or a video, with one face.`,
  );
}

export function tooLong(name: string, seconds: number): Failure {
  return new Failure(
    "invalid_input",
    `${name} is ${Math.round(seconds)} seconds long; a face speaks at most ${longestTalk} seconds. Cut it, or make several videos.`,
  );
}

/** A little more than the limit is its rounding. */
export const isTooLong = (seconds: number): boolean => seconds > longestTalk + 0.5;

/** Failure `invalid_input`: no sound, or too long. */
export function checkTalk({ name, mediaType, seconds, sound }: Source): void {
  const speaks = mediaType.startsWith("audio/") || (mediaType.startsWith("video/") && sound !== false);
  if (!speaks)
    throw new Failure(
      "invalid_input",
      `${name} has no sound (${mediaType}). Give a recording, speech that speak has made, or a video with sound.`,
    );
  if (seconds !== undefined && isTooLong(seconds)) throw tooLong(name, seconds);
}
