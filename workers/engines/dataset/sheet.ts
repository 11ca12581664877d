/** The contact sheet of a dataset: all of its pictures, small, under the numbers of their captions. Memory is that of the sheet and one picture. */
import sharp from "sharp";
import { digitHeight, isStroke, numberWidth } from "./digits.ts";

export interface Sheet {
  /** The next picture. */
  add(picture: Uint8Array): Promise<void>;
  jpeg(): Promise<Buffer>;
}

interface Layout {
  columns: number;
  /** Pixels of a picture's longer side. */
  side: number;
  /** Pixels of a number's dots. */
  dot: number;
}

/** Above this the pictures are smaller, and more stand in a row: 500 of them are still one sheet. */
const mostLarge = 60;
const large: Layout = { columns: 5, side: 240, dot: 3 };
const little: Layout = { columns: 10, side: 120, dot: 2 };
const gap = 8;
const paper = 255;
const ink = { ground: 24, stroke: 255 };

/** @param count of pictures that it will have. */
export function createSheet(count: number): Sheet {
  const { columns, side, dot } = count <= mostLarge ? large : little;
  const cell = side + gap;
  const width = Math.min(count, columns) * cell + gap;
  const height = Math.ceil(count / columns) * cell + gap;
  const canvas = Buffer.alloc(width * height * 3, paper);
  let added = 0;

  const fill = (left: number, top: number, size: { width: number; height: number }, grey: number): void => {
    for (let y = top; y < top + size.height; y++) canvas.fill(grey, (y * width + left) * 3, (y * width + left + size.width) * 3);
  };

  /** White on dark, with a dot's rim. */
  function badge(number: number, left: number, top: number): void {
    const dots = numberWidth(number);
    fill(left, top, { width: (dots + 4) * dot, height: (digitHeight + 4) * dot }, ink.ground);
    for (let y = 0; y < digitHeight; y++)
      for (let x = 0; x < dots; x++)
        if (isStroke(number, x, y)) fill(left + (x + 2) * dot, top + (y + 2) * dot, { width: dot, height: dot }, ink.stroke);
  }

  return {
    async add(picture) {
      const index = added++;
      const small = sharp(picture).resize({ width: side, height: side, fit: "inside" }).removeAlpha().toColourspace("srgb");
      const { data, info } = await small.raw().toBuffer({ resolveWithObject: true });
      const left = gap + (index % columns) * cell + Math.floor((side - info.width) / 2);
      const top = gap + Math.floor(index / columns) * cell + Math.floor((side - info.height) / 2);
      for (let y = 0; y < info.height; y++) data.copy(canvas, ((top + y) * width + left) * 3, y * info.width * 3, (y + 1) * info.width * 3);
      badge(index + 1, left, top);
    },
    jpeg: () =>
      sharp(canvas, { raw: { width, height, channels: 3 } })
        .jpeg({ quality: 85 })
        .toBuffer(),
  };
}
