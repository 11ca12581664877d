/** Whether one person speaks or two: what hums like a voice, in pieces, sorted into two kinds by colour (ΔBIC over the cepstrum) and compared in height. */
import { cepstrumSize, type Frames } from "./frames.ts";
import { type Gaussian, gainOfTwo, gaussianOf, joined, penalty } from "./gaussian.ts";
import { median } from "./statistics.ts";

export interface Speakers {
  /** `sure`: two people, as far as figures can tell; `unsure`: there may be two. */
  two: "no" | "unsure" | "sure";
  /** Semitones between the middles of the two kinds. */
  semitones: number;
  /** ΔBIC, and the gain a frame: above 0.8 two voices, or one in two moods. */
  deltaBic: number;
  gain: number;
  /** Seconds at which the smaller kind begins and ends first. */
  other?: { start: number; end: number };
}

/** Frames of a piece: a second and a half of humming, two to three of speech. */
const pieceFrames = 150;
/** Pieces compared at most; a long recording has longer ones. */
const mostPieces = 60;

interface Kind {
  gaussian: Gaussian;
  frames: number[];
}

/** Two kinds: the two most alike are joined until two are left. */
function twoKinds(kinds: Kind[]): [Kind, Kind] | undefined {
  const far = (one: Kind, other: Kind): number =>
    gainOfTwo(one.gaussian, other.gaussian) * (1 / one.gaussian.count + 1 / other.gaussian.count);
  const distances = new Map<Kind, Map<Kind, number>>(kinds.map((kind) => [kind, new Map()]));
  const between = (one: Kind, other: Kind): number => {
    const row = distances.get(one);
    const known = row?.get(other);
    if (known !== undefined) return known;
    const distance = far(one, other);
    row?.set(other, distance);
    return distance;
  };
  while (kinds.length > 2) {
    let best: [Kind, Kind, number] | undefined;
    for (const [index, one] of kinds.entries())
      for (const other of kinds.slice(index + 1)) {
        const distance = between(one, other);
        if (!best || distance < best[2]) best = [one, other, distance];
      }
    if (!best) return undefined;
    const [one, other] = best;
    const both: Kind = { gaussian: joined(one.gaussian, other.gaussian), frames: [...one.frames, ...other.frames] };
    distances.set(both, new Map());
    kinds = [...kinds.filter((kind) => kind !== one && kind !== other), both];
  }
  return kinds[0] && kinds[1] ? [kinds[0], kinds[1]] : undefined;
}

/** Where the frames lie that follow on each other first. */
function firstRun(frames: number[], hop: number): { start: number; end: number } {
  const ordered = [...frames].sort((a, b) => a - b);
  let last = ordered[0] ?? 0;
  for (const frame of ordered) {
    // a pause of a second ends it
    if (frame - last > 1 / hop) break;
    last = frame;
  }
  return { start: (ordered[0] ?? 0) * hop, end: last * hop };
}

/** @param speech 1 for every frame of speech. Fewer than two pieces of speech are one person's. */
export function speakersOf(frames: Frames, speech: Uint8Array): Speakers {
  const hums = Array.from(frames.pitch.keys()).filter((frame) => (frames.pitch[frame] ?? 0) > 0 && speech[frame]);
  const size = Math.max(pieceFrames, Math.ceil(hums.length / mostPieces));
  const kinds: Kind[] = [];
  for (let at = 0; at + size <= hums.length; at += size) {
    const own = hums.slice(at, at + size);
    kinds.push({ gaussian: gaussianOf(frames.cepstrum, cepstrumSize, own), frames: own });
  }
  const found = kinds.length < 2 ? undefined : twoKinds(kinds);
  if (!found) return { two: "no", semitones: 0, deltaBic: 0, gain: 0 };
  const [one, other] = found;
  const count = one.frames.length + other.frames.length;
  const likelihood = gainOfTwo(one.gaussian, other.gaussian);
  const height = (kind: Kind): number => median(kind.frames.map((frame) => frames.pitch[frame] ?? 0));
  const [deltaBic, gain] = [likelihood - penalty(cepstrumSize, count), likelihood / count];
  const semitones = Math.abs(12 * Math.log2(height(one) / height(other)));
  // tried on 19 recordings of one person each and on pairs of them: none of one reached these, and all of a man and a woman did
  const sure = semitones >= 7 && deltaBic > 200;
  const unsure = (gain >= 0.8 && deltaBic > 350) || (semitones >= 5 && deltaBic > 100);
  if (!sure && !unsure) return { two: "no", semitones, deltaBic, gain };
  const smaller = one.frames.length < other.frames.length ? one : other;
  return { two: sure ? "sure" : "unsure", semitones, deltaBic, gain, other: firstRun(smaller.frames, frames.hop) };
}
