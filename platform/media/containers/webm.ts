/** WebM: what is said about it is blanked where it lies and ours stands at the end, so that every place in its index stays right. */
import { brokenFile, countParts } from "../kinds.ts";
import type { Marks } from "../marks.ts";
import { commentsOf, saidByComments } from "./comments.ts";
import { bufferOf, type Container, mostWords } from "./container.ts";
import { blank, type Element, elementAt, elements, makeElement, resize } from "./ebml.ts";

const id = {
  header: 0x1a45dfa3,
  segment: 0x18538067,
  seekHead: 0x114d9b74,
  seek: 0x4dbb,
  seekId: 0x53ab,
  seekPlace: 0x53ac,
  info: 0x1549a966,
  tracks: 0x1654ae6b,
  entry: 0xae,
  cluster: 0x1f43b675,
  cues: 0x1c53bb6b,
  chapters: 0x1043a770,
  attachments: 0x1941a469,
  tags: 0x1254c367,
  tag: 0x7373,
  targets: 0x63c0,
  simple: 0x67c8,
  tagName: 0x45a3,
  tagText: 0x4487,
  checksum: 0xbf,
  muxer: 0x4d80,
  writer: 0x5741,
};
/** Of the parts of a segment: what a player needs. */
const kept = new Set([id.seekHead, id.info, id.tracks, id.cluster, id.cues]);
const levelOne = new Set([...kept, id.chapters, id.attachments, id.tags]);
/** Title, date, names of files, and the name of a track. */
const words = new Set([0x7ba9, 0x4461, 0x7384, 0x3c83ab, 0x3e83bb, 0x536e]);

/** A cluster whose length is not told ends where the next part of the segment begins. */
function endOf(view: Buffer, element: Element, to: number): number {
  if (!element.open) return element.end;
  if (element.id !== id.cluster) throw brokenFile("what it says of its own parts does not fit together");
  let at = element.body;
  while (at < to) {
    const next = elementAt(view, at, to);
    if (levelOne.has(next.id)) break;
    at = next.end;
  }
  return at;
}

function segmentOf(view: Buffer): { segment: Element; parts: Element[] } {
  const segment = [...elements(view, 0, view.length)].find((element) => element.id === id.segment);
  if (!segment) throw brokenFile("it ends too early: its content is missing");
  const parts: Element[] = [];
  const count = countParts();
  for (let at = segment.body; at < segment.end; at = (parts.at(-1) as Element).end) {
    const element = elementAt(view, at, segment.end);
    count();
    parts.push({ ...element, end: endOf(view, element, segment.end) });
  }
  return { segment, parts };
}

/** An entry of the list of parts. @param tagsAt where ours stand, by which readers find them that stop at the first frame */
function cleanSeek(view: Buffer, seek: Element, tagsAt: number | undefined): void {
  const parts = [...elements(view, seek.body, seek.end)];
  const name = parts.find((element) => element.id === id.seekId);
  const place = parts.find((element) => element.id === id.seekPlace);
  const target = name && name.end - name.body === 4 ? view.readUInt32BE(name.body) : undefined;
  if (target === id.tags && tagsAt !== undefined && place && tagsAt < 256 ** (place.end - place.body)) {
    for (let at = place.end - 1, left = tagsAt; at >= place.body; at--, left = Math.floor(left / 256)) view[at] = left % 256;
  } else if (target === undefined || !kept.has(target)) blank(view, seek);
}

function cleanPart(view: Buffer, part: Element, tagsAt: number | undefined): void {
  if (!kept.has(part.id)) blank(view, part);
  if (part.id !== id.seekHead && part.id !== id.info && part.id !== id.tracks) return;
  for (const child of elements(view, part.body, part.end)) {
    if (child.id === id.checksum || words.has(child.id)) blank(view, child);
    // must be there, may be empty
    if (child.id === id.muxer || child.id === id.writer) view.fill(0, child.body, child.end);
    if (child.id === id.entry)
      for (const about of elements(view, child.body, child.end)) if (about.id === id.checksum || words.has(about.id)) blank(view, about);
    if (child.id === id.seek) cleanSeek(view, child, tagsAt);
  }
}

function rewritten(bytes: Uint8Array, added: Buffer): Buffer {
  const view = bufferOf(bytes);
  const { segment, parts } = segmentOf(view);
  const last = parts.findLastIndex((part) => kept.has(part.id));
  if (last < 0) throw brokenFile("it ends too early: its content is missing");
  const end = (parts[last] as Element).end;
  const out = Buffer.concat([view.subarray(0, end), added]);
  for (const part of parts.slice(0, last + 1)) cleanPart(out, part, added.length > 0 ? end - segment.body : undefined);
  resize(out, segment, out.length - segment.body);
  return out;
}

function tags(marks: Marks): Buffer {
  const each = commentsOf(marks).map(([name, text]) =>
    makeElement(id.simple, makeElement(id.tagName, Buffer.from(name)), makeElement(id.tagText, Buffer.from(text))),
  );
  return makeElement(id.tags, makeElement(id.tag, makeElement(id.targets), ...each));
}

function* comments(view: Buffer, around: Element): Generator<[string, string]> {
  for (const tag of elements(view, around.body, around.end)) {
    if (tag.id !== id.tag) continue;
    for (const simple of elements(view, tag.body, tag.end)) {
      if (simple.id !== id.simple) continue;
      const all = [...elements(view, simple.body, simple.end)];
      const text = (wanted: number) => {
        const found = all.find((element) => element.id === wanted);
        return found && found.end - found.body <= mostWords ? view.toString("utf8", found.body, found.end) : "";
      };
      yield [text(id.tagName), text(id.tagText)];
    }
  }
}

export const webm: Container = {
  strip: (bytes) => rewritten(bytes, Buffer.alloc(0)),
  stamp: (bytes, marks) => rewritten(bytes, tags(marks)),
  said(bytes) {
    const view = bufferOf(bytes);
    const all = segmentOf(view).parts.filter((part) => part.id === id.tags);
    return saidByComments(all.flatMap((part) => [...comments(view, part)]));
  },
};
