/** FLAC: blocks of words before the frames of sound. */
import { brokenFile, countParts, endsEarly } from "../kinds.ts";
import type { Marks } from "../marks.ts";
import { commentsOf, readComments, saidByComments, writeComments } from "./comments.ts";
import { bufferOf, type Container } from "./container.ts";

const block = { about: 0, seek: 3, comments: 4 };
/** What a block's length can say. */
const most = 0xffffff;

interface Block {
  type: number;
  data: Buffer;
}

function parts(bytes: Uint8Array): { blocks: Block[]; sound: Buffer } {
  const view = bufferOf(bytes);
  const blocks: Block[] = [];
  const count = countParts();
  for (let at = 4; at + 4 <= view.length; ) {
    const [head, size] = [view[at] as number, view.readUIntBE(at + 1, 3)];
    const end = at + 4 + size;
    if (end > view.length) throw endsEarly();
    count();
    blocks.push({ type: head & 0x7f, data: view.subarray(at + 4, end) });
    at = end;
    // an old tag of MP3 players may hang at the end
    const last = view.toString("latin1", view.length - 128, view.length - 125) === "TAG" ? view.length - 128 : view.length;
    if (head & 0x80) return { blocks, sound: view.subarray(end, Math.max(end, last)) };
  }
  throw brokenFile("what tells how to read it is missing");
}

function assemble(blocks: Block[], sound: Buffer): Buffer {
  const pieces = blocks.flatMap(({ type, data }, index) => {
    const head = Buffer.from([type | (index === blocks.length - 1 ? 0x80 : 0), 0, 0, 0]);
    head.writeUIntBE(data.length, 1, 3);
    return [head, data];
  });
  return Buffer.concat([Buffer.from("fLaC"), ...pieces, sound]);
}

/** Places in the sound are counted from its begin, so that they stay right. */
const bare = (blocks: Block[]) => blocks.filter(({ type }) => type === block.about || type === block.seek);

function stamp(bytes: Uint8Array, marks: Marks): Uint8Array {
  const { blocks, sound } = parts(bytes);
  const all = writeComments(commentsOf(marks));
  const data = all.length <= most ? all : writeComments(commentsOf({ ...marks, json: undefined }));
  return assemble([...bare(blocks), { type: block.comments, data }], sound);
}

export const flac: Container = {
  strip(bytes) {
    const { blocks, sound } = parts(bytes);
    return assemble(bare(blocks), sound);
  },
  stamp,
  said(bytes) {
    const comments = parts(bytes).blocks.find(({ type }) => type === block.comments);
    return saidByComments(comments ? readComments(comments.data) : []);
  },
};
