/** The sizes that sd-scripts trains at (its "buckets"): a picture that has one of them is neither cropped nor scaled again. */
import { maxEnlargement } from "./limits.ts";

export interface Size {
  width: number;
  height: number;
}

const step = 64;
/** As gpu-host writes them into the trainer's dataset file. */
const smallest = 256;
const largest = (resolution: number) => Math.max(1024, resolution * 2);

/** As `make_bucket_resolutions` of sd-scripts: each width with the largest height whose area is within resolution², and both turned. */
export function buckets(resolution: number): Size[] {
  const floor = (pixels: number) => Math.floor(pixels / step) * step;
  const found = new Map<string, Size>();
  const add = (width: number, height: number) => found.set(`${width}x${height}`, { width, height });
  add(floor(resolution), floor(resolution));
  for (let width = smallest; width <= largest(resolution); width += step) {
    const height = Math.min(largest(resolution), floor((resolution * resolution) / width));
    if (height < smallest) continue;
    add(width, height);
    add(height, width);
  }
  return [...found.values()];
}

const enlargement = (from: Size, to: Size) => Math.max(to.width / from.width, to.height / from.height);

function nearest(picture: Size, resolution: number): Size {
  const ratio = picture.width / picture.height;
  const away = (size: Size) => Math.abs(size.width / size.height - ratio);
  return buckets(resolution).reduce((best, size) => (away(size) < away(best) ? size : best));
}

/** The bucket whose shape is nearest, at `resolution` or, for a small picture, at the largest one that it is not enlarged too much for. */
export function bucketFor(picture: Size, resolution: number): Size {
  for (let at = resolution; at > smallest; at -= step) {
    const size = nearest(picture, at);
    if (enlargement(picture, size) <= maxEnlargement) return size;
  }
  return nearest(picture, smallest);
}

/** Whether it has fewer pixels than the training would use. */
export function isSmallFor(picture: Size, resolution: number): boolean {
  return enlargement(picture, nearest(picture, resolution)) > 1.05;
}
