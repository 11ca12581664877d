/** From what the network says of each cell to faces: places, sizes, and one box a face. */

/** A face in pixels of its picture as it is seen; `score` 0 to 1. */
export interface Face {
  x: number;
  y: number;
  width: number;
  height: number;
  score: number;
}

/** Usual sizes of a face in cells, as it was trained with. */
const anchors = [
  [1.603231, 2.094468],
  [6.041143, 7.080126],
  [2.882459, 3.518061],
  [4.266906, 5.178857],
  [9.041765, 10.66308],
] as const;
const numbers = 5;
/** Two boxes that share more than this are of one face. Less than face-api's 0.4: between two faces side by side it sees a third one. */
const sameFace = 0.25;

const sigmoid = (value: number): number => 1 / (1 + Math.exp(-value));

function overlap(one: Face, other: Face): number {
  const wide = Math.min(one.x + one.width, other.x + other.width) - Math.max(one.x, other.x);
  const tall = Math.min(one.y + one.height, other.y + other.height) - Math.max(one.y, other.y);
  if (wide <= 0 || tall <= 0) return 0;
  return (wide * tall) / (one.width * one.height + other.width * other.height - wide * tall);
}

/**
 * @param out cells × cells × 5 anchors × (x, y, width, height, score), raw.
 * @returns boxes in shares of the square's side, at least this sure, the surest of each face.
 */
export function facesOf(out: Float32Array, cells: number, sure: number): Face[] {
  const found: Face[] = [];
  for (let at = 0; at * numbers < out.length; at++) {
    const [x = 0, y = 0, w = 0, h = 0, raw = 0] = out.subarray(at * numbers, (at + 1) * numbers);
    const score = sigmoid(raw);
    const [wide, tall] = anchors[at % anchors.length] ?? anchors[0];
    if (score < sure) continue;
    const cell = Math.floor(at / anchors.length);
    const width = (Math.exp(w) * wide) / cells;
    const height = (Math.exp(h) * tall) / cells;
    const centreX = ((cell % cells) + sigmoid(x)) / cells;
    const centreY = (Math.floor(cell / cells) + sigmoid(y)) / cells;
    found.push({ x: centreX - width / 2, y: centreY - height / 2, width, height, score });
  }
  return surest(found);
}

/** One box a face. */
export function surest(found: readonly Face[]): Face[] {
  const kept: Face[] = [];
  for (const face of [...found].sort((one, other) => other.score - one.score))
    if (kept.every((other) => overlap(face, other) <= sameFace)) kept.push(face);
  return kept;
}
