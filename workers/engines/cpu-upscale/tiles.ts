/** Cuts a picture into tiles that overlap so far that the joined result is that of the whole picture. */

export interface Tile {
  /** The part that the tile is for, in source pixels. */
  x: number;
  y: number;
  width: number;
  height: number;
  /** The same with its surroundings, ended at the picture's own edge. */
  outer: { x: number; y: number; width: number; height: number };
}

/**
 * How far a source pixel reaches into the result: the network's 3x3 and 5x5 convolutions add up to 9.5 source pixels at most (those behind the
 * enlargement count a fraction). At the picture's edge the network pads by itself, so no tile reaches past it.
 */
export const halo = 10;

/** Start and length of parts of nearly equal size, none above `most`. */
function parts(length: number, most: number): { start: number; size: number }[] {
  const count = Math.ceil(length / most);
  return Array.from({ length: count }, (_, index) => {
    const start = Math.floor((index * length) / count);
    return { start, size: Math.floor(((index + 1) * length) / count) - start };
  });
}

function grown(start: number, size: number, end: number): { start: number; size: number } {
  const from = Math.max(0, start - halo);
  return { start: from, size: Math.min(end, start + size + halo) - from };
}

export function planTiles(width: number, height: number, most: number): Tile[] {
  return parts(height, most).flatMap((row) =>
    parts(width, most).map((column) => {
      const across = grown(column.start, column.size, width);
      const down = grown(row.start, row.size, height);
      const outer = { x: across.start, y: down.start, width: across.size, height: down.size };
      return { x: column.start, y: row.start, width: column.size, height: row.size, outer };
    }),
  );
}

/** The tile's pixels with their surroundings, 3 bytes each. */
export function cutTile(pixels: Uint8Array, width: number, { outer }: Tile): Uint8Array<ArrayBuffer> {
  const cut = new Uint8Array(outer.width * outer.height * 3);
  for (let row = 0; row < outer.height; row++) {
    const from = ((outer.y + row) * width + outer.x) * 3;
    cut.set(pixels.subarray(from, from + outer.width * 3), row * outer.width * 3);
  }
  return cut;
}

/** Puts an enlarged tile, without its surroundings, where it belongs in the enlarged picture (`width` in source pixels). */
export function pasteTile(target: Uint8Array, width: number, tile: Tile, scale: number, enlarged: Uint8Array): void {
  const { outer } = tile;
  for (let row = 0; row < tile.height * scale; row++) {
    const from = (((tile.y - outer.y) * scale + row) * outer.width * scale + (tile.x - outer.x) * scale) * 3;
    const to = ((tile.y * scale + row) * width * scale + tile.x * scale) * 3;
    target.set(enlarged.subarray(from, from + tile.width * scale * 3), to);
  }
}
