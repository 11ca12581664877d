/** What talking faces are made with, and how large they are. */
import type { FaceFinder } from "../../../faces/finder.ts";
import type { Ffmpeg } from "../../../ffmpeg/index.ts";
import type { Api } from "../api.ts";
import type { Known } from "../known.ts";
import type { GpuHostOptions } from "../options.ts";

export interface LipsParts {
  api: Api;
  known: Known;
  options: GpuHostOptions;
  ffmpeg: Ffmpeg;
  finder: FaceFinder;
}

export const lipsFamily = "gpu-host-lips";
/** Published figures; nothing was measured on a card. */
export const lipsGb = 6;

/** Pixels of the longest side of what comes, and that the face must be wide in it. */
export const limits = { picture: { side: 1920, least: 80 }, video: { side: 1280, least: 64 } } as const;

/** Seconds of sound that the programs need at least: a shorter one is filled up with silence, and what that adds is cut off again. */
export const leastSeconds = 1.1;

/** Pixels of what a program is given: each side at least, and of a video all frames together, for they lie in memory. */
const given = { side: 256, bytes: 5e9 };

/** The size for it, even. @param frames 1 for a picture. */
export function givenSize({ width, height }: { width: number; height: number }, frames: number): { width: number; height: number } {
  const most = Math.sqrt(given.bytes / (3 * frames * width * height));
  const factor = Math.min(most, Math.max(1, given.side / Math.min(width, height)));
  const even = (value: number) => Math.max(2, Math.round((value * factor) / 2) * 2);
  return { width: even(width), height: even(height) };
}

/** SadTalker's, which videos follow. */
export const fps = 25;

/** What a program is given, and what its result is laid over. */
export interface Prepared {
  /** PNG or MP4 for the program. */
  face: Uint8Array;
  width: number;
  height: number;
  /** Pixels that the face is wide in it. */
  faceWidth: number;
  /** Seconds in which there is no face, from and to: there the frames stay as they are. */
  faceless: readonly (readonly [number, number])[];
  /** Where the result belongs; absent where it is the whole. */
  over?: { file: string; still: boolean; x: number; y: number; width: number; height: number };
}
