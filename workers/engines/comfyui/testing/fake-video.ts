/** Videos of a fake ComfyUI: a real one that plays, told apart by what it was made of. */
import { readFileSync } from "node:fs";

/** H.264, yuv420p, 64 x 64, 9 frames, 8 a second; made once by ffmpeg from its test picture. */
export const tinyVideo = (): Buffer => readFileSync(new URL("./tiny.mp4", import.meta.url));

/** @param key what it depends on: another one gives other bytes. */
export function makeVideo(key: string, prompt: unknown): Buffer {
  // a box that players skip; ComfyUI puts the graph into the file too
  const text = Buffer.from(`${key} ${JSON.stringify(prompt)}`);
  const head = Buffer.alloc(8);
  head.writeUInt32BE(text.length + 8);
  head.write("free", 4, "latin1");
  return Buffer.concat([tinyVideo(), head, text]);
}

/** Frames of a PNG: more than one where it moves. */
export function framesOf(png: Buffer | undefined): number {
  const at = png?.subarray(0, 200).indexOf("acTL") ?? -1;
  return png && at > 0 ? png.readUInt32BE(at + 4) : 1;
}
