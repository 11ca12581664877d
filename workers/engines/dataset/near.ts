/** Near-duplicates by a perceptual hash (dHash, 64 bit): the same photo saved, scaled or slightly changed again. */
import sharp from "sharp";
import type { Pixels } from "./pixels.ts";

/** Two words of 32 bit: one bit a place, set where it is brighter than its right neighbour. */
export type Hash = readonly [number, number];

/** Bits by which two pictures may differ and still be the same to a training. */
const maxDistance = 4;

export async function hashOf({ rgb, width, height }: Pixels): Promise<Hash> {
  const values = await sharp(rgb, { raw: { width, height, channels: 3 } })
    .greyscale()
    .resize({ width: 9, height: 8, fit: "fill" })
    .toColourspace("b-w")
    .raw({ depth: "uchar" })
    .toBuffer();
  const hash: [number, number] = [0, 0];
  for (let bit = 0; bit < 64; bit++) {
    const place = Math.floor(bit / 8) * 9 + (bit % 8);
    if ((values[place] ?? 0) > (values[place + 1] ?? 0)) hash[bit >> 5 ? 1 : 0] |= 1 << (bit & 31);
  }
  return hash;
}

function ones(word: number): number {
  let count = 0;
  for (let rest = word; rest !== 0; rest &= rest - 1) count++;
  return count;
}

const distance = (one: Hash, other: Hash) => ones(one[0] ^ other[0]) + ones(one[1] ^ other[1]);

/** For each picture that is nearly the same as another, the one that stays for it: the one with more pixels, of equals the first. */
export function nearDuplicates<T extends { hash: Hash; width: number; height: number }>(pictures: readonly T[]): Map<T, T> {
  const kept: T[] = [];
  const same = new Map<T, T>();
  for (const picture of [...pictures].sort((one, other) => other.width * other.height - one.width * one.height)) {
    const like = kept.find(({ hash }) => distance(hash, picture.hash) <= maxDistance);
    if (like) same.set(picture, like);
    else kept.push(picture);
  }
  return same;
}
