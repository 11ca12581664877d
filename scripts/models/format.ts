/** Whether a file is what its name says: weights that cannot hold code. Sources: safetensors' README, GGUF's specification (ggml). */
import { open } from "node:fs/promises";
import { Failure } from "../../core/failure.ts";

/** Bytes that are enough for `refuseStart`. */
export const startBytes = 9;
const longestHeader = 100_000_000;

const others = /\.(ckpt|pth?|bin|pickle|pkl|pt2|onnx|h5|msgpack|tar|zip|7z)(\.|$)/i;

/** Failure where the name is not that of weights that cannot hold code. */
export function refuseName(name: string): void {
  if (/^[\w][\w.+-]*\.(safetensors|gguf)$/.test(name)) return;
  const why = others.test(name)
    ? "a file of this kind can hold code that runs when it is loaded"
    : "that is neither .safetensors nor .gguf";
  throw new Failure(
    "unsupported_media",
    `${JSON.stringify(name)} is not fetched: ${why}. Look for the same model as .safetensors or .gguf.`,
  );
}

/** Failure where the first bytes are no weights of that kind: a page of a login, a pickle that was renamed. */
export function refuseStart(name: string, start: Buffer): void {
  const isGguf = name.endsWith(".gguf");
  const length = start.length >= 8 ? start.readBigUInt64LE(0) : 0n;
  const fine = isGguf ? start.subarray(0, 4).toString("latin1") === "GGUF" : start[8] === 0x7b && length >= 2n && length <= longestHeader;
  if (fine) return;
  const seen = /^\s*</.test(start.toString("latin1"))
    ? "The answer is a web page: the source may want a login"
    : "Its first bytes are those of something else";
  throw new Failure("unsupported_media", `${name} is no ${isGguf ? "GGUF" : "safetensors"} file. ${seen}. Nothing was kept.`);
}

/** Failure where a safetensors file is not as long as its own header says. GGUF has no such figure. */
export async function refuseTruncated(path: string, name: string): Promise<void> {
  if (name.endsWith(".gguf")) return;
  const file = await open(path, "r");
  try {
    const { size } = await file.stat();
    const head = Buffer.alloc(8);
    await file.read(head, 0, 8, 0);
    const length = Number(head.readBigUInt64LE(0));
    const text = Buffer.alloc(Math.min(length, size));
    await file.read(text, 0, text.length, 8);
    let header: Record<string, { data_offsets?: [number, number] }>;
    try {
      header = JSON.parse(text.toString("utf8"));
    } catch (error) {
      throw new Failure("unsupported_media", `${name} has no readable header: it is damaged or no safetensors file. Fetch it again.`, {
        cause: error,
      });
    }
    const end = Math.max(0, ...Object.values(header).map((tensor) => tensor.data_offsets?.[1] ?? 0));
    if (8 + length + end !== size)
      throw new Failure(
        "unsupported_media",
        `${name} has ${size} bytes, its header says ${8 + length + end}: it is cut or damaged. Fetch it again.`,
      );
  } finally {
    await file.close();
  }
}
