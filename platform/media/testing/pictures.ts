/** Pictures to test with: noise in every format, as phones and engines leave them, and a recipe full of traps. */
import { crc32 } from "node:zlib";
import sharp from "sharp";
import type { Recipe } from "../../../core/artifact.ts";

export const types = ["image/png", "image/jpeg", "image/webp"] as const;
export const formats = ["png", "jpeg", "webp"] as const;

/** Noise: no decoder can guess what it did not read. */
export function noise(width: number, height: number, channels: 3 | 4 = 3) {
  const data = Buffer.alloc(width * height * channels);
  let seed = 7;
  for (let i = 0; i < data.length; i += 1) {
    seed = (seed * 1_103_515_245 + 12_345) & 0x7fffffff;
    data[i] = seed >> 16;
  }
  return sharp(data, { raw: { width, height, channels } });
}

export const recipe: Recipe = {
  tool: "render_image",
  input: {
    prompt: '狐狸 🦊 in snow — <b>&amp; "quotes"</b>\nline two',
    negative_prompt: "schlecht, ün",
    seed: 42,
    steps: 20,
    width: 64,
    height: 48,
    model: "sdxl.safetensors",
  },
  engine: { id: "comfyui", version: "0.33.0" },
  preview: false,
  generated: true,
  details: { sampler: "euler", control: "\u0001\u007f\u0085\uffff ]]>" },
};

export const pixels = async (bytes: Uint8Array) => {
  const { data, info } = await sharp(bytes).raw().toBuffer({ resolveWithObject: true });
  return { data, width: info.width, height: info.height, channels: info.channels };
};
export const contains = (bytes: Uint8Array, text: string) => Buffer.from(bytes).includes(text);
export const digitalSourceType = "http://cv.iptc.org/newscodes/digitalsourcetype/trainedAlgorithmicMedia";

export function pngChunk(type: string, data: Buffer): Buffer {
  const body = Buffer.concat([Buffer.from(type, "latin1"), data]);
  const out = Buffer.alloc(body.length + 8);
  out.writeUInt32BE(data.length);
  body.copy(out, 4);
  out.writeUInt32BE(crc32(body), body.length + 4);
  return out;
}
export const intoPng = (bytes: Uint8Array, ...chunks: Buffer[]) => Buffer.concat([bytes.subarray(0, 33), ...chunks, bytes.subarray(33)]);

/** A picture as a phone leaves it: turned, with a place and a maker in it. */
export const fromPhone = (format: (typeof formats)[number], orientation = 6, options = {}) =>
  noise(64, 48)
    .withExif({ IFD0: { Make: "PhoneMaker", Copyright: "Me" }, IFD3: { GPSLatitudeRef: "N", GPSLatitude: "59/1 20/1 0/1" } })
    .withXmp(
      `<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"><rdf:Description rdf:about="" xmlns:dc="http://purl.org/dc/elements/1.1/"><dc:creator>Somebody</dc:creator></rdf:Description></rdf:RDF></x:xmpmeta>`,
    )
    .withMetadata({ orientation })
    .toFormat(format, options)
    .toBuffer();
