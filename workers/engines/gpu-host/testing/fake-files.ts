/** The files that a training leaves, small: a LoRA with the trainer's metadata, and a picture. */
import { createHash } from "node:crypto";
import { deflateSync } from "node:zlib";

export const sha256 = (bytes: Uint8Array | string): string => createHash("sha256").update(bytes).digest("hex");

export function safetensors(tensors: Record<string, Buffer>, metadata: Record<string, string>): Buffer {
  const header: Record<string, unknown> = { __metadata__: metadata };
  let at = 0;
  for (const [name, data] of Object.entries(tensors)) {
    header[name] = { dtype: "U8", shape: [data.length], data_offsets: [at, at + data.length] };
    at += data.length;
  }
  const text = Buffer.from(JSON.stringify(header));
  const lead = Buffer.alloc(8);
  lead.writeBigUInt64LE(BigInt(text.length));
  return Buffer.concat([lead, text, ...Object.values(tensors)]);
}

/** @param weights 64 characters that depend on every step that was trained. */
export function loraFileOf(run: string, step: number, weights: string): Buffer {
  const tensors = Object.fromEntries(
    ["alpha", "lora_down.weight", "lora_up.weight"].map((kind) => [`lora_unet_block.${kind}`, Buffer.from(weights)]),
  );
  return safetensors(tensors, { ss_output_name: "lora", ss_training_comment: run, ss_steps: String(step) });
}

function crc(bytes: Buffer): number {
  let value = ~0;
  for (const byte of bytes) {
    value ^= byte;
    for (let bit = 0; bit < 8; bit++) value = (value >>> 1) ^ (value & 1 ? 0xedb88320 : 0);
  }
  return ~value >>> 0;
}

/** Gray, `side` pixels square. */
export function png(side = 64): Buffer {
  const chunk = (kind: string, data: Buffer): Buffer => {
    const body = Buffer.concat([Buffer.from(kind), data]);
    const length = Buffer.alloc(4);
    length.writeUInt32BE(data.length);
    const sum = Buffer.alloc(4);
    sum.writeUInt32BE(crc(body));
    return Buffer.concat([length, body, sum]);
  };
  const head = Buffer.alloc(13);
  head.writeUInt32BE(side, 0);
  head.writeUInt32BE(side, 4);
  head.set([8, 2, 0, 0, 0], 8);
  const rows = Buffer.concat(Array.from({ length: side }, () => Buffer.concat([Buffer.alloc(1), Buffer.alloc(side * 3, 127)])));
  return Buffer.concat([
    Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]),
    chunk("IHDR", head),
    chunk("IDAT", deflateSync(rows)),
    chunk("IEND", Buffer.alloc(0)),
  ]);
}
