/** How sharp a picture is: the variance of its Laplacian, on a version of one size for all, so that one limit serves all. */
import type { Pixels } from "./pixels.ts";

/** Longest side of the version that is measured. */
export const measuredSide = 512;

/** Sharp portraits have 300 and more; blurred by 0.4 % of their width they have 8 to 25, which any eye sees. */
export const blurredBelow = 40;

/** One byte a pixel (Rec. 601). */
function grey({ rgb, width, height }: Pixels): Uint8Array {
  const out = new Uint8Array(width * height);
  for (let at = 0, pixel = 0; pixel < out.length; pixel++, at += 3)
    out[pixel] = ((rgb[at] ?? 0) * 77 + (rgb[at + 1] ?? 0) * 150 + (rgb[at + 2] ?? 0) * 29) >> 8;
  return out;
}

export function sharpness(picture: Pixels): number {
  const { width, height } = picture;
  const values = grey(picture);
  const at = (pixel: number) => values[pixel] as number;
  let [count, sum, squares] = [0, 0, 0];
  for (let y = 1; y < height - 1; y++)
    for (let x = 1; x < width - 1; x++) {
      const pixel = y * width + x;
      const edge = at(pixel - 1) + at(pixel + 1) + at(pixel - width) + at(pixel + width) - 4 * at(pixel);
      count++;
      sum += edge;
      squares += edge * edge;
    }
  return count === 0 ? 0 : squares / count - (sum / count) ** 2;
}
