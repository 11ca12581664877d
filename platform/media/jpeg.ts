/** JPEG segments: pixels are never encoded again; what is said about the picture is taken out or put in. */
import { brokenPicture } from "./kinds.ts";
import type { Marks } from "./marks.ts";

const xmpHeader = "http://ns.adobe.com/xap/1.0/\0";

interface Segment {
  marker: number;
  /** Marker, length and payload; for a scan also its coded pixels. */
  whole: Buffer;
  payload: Buffer;
}

function scanEnd(view: Buffer, from: number): number {
  for (let at = view.indexOf(0xff, from); at !== -1; at = view.indexOf(0xff, at + 1)) {
    const next = view[at + 1];
    // stuffed bytes, fill bytes and restart markers belong to the scan
    if (next === undefined) break;
    if (next !== 0 && next !== 0xff && !(next >= 0xd0 && next <= 0xd7)) return at;
  }
  throw brokenPicture("it ends too early");
}

/** Up to and with the end marker; what follows it (other pictures, a video) is no part of this one. Throws Failure `unsupported_media`. */
function segments(bytes: Uint8Array): Segment[] {
  const view = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const found: Segment[] = [];
  for (let at = 2; at + 2 <= view.length; ) {
    if (view[at] !== 0xff) throw brokenPicture("a part of it was changed or damaged");
    const marker = view[at + 1] as number;
    if (marker === 0xff) {
      at += 1;
      continue;
    }
    const bare = marker === 0xd9 || marker === 0x01 || (marker >= 0xd0 && marker <= 0xd7);
    if (!bare && at + 4 > view.length) break;
    const head = bare ? at + 2 : at + 2 + view.readUInt16BE(at + 2);
    if (head > view.length) break;
    const end = marker === 0xda ? scanEnd(view, head) : head;
    found.push({ marker, whole: view.subarray(at, end), payload: view.subarray(Math.min(at + 4, head), head) });
    if (marker === 0xd9) return found;
    at = end;
  }
  throw brokenPicture("it ends too early");
}

const says = ({ payload }: Segment, text: string) => payload.toString("latin1", 0, text.length) === text;

/** Of the application segments only those that the colours depend on, and JFIF's. */
function isPicture(segment: Segment): boolean {
  const { marker } = segment;
  if (marker === 0xe0) return says(segment, "JFIF\0");
  if (marker === 0xe2) return says(segment, "ICC_PROFILE\0");
  if (marker === 0xee) return says(segment, "Adobe");
  return !(marker >= 0xe0 && marker <= 0xef) && marker !== 0xfe;
}

const start = Buffer.from([0xff, 0xd8]);

export function stripJpeg(bytes: Uint8Array): Uint8Array {
  return Buffer.concat([
    start,
    ...segments(bytes)
      .filter(isPicture)
      .map(({ whole }) => whole),
  ]);
}

export function stampJpeg(bytes: Uint8Array, marks: Marks): Uint8Array {
  const parts = segments(bytes).filter(isPicture);
  const payload = Buffer.from(xmpHeader + marks.xmp(true));
  // a recipe too long for one segment even when packed is left out; that a model made the picture is still said
  const fits = payload.length <= 65_533 ? payload : Buffer.from(xmpHeader + marks.xmp(false));
  const head = Buffer.from([0xff, 0xe1, 0, 0]);
  head.writeUInt16BE(fits.length + 2, 2);
  const jfif = parts[0]?.marker === 0xe0 ? 1 : 0;
  const whole = parts.map((part) => part.whole);
  return Buffer.concat([start, ...whole.slice(0, jfif), head, fits, ...whole.slice(jfif)]);
}

export function jpegXmp(bytes: Uint8Array): string | undefined {
  const found = segments(bytes).find((segment) => segment.marker === 0xe1 && says(segment, xmpHeader));
  return found?.payload.toString("utf8", xmpHeader.length);
}
