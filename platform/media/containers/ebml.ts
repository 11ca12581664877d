/** Elements of WebM, found and blanked where they lie. */
import { brokenFile, countParts, endsEarly } from "../kinds.ts";

export interface Element {
  id: number;
  start: number;
  /** Where its length stands, and where its content begins. */
  sizeAt: number;
  body: number;
  end: number;
  /** Its length is not told: it goes on to the end of what it is in, or to the next of its kind. */
  open: boolean;
}

/** Number of bytes by the first of them. */
function lengthAt(view: Buffer, at: number, to: number): number {
  const length = at < to ? Math.clz32(view[at] as number) - 23 : 9;
  if (length > 8) throw brokenFile("what it says of its own parts does not fit together");
  if (at + length > to) throw endsEarly();
  return length;
}

/** @throws Failure `unsupported_media` */
export function elementAt(view: Buffer, start: number, to: number): Element {
  const sizeAt = start + lengthAt(view, start, to);
  if (sizeAt - start > 4) throw brokenFile("what it says of its own parts does not fit together");
  const body = sizeAt + lengthAt(view, sizeAt, to);
  let [size, ones] = [0, true];
  for (let at = sizeAt; at < body; at++) {
    const mask = at === sizeAt ? 0xff >> (body - sizeAt) : 0xff;
    const byte = (view[at] as number) & mask;
    size = size * 256 + byte;
    ones &&= byte === mask;
  }
  if (!ones && body + size > to) throw endsEarly();
  return { id: view.readUIntBE(start, sizeAt - start), start, sizeAt, body, end: ones ? to : body + size, open: ones };
}

export function* elements(view: Buffer, from: number, to: number): Generator<Element> {
  const count = countParts();
  for (let at = from; at < to; ) {
    const element = elementAt(view, at, to);
    count();
    yield element;
    at = element.end;
  }
}

/** Nothing is left in it, and every place behind it stays what it was. */
export function blank(view: Buffer, { start, end }: Element): void {
  const bytes = end - start;
  view.fill(0, start, end);
  view[start] = 0xec;
  if (bytes <= 128) view[start + 1] = 0x80 | (bytes - 2);
  else {
    view[start + 1] = 0x01;
    view.writeUIntBE(bytes - 9, start + 3, 6);
  }
}

/** Says how long an element has become, in the bytes that there are for it; "not told" where they are too few. */
export function resize(view: Buffer, { sizeAt, body, open }: Element, size: number): void {
  if (open) return;
  const width = body - sizeAt;
  const fits = size < 2 ** (7 * width) - 1;
  for (let at = body - 1, left = size; at >= sizeAt; at--, left = Math.floor(left / 256)) view[at] = fits ? left % 256 : 0xff;
  const marker = 0x80 >> (width - 1);
  view[sizeAt] = fits ? (view[sizeAt] as number) | marker : (marker << 1) - 1;
}

export function makeElement(id: number, ...content: Buffer[]): Buffer {
  const name = Buffer.from(id.toString(16), "hex");
  const size = Buffer.alloc(8);
  size[0] = 0x01;
  size.writeUIntBE(
    content.reduce((sum, piece) => sum + piece.length, 0),
    2,
    6,
  );
  return Buffer.concat([name, size, ...content]);
}
