/** Where the samples of a track lie in an MP4 or MOV. */
import { brokenFile } from "../kinds.ts";
import { type Box, inside } from "./iso-boxes.ts";

/** More numbers than the index of a track of days has. */
const most = 30_000_000;

/** The numbers of a table box. @param width bytes of each @param skip bytes of its content before their count */
function numbers(view: Buffer, box: Box | undefined, width: 4 | 8, skip: number, each: number): number[] {
  if (!box || box.body + skip + 4 > box.end) return [];
  const count = view.readUInt32BE(box.body + skip) * each;
  const start = box.body + skip + 4;
  if (start + count * width > box.end || count > most) throw brokenFile("its index is damaged");
  return Array.from({ length: count }, (_none, index) =>
    width === 4 ? view.readUInt32BE(start + index * 4) : Number(view.readBigUInt64BE(start + index * 8)),
  );
}

/** @param track a `trak` box. @throws Failure `unsupported_media` */
export function sampleRanges(view: Buffer, track: Box): { from: number; to: number }[] {
  const table = inside(view, track, "mdia", "minf", "stbl");
  if (!table) return [];
  const sizeBox = inside(view, table, "stsz");
  const size = sizeBox && sizeBox.body + 8 <= sizeBox.end ? view.readUInt32BE(sizeBox.body + 4) : 0;
  const sizes = size === 0 ? numbers(view, sizeBox, 4, 8, 1) : [];
  const long = inside(view, table, "co64");
  const chunks = long ? numbers(view, long, 8, 4, 1) : numbers(view, inside(view, table, "stco"), 4, 4, 1);
  const runs = numbers(view, inside(view, table, "stsc"), 4, 4, 3);
  const ranges: { from: number; to: number }[] = [];
  let sample = 0;
  let run = 0;
  for (const [index, from] of chunks.entries()) {
    while (runs[run + 3] !== undefined && (runs[run + 3] as number) <= index + 1) run += 3;
    const count = runs[run + 1] ?? 0;
    const bytes = size > 0 ? size * count : sizes.slice(sample, sample + count).reduce((sum, each) => sum + each, 0);
    sample += count;
    ranges.push({ from, to: from + bytes });
  }
  return ranges;
}
