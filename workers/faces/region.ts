/** The part of a picture around one face, so that a program which takes any face can only take this one. */
import { Failure } from "../../core/failure.ts";
import type { Face } from "./boxes.ts";

/** Even numbers, within the picture. */
export interface Region {
  x: number;
  y: number;
  width: number;
  height: number;
}

/** Shares of the face's size that are left around it, the best first. */
const margins = [0.8, 0.5, 0.3];

function around(places: readonly Face[], margin: number, size: { width: number; height: number }): Region {
  const even = (value: number) => Math.floor(value / 2) * 2;
  const left = Math.min(...places.map(({ x, width }) => x - width * margin));
  const top = Math.min(...places.map(({ y, height }) => y - height * margin));
  const right = Math.max(...places.map(({ x, width }) => x + width * (1 + margin)));
  const bottom = Math.max(...places.map(({ y, height }) => y + height * (1 + margin)));
  const x = even(Math.max(0, left));
  const y = even(Math.max(0, top));
  return { x, y, width: even(Math.min(size.width, right) - x), height: even(Math.min(size.height, bottom) - y) };
}

const isIn = (region: Region, { x, y, width, height }: Face): boolean => {
  const [centreX, centreY] = [x + width / 2, y + height / 2];
  return centreX > region.x && centreX < region.x + region.width && centreY > region.y && centreY < region.y + region.height;
};

/**
 * Failure `invalid_input` where another face comes too near.
 * @param places of the face, over time. @param others every other face, whenever it is there.
 */
export function regionOf(places: readonly Face[], others: readonly Face[], size: { width: number; height: number }, name: string): Region {
  for (const margin of margins) {
    const region = around(places, margin, size);
    if (!others.some((other) => isIn(region, other))) return region;
  }
  throw new Failure(
    "invalid_input",
    `In ${name} another face comes too near to the one that was chosen, so its lips cannot be moved alone. Give one that shows the person alone, or cut it closer.`,
  );
}
