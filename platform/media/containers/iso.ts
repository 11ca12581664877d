/** MP4, MOV and M4A: what is said about it is blanked where it lies and ours stands at the end, so that every place in its index stays right and the index stays first. */
import { brokenFile } from "../kinds.ts";
import type { Marks } from "../marks.ts";
import { bufferOf, type Container, saidByXmp } from "./container.ts";
import { type Box, blank, boxes, inside, makeBox } from "./iso-boxes.ts";
import { sampleRanges } from "./iso-samples.ts";

/** What an XMP packet's box begins with. */
const xmpId = Buffer.from("be7acfcb97a942e89c71999491e3afac", "hex");
const outermost = new Set("ftyp styp pdin wide moov mdat moof mfra sidx ssix".split(" "));
const words = new Set("udta meta uuid free skip".split(" "));
/** Of tracks: what is seen, heard or read. Others tell where and with what it was taken. */
const shown = new Set("vide auxv soun text sbtl subt clcp tmcd".split(" "));

function blankTimes(view: Buffer, { body, end }: Box): void {
  const bytes = view[body] === 1 ? 16 : 8;
  view.fill(0, body + 4, Math.min(body + 4 + bytes, end));
}

function blankSamples(view: Buffer, track: Box): void {
  let left = view.length;
  for (const { from, to } of sampleRanges(view, track)) {
    left -= to - from;
    if (to > view.length || left < 0) throw brokenFile("its index points to where nothing is");
    view.fill(0, from, to);
  }
}

function cleanTrack(view: Buffer, track: Box): void {
  const handler = inside(view, track, "mdia", "hdlr");
  if (handler && !shown.has(view.toString("latin1", handler.body + 8, handler.body + 12))) {
    blankSamples(view, track);
    blank(view, track);
    return;
  }
  // the name of the program that wrote it, as a rule
  if (handler) view.fill(0, Math.min(handler.body + 24, handler.end), handler.end);
  for (const box of boxes(view, track.body, track.end)) {
    if (words.has(box.type)) blank(view, box);
    if (box.type === "tkhd") blankTimes(view, box);
    if (box.type !== "mdia") continue;
    for (const part of boxes(view, box.body, box.end)) {
      if (words.has(part.type)) blank(view, part);
      if (part.type === "mdhd") blankTimes(view, part);
    }
  }
}

function clean(view: Buffer, top: readonly Box[]): void {
  for (const box of top) {
    if (!outermost.has(box.type)) blank(view, box);
    // "to the end of the file" would swallow what is put there
    if (box.type === "mdat" && view.readUInt32BE(box.start) === 0) view.writeUInt32BE(box.end - box.start, box.start);
    if (box.type !== "moov") continue;
    for (const part of boxes(view, box.body, box.end)) {
      if (words.has(part.type)) blank(view, part);
      if (part.type === "mvhd") blankTimes(view, part);
      if (part.type === "trak") cleanTrack(view, part);
    }
  }
}

function rewritten(bytes: Uint8Array, added: Buffer): Buffer {
  const view = bufferOf(bytes);
  const all = [...boxes(view, 0, view.length)];
  const last = all.findLastIndex(({ type }) => outermost.has(type));
  const top = all.slice(0, last + 1);
  if (!top.some(({ type }) => type === "moov")) throw brokenFile("it ends too early: its index is missing");
  const fragments = top.at(-1)?.type === "mfra" ? (top.pop() as Box) : undefined;
  const place = top[top.findLastIndex(({ type }) => outermost.has(type))]?.end ?? 0;
  // the list of fragments must stay the last of all
  const out = Buffer.concat([view.subarray(0, place), added, view.subarray(fragments?.start ?? place, fragments?.end ?? place)]);
  clean(
    out,
    top.filter(({ end }) => end <= place),
  );
  return out;
}

export const iso: Container = {
  strip: (bytes) => rewritten(bytes, Buffer.alloc(0)),
  stamp: (bytes: Uint8Array, marks: Marks) => rewritten(bytes, makeBox("uuid", xmpId, Buffer.from(marks.xmp(true)))),
  said(bytes) {
    const view = bufferOf(bytes);
    for (const { type, body, end } of boxes(view, 0, view.length))
      if (type === "uuid" && view.subarray(body, body + 16).equals(xmpId)) return saidByXmp(view.subarray(body + 16, end));
    return saidByXmp(undefined);
  },
};
