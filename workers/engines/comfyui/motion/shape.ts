/** Size, length and rate of a video within what its model was trained for; what had to be changed is said. */
import { Failure } from "../../../../core/failure.ts";
import type { MotionWish } from "../../../../core/ports/video.ts";
import { sizeFor } from "../../../../core/sizes.ts";
import type { MotionKind } from "./kinds.ts";

interface Size {
  width: number;
  height: number;
}

const leastSide = 256;

/** The size of the table whose shape is nearest, turned where it is upright. */
function sized({ table }: MotionKind["size"], ratio: number): Size {
  const all = table.flatMap(([width, height]) => [
    { width, height },
    { width: height, height: width },
  ]);
  const off = (size: Size) => Math.abs(Math.log(size.width / size.height / ratio));
  return all.reduce((best, size) => (off(size) < off(best) ? size : best));
}

/** @param image size of the picture that it starts from: its shape is kept where no other is asked for. */
export function fitSize(
  kind: MotionKind,
  wish: Partial<Pick<MotionWish, "width" | "height" | "aspect">>,
  image?: Size,
): Size & { notes: string[] } {
  const { most, multiple, table } = kind.size;
  const { width, height } = wish;
  if (width !== undefined && height !== undefined) {
    const whole = { width: Math.round(width / multiple) * multiple, height: Math.round(height / multiple) * multiple };
    if (Math.min(whole.width, whole.height) < leastSide || whole.width * whole.height > most)
      throw new Failure(
        "invalid_input",
        `${kind.title} cannot make ${width}x${height}. Sides are multiples of ${multiple}, ${leastSide} at least, and width x height is at most ${most}; usual are ${table.map((size) => size.join("x")).join(", ")}. upscale_video makes larger ones.`,
      );
    const changed = whole.width !== width || whole.height !== height;
    return {
      ...whole,
      notes: changed ? [`${width}x${height} became ${whole.width}x${whole.height}: sides are multiples of ${multiple}.`] : [],
    };
  }
  const [across, down] =
    wish.aspect !== undefined ? sizeFor("sdxl", wish.aspect) : image ? [image.width, image.height] : sizeFor("sdxl", "wide");
  return { ...sized(kind.size, across / down), notes: [] };
}

export interface Length {
  frames: number;
  fps: number;
  seconds: number;
  notes: string[];
}

const short = (value: number) => String(Math.round(value * 10) / 10);

/** Failure `invalid_input` for a rate that it cannot make; a length that it cannot make is cut, and said. */
export function fitLength(kind: MotionKind, wish: Partial<Pick<MotionWish, "seconds" | "fps">>): Length {
  const { frames, fps } = kind;
  const { seconds } = wish;
  if (wish.fps !== undefined && (wish.fps < fps.least || wish.fps > fps.most))
    throw new Failure("invalid_input", `${kind.title} makes ${fps.least} to ${fps.most} frames a second, not ${wish.fps}.`);
  const { only } = frames;
  // where the number of frames is fixed, the rate gives the length, as the model was trained to be told it
  const wanted = wish.fps ?? (only === undefined || seconds === undefined ? fps.usual : only / seconds);
  const rate = Math.min(fps.most, Math.max(fps.least, Math.round(wanted)));
  const count = only ?? framesFor(frames, seconds === undefined ? frames.usual : seconds * rate);
  const length = count / rate;
  const notes: string[] = [];
  if (only === undefined && rate !== fps.usual)
    notes.push(
      `${kind.title} was trained on ${fps.usual} frames a second; at ${rate} things move ${rate > fps.usual ? "faster" : "slower"}.`,
    );
  // a step of frames more or less is no change that anyone asked about
  if (seconds !== undefined && Math.abs(seconds - length) > Math.max(0.25, frames.step / rate)) {
    const [from, to] = only === undefined ? [frames.least / rate, frames.most / rate] : [only / fps.most, only / fps.least];
    notes.push(
      `${kind.title} makes ${short(from)} to ${short(to)} s at once: the video has ${short(length)} s instead of ${short(seconds)} s.`,
    );
  }
  return { frames: count, fps: rate, seconds: length, notes };
}

function framesFor({ step, least, most }: MotionKind["frames"], wanted: number): number {
  return Math.round((Math.min(most, Math.max(least, wanted)) - 1) / step) * step + 1;
}
