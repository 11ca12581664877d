/** Small real pictures that depend on nothing but what made them, with the graph inside as ComfyUI puts it there. */
import { createHash } from "node:crypto";
import { crc32 } from "node:zlib";
import sharp, { type Sharp } from "sharp";

function textChunk(key: string, text: string): Buffer {
  // PNG text is Latin-1; ComfyUI writes JSON, which escapes everything else
  const escaped = text.replace(/[\u0080-\uffff]/g, (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, "0")}`);
  const body = Buffer.from(`tEXt${key}\0${escaped}`, "latin1");
  const chunk = Buffer.alloc(body.length + 8);
  chunk.writeUInt32BE(body.length - 4, 0);
  body.copy(chunk, 4);
  chunk.writeUInt32BE(crc32(body), body.length + 4);
  return chunk;
}

async function blocks(key: string, width: number, height: number): Promise<Sharp> {
  const bytes = Buffer.concat(
    ["a", "b", "c", "d", "e", "f"].map((part) =>
      createHash("sha256")
        .update(part + key)
        .digest(),
    ),
  );
  return sharp(bytes, { raw: { width: 8, height: 8, channels: 3 } }).resize(width, height, { kernel: "nearest", fit: "fill" });
}

export async function drawPng(key: string, width: number, height: number, prompt: unknown): Promise<Buffer> {
  const png = await (await blocks(key, width, height)).png({ compressionLevel: 1 }).toBuffer();
  // after the header chunk: 8 bytes of signature, 25 of IHDR
  return Buffer.concat([png.subarray(0, 33), textChunk("prompt", JSON.stringify(prompt)), png.subarray(33)]);
}

export async function drawPreview(key: string): Promise<Buffer> {
  return (await blocks(key, 64, 64)).jpeg().toBuffer();
}
