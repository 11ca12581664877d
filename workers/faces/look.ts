/** Looks for the face that shall speak, in a picture or over the time of a video. */
import sharp from "sharp";
import { Failure } from "../../core/failure.ts";
import type { Ffmpeg } from "../ffmpeg/index.ts";
import type { Face } from "./boxes.ts";
import { chooseFace, type Wish } from "./choose.ts";
import type { FaceFinder } from "./finder.ts";
import { framesOf } from "./frames.ts";
import { follow, type Track } from "./track.ts";

export interface Looked {
  face: Face;
  /** All of them, from left to right. */
  faces: Face[];
  /** Of the picture as it is seen. */
  width: number;
  height: number;
}

/** Failures `invalid_input`, `unsupported_media`. */
export async function lookAtPicture(finder: FaceFinder, bytes: Uint8Array, wish: Wish, signal: AbortSignal): Promise<Looked> {
  const faces = await finder.findFaces(bytes, signal);
  const { autoOrient } = await sharp(bytes).metadata();
  return { face: chooseFace(faces, wish), faces, ...autoOrient };
}

/** Frames that are looked at closely, whatever is found. */
const closely = 6;

/** Of a look at a video. */
export interface Look {
  /** Seconds from one frame to the next. */
  step: number;
  /** Seconds of the video that are looked at. */
  until: number;
  /** Pixels of its width. */
  width: number;
  signal: AbortSignal;
  /** Frames that were looked at so far. */
  onFrame?(done: number, of: number): void;
}

/** Places in pixels of the video. Failure `invalid_input` as `follow` has them. */
export async function lookAtVideo(
  parts: { finder: FaceFinder; ffmpeg: Ffmpeg },
  path: string,
  wish: Wish,
  { step, until, width, signal, onFrame }: Look,
): Promise<Track> {
  const frames = await framesOf(parts.ffmpeg, path, { step, until, signal });
  const [first] = frames;
  if (!first)
    throw new Failure("unsupported_media", `${wish.name} has no frame that can be read. Give a video that plays in a video player.`);
  const scale = width / ((await sharp(first).metadata()).width || width);
  const seen: Face[][] = [];
  for (const frame of frames) {
    // how many there are is known after a few: a frame that shows as many need not be looked at more closely
    const most = Math.max(0, ...seen.map(({ length }) => length));
    const faces = await parts.finder.findFaces(frame, signal, seen.length < closely || most === 0 ? undefined : most);
    seen.push(
      faces.map(({ x, y, width: wide, height, score }) => ({
        ...{ x: x * scale, y: y * scale, width: wide * scale, height: height * scale },
        score,
      })),
    );
    onFrame?.(seen.length, frames.length);
  }
  return follow(seen, step, wish);
}
