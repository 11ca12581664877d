/** Which piece of a recording a voice is cloned from: the loudest clear speech that begins and ends in pauses. */
import type { Frames } from "./frames.ts";
import type { Heard } from "./listen.ts";

export interface Piece {
  /** Seconds. */
  start: number;
  seconds: number;
}

/** Frames of a pause between words. */
const pauseFrames = 12;
/** Seconds that are left of the pause on both sides. */
const margin = 0.12;
/** Longer ones add little, and cost a person more words to write down. */
const enough = 10;

interface Edge {
  frame: number;
  /** 0 = a pause, else how much of a compromise it is. */
  cost: number;
}

/** Where a piece may begin (behind a pause) and end (before one). */
function edgesOf(frames: Frames, speech: Uint8Array): { starts: Edge[]; ends: Edge[] } {
  const [starts, ends]: [Edge[], Edge[]] = [[], []];
  const keep = Math.round(margin / frames.hop);
  let from = 0;
  for (let frame = 0; frame <= frames.count; frame++) {
    if (frame < frames.count && !speech[frame]) continue;
    const [pause, atBegin, atEnd] = [frame - from, from === 0, frame === frames.count];
    if (atBegin || (pause >= pauseFrames && !atEnd)) starts.push({ frame: Math.max(from, frame - keep), cost: 0 });
    if (!atBegin && (atEnd || pause >= pauseFrames)) ends.push({ frame: Math.min(frame, from + keep), cost: 0 });
    from = frame + 1;
  }
  // somebody who never pauses: the quietest moment of each half second
  const step = Math.round(0.5 / frames.hop);
  for (let frame = 0; frame < frames.count; frame += step) {
    let best = frame;
    for (let near = frame; near < Math.min(frames.count, frame + step); near++)
      if ((frames.level[near] ?? 0) < (frames.level[best] ?? 0)) best = near;
    starts.push({ frame: best, cost: 6 });
    ends.push({ frame: best, cost: 6 });
  }
  return { starts: starts.sort((a, b) => a.frame - b.frame), ends: ends.sort((a, b) => a.frame - b.frame) };
}

function sums(count: number, value: (frame: number) => number): Float64Array {
  const all = new Float64Array(count + 1);
  for (let frame = 0; frame < count; frame++) all[frame + 1] = (all[frame] ?? 0) + value(frame);
  return all;
}

/** Undefined where nothing of such a length has enough speech in it. @param window seconds that it may have. */
export function choosePiece(frames: Frames, { speech }: Heard, window: { least: number; most: number }, from = 0): Piece | undefined {
  const { starts, ends } = edgesOf(frames, speech);
  const spoken = sums(frames.count, (frame) => speech[frame] ?? 0);
  const power = sums(frames.count, (frame) => (speech[frame] ? 10 ** ((frames.level[frame] ?? -100) / 10) : 0));
  const between = (of: Float64Array, a: Edge, b: Edge): number => (of[b.frame] ?? 0) - (of[a.frame] ?? 0);
  let best: { score: number; start: Edge; end: Edge } | undefined;
  for (const start of starts) {
    if (start.frame * frames.hop < from) continue;
    for (const end of ends) {
      const seconds = (end.frame - start.frame) * frames.hop;
      if (seconds < window.least) continue;
      if (seconds > window.most) break;
      const speechFrames = between(spoken, start, end);
      if (speechFrames * frames.hop < Math.min(window.least, 3) * 0.8) continue;
      const level = 10 * Math.log10(between(power, start, end) / speechFrames);
      const share = speechFrames / (end.frame - start.frame);
      const score = 0.5 * level + 12 * share + 0.9 * Math.min(seconds, enough) - start.cost - end.cost;
      if (!best || score > best.score) best = { score, start, end };
    }
  }
  if (!best) return undefined;
  return { start: round(best.start.frame * frames.hop), seconds: round((best.end.frame - best.start.frame) * frames.hop) };
}

/** Hundredths are what a person reads and may say again. */
export const round = (seconds: number): number => Math.round(seconds * 100) / 100;
