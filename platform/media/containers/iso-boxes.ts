/** Boxes of MP4 and MOV, found and blanked where they lie. */
import { brokenFile, countParts, endsEarly } from "../kinds.ts";

export interface Box {
  type: string;
  start: number;
  /** Where its content begins, behind the header. */
  body: number;
  end: number;
}

/** The boxes that stand between two places. @throws Failure `unsupported_media` */
export function* boxes(view: Buffer, from: number, to: number): Generator<Box> {
  const count = countParts();
  for (let at = from; at + 8 <= to; ) {
    const [given, type] = [view.readUInt32BE(at), view.toString("latin1", at + 4, at + 8)];
    const long = given === 1;
    if (long && at + 16 > to) throw endsEarly();
    // 0 = to the end of the file; within a box, four zero bytes end a list of QuickTime's
    const size = given === 0 ? to - at : long ? Number(view.readBigUInt64BE(at + 8)) : given;
    const body = at + (long ? 16 : 8);
    if (at + size < body) throw brokenFile("what it says of its own parts does not fit together");
    if (at + size > to) throw endsEarly();
    count();
    yield { type, start: at, body, end: at + size };
    at += size;
  }
}

export function inside(view: Buffer, box: Box, ...path: string[]): Box | undefined {
  const [type, ...rest] = path;
  if (type === undefined) return box;
  const found = [...boxes(view, box.body, box.end)].find((child) => child.type === type);
  return found && inside(view, found, ...rest);
}

/** Nothing is left in it, and every place behind it stays what it was. */
export function blank(view: Buffer, box: Box): void {
  view.write("free", box.start + 4, "latin1");
  view.fill(0, box.body, box.end);
}

export function makeBox(type: string, ...content: Buffer[]): Buffer {
  const head = Buffer.from(`\0\0\0\0${type}`, "latin1");
  head.writeUInt32BE(content.reduce((sum, piece) => sum + piece.length, 8));
  return Buffer.concat([head, ...content]);
}
