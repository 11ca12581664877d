/** Times of a video in which nobody is seen. */
import type { Track } from "../../../faces/track.ts";

export type Span = readonly [from: number, to: number];

/** A face comes and goes between two looks: half a step more on both sides. */
export function facelessSpans({ places, step }: Pick<Track, "places" | "step">): Span[] {
  const spans: [number, number][] = [];
  for (const [index, place] of places.entries()) {
    if (place) continue;
    const [from, to] = [Math.max(0, (index - 1) * step), (index + 1) * step];
    const last = spans.at(-1);
    if (last && from <= last[1]) last[1] = to;
    else spans.push([from, to]);
  }
  return spans;
}

/** True during them, for ffmpeg's `enable`. */
export function during(spans: readonly Span[]): string {
  return spans.map(([from, to]) => `between(t,${from.toFixed(3)},${to.toFixed(3)})`).join("+");
}
