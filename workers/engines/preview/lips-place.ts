/** Where the drawn mouth goes, at every moment, as ffmpeg reads it. */
import type { Face } from "../../faces/boxes.ts";
import type { Track } from "../../faces/track.ts";

export interface Place {
  /** Pixels of the mouth. */
  width: number;
  /** Left and top of it, as expressions of the time `t`. */
  x: string;
  y: string;
  /** Whether it is shown; undefined: always. */
  shown?: string;
  /** Where eyes are drawn as well, because there is no face. */
  eyes?: { x: number; y: number; apart: number };
}

const even = (value: number): number => Math.max(8, Math.round(value / 2) * 2);
const tall = (width: number): number => Math.round((width * 0.7) / 2) * 2;

/** The middle of the mouth in a face's box, which is wider than the face. */
const mouthOf = ({ x, y, width, height }: Face) => ({ x: x + width / 2, y: y + height * 0.68 });

/** In the middle, where no face is. */
export function noFacePlace({ width, height }: { width: number; height: number }): Place {
  const mouth = even(Math.min(width, height) * 0.24);
  const y = height * 0.62;
  return {
    width: mouth,
    ...{ x: String(Math.round(width / 2 - mouth / 2)), y: String(Math.round(y - tall(mouth) / 2)) },
    eyes: { x: width / 2, y: height * 0.42, apart: mouth * 1.2 },
  };
}

/** From one place to the next in a straight line, and held at both ends. */
function over(times: readonly number[], values: readonly number[]): string {
  const [first = 0] = values;
  // what hardly moves stands still: a drawn mouth that trembles is worse
  if (values.every((value) => Math.abs(value - first) < 3)) return String(Math.round(first));
  const pieces = times.slice(1).map((to, index) => {
    const [from = 0, a = 0, b = 0] = [times[index], values[index], values[index + 1]];
    return `gte(t,${from})*lt(t,${to})*(${a.toFixed(1)}+${((b - a) / (to - from)).toFixed(3)}*(t-${from}))`;
  });
  return [...pieces, `gte(t,${times.at(-1) ?? 0})*${(values.at(-1) ?? 0).toFixed(1)}`].join("+");
}

/** @param track places in pixels of what is drawn on. */
export function facePlace({ places, step }: Pick<Track, "places" | "step">): Place {
  const seen = places.flatMap((face, index) => (face ? [{ face, at: index * step }] : []));
  const widths = seen.map(({ face }) => face.width).sort((one, other) => one - other);
  const width = even((widths[Math.floor(widths.length / 2)] ?? 100) * 0.3);
  const times = seen.map(({ at }, index) => (index === 0 ? 0 : Math.round(at * 1000) / 1000));
  const x = over(
    times,
    seen.map(({ face }) => mouthOf(face).x - width / 2),
  );
  const y = over(
    times,
    seen.map(({ face }) => mouthOf(face).y - tall(width) / 2),
  );
  const gone = places.flatMap((face, index) =>
    face ? [] : [`between(t,${((index - 0.5) * step).toFixed(3)},${((index + 0.5) * step).toFixed(3)})`],
  );
  return { width, x, y, ...(gone.length > 0 ? { shown: `not(${gone.join("+")})` } : {}) };
}
