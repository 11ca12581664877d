/** Pictures with what upscalers are judged by: edges, fine lines, gradients and grain, the same each time. */
import sharp, { type Sharp } from "sharp";

/** RGB bytes, rows first. */
export function testPixels(width: number, height: number): Uint8Array {
  const pixels = new Uint8Array(width * height * 3);
  let state = 7;
  for (let y = 0; y < height; y++)
    for (let x = 0; x < width; x++) {
      state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
      const grain = (state >>> 28) - 8;
      const disc = (x - width / 2) ** 2 + (y - height / 2) ** 2 < (Math.min(width, height) / 3) ** 2;
      const line = (x * 2 + y) % 23 < 2;
      const at = (y * width + x) * 3;
      pixels[at] = Math.min(255, Math.max(0, (disc ? 210 : (x / width) * 160) + grain));
      pixels[at + 1] = Math.min(255, Math.max(0, (line ? 240 : 70) + grain));
      pixels[at + 2] = Math.min(255, Math.max(0, (y / height) * 200 + (disc ? 40 : 0) + grain));
    }
  return pixels;
}

export const testPicture = (width: number, height: number): Sharp =>
  sharp(testPixels(width, height), { raw: { width, height, channels: 3 } });

/** RGB bytes of a picture file. */
export const rgbOf = (file: Uint8Array | undefined): Promise<Buffer> => sharp(file).toColourspace("srgb").removeAlpha().raw().toBuffer();

export const mean = (bytes: Uint8Array): number => bytes.reduce((sum, value) => sum + value, 0) / bytes.length;

export function largestDifference(a: Uint8Array, b: Uint8Array): number {
  if (a.length !== b.length) return Number.POSITIVE_INFINITY;
  return a.reduce((most, value, index) => Math.max(most, Math.abs(value - (b[index] ?? 0))), 0);
}

export function meanDifference(a: Uint8Array, b: Uint8Array): number {
  if (a.length !== b.length) return Number.POSITIVE_INFINITY;
  return a.reduce((sum, value, index) => sum + Math.abs(value - (b[index] ?? 0)), 0) / a.length;
}
