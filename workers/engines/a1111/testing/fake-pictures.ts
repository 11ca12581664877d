/** Small real pictures that depend on nothing but what made them, with A1111's text inside. */
import { createHash } from "node:crypto";
import { crc32 } from "node:zlib";
import sharp from "sharp";

export const hashOf = (value: unknown): string => createHash("sha256").update(JSON.stringify(value)).digest("hex");

async function blocks(key: string, width: number, height: number) {
  const bytes = Buffer.concat(
    ["a", "b", "c", "d", "e", "f"].map((part) =>
      createHash("sha256")
        .update(part + key)
        .digest(),
    ),
  );
  return sharp(bytes, { raw: { width: 8, height: 8, channels: 3 } }).resize(width, height, { kernel: "nearest", fit: "fill" });
}

function textChunk(key: string, text: string): Buffer {
  const body = Buffer.from(`tEXt${key}\0${text.replace(/[^\x20-\x7e\n]/g, "?")}`, "latin1");
  const chunk = Buffer.alloc(body.length + 8);
  chunk.writeUInt32BE(body.length - 4, 0);
  body.copy(chunk, 4);
  chunk.writeUInt32BE(crc32(body), body.length + 4);
  return chunk;
}

export async function drawPng(key: string, width: number, height: number, parameters: string): Promise<Buffer> {
  const png = await (await blocks(key, width, height)).png({ compressionLevel: 1 }).toBuffer();
  // after the header chunk: 8 bytes of signature, 25 of IHDR
  return Buffer.concat([png.subarray(0, 33), textChunk("parameters", parameters), png.subarray(33)]);
}

export const drawPreview = async (key: string): Promise<Buffer> => (await blocks(key, 64, 64)).jpeg().toBuffer();
