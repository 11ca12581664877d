/** One face over the frames of a video. */
import type { Face } from "./boxes.ts";
import { NoFace, tooSmall, type Wish, whichFace } from "./choose.ts";

export interface Track {
  /** Seconds from one place to the next. */
  step: number;
  /** Where it is; undefined where there is none. */
  places: (Face | undefined)[];
  /** The other faces of each frame. */
  others: Face[][];
  /** Share of the frames without it, 0 to 1. */
  faceless: number;
}

export const placesOf = ({ places }: Pick<Track, "places">): Face[] => places.flatMap((place) => place ?? []);

const centre = ({ x, width }: Face): number => x + width / 2;

function middle(values: readonly number[]): number {
  return [...values].sort((one, other) => one - other)[Math.floor(values.length / 2)] ?? 0;
}

/** How many faces most of the frames with faces show. */
function usualCount(seen: readonly Face[][]): number {
  const counts = new Map<number, number>();
  for (const { length } of seen) if (length > 0) counts.set(length, (counts.get(length) ?? 0) + 1);
  return [...counts].sort(([, one], [, other]) => other - one)[0]?.[0] ?? 0;
}

function nearest(faces: readonly Face[], to: Face): Face | undefined {
  const far = (face: Face) => Math.hypot(centre(face) - centre(to), face.y - to.y);
  const found = [...faces].sort((one, other) => far(one) - far(other))[0];
  // across the picture it is somebody else
  return found && far(found) <= Math.max(found.width, to.width) * 1.5 ? found : undefined;
}

/** A look that misses a face once, between two that see it, is the detector's mistake. */
function bridged(places: (Face | undefined)[]): (Face | undefined)[] {
  return places.map((place, index) => {
    const [before, after] = [places[index - 1], places[index + 1]];
    if (place || !before || !after) return place;
    const half = (key: "x" | "y" | "width" | "height") => (before[key] + after[key]) / 2;
    return { x: half("x"), y: half("y"), width: half("width"), height: half("height"), score: Math.min(before.score, after.score) };
  });
}

/**
 * Failure `invalid_input`: no face in any frame, several and none chosen, one that is not there, or too small.
 * @param seen faces of each frame, from left to right.
 */
export function follow(seen: readonly Face[][], step: number, wish: Wish): Track {
  const count = usualCount(seen);
  if (count === 0) throw new NoFace(`any of the ${seen.length} frames of ${wish.name} that were looked at`, wish.least);
  if ((wish.who === 0 && count > 1) || wish.who > count) throw whichFace(wish, count);
  let last: Face | undefined;
  const chosen = seen.map((faces) => {
    if (faces.length === 0) return undefined;
    const first = faces.length === count ? faces[Math.max(0, wish.who - 1)] : undefined;
    const found = last ? nearest(faces, last) : first;
    last = found ?? last;
    return found;
  });
  const places = bridged(chosen);
  const there = placesOf({ places });
  const width = middle(there.map((face) => face.width));
  if (width < wish.least) throw tooSmall(wish, width);
  return {
    step,
    places,
    others: seen.map((faces, index) => faces.filter((face) => face !== chosen[index])),
    faceless: 1 - there.length / Math.max(1, places.length),
  };
}
