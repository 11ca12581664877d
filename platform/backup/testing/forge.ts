/** Backups that no program of ours would make. */
import { createHash } from "node:crypto";
import { readFile, writeFile } from "node:fs/promises";
import { type Manifest, manifestName, sealName } from "../format.ts";
import { padding, tarHeader } from "../tar-writer.ts";
import { verifyBackup } from "../verify.ts";

export interface Piece {
  name: string;
  content: Buffer;
  /** Of a tar entry: "0" is a file. */
  type?: string;
}

export async function piecesOf(path: string): Promise<Piece[]> {
  const [{ places }, whole] = [await verifyBackup(path), await readFile(path)];
  return [...places].map(([name, { offset, bytes }]) => ({ name, content: whole.subarray(offset, offset + bytes) }));
}

export function tarOf(pieces: readonly Piece[]): Buffer {
  const blocks = pieces.flatMap(({ name, content, type = "0" }) => [
    tarHeader(name, content.length, new Date(0), type),
    content,
    Buffer.alloc(padding(content.length)),
  ]);
  return Buffer.concat([...blocks, Buffer.alloc(1024)]);
}

const hash = (content: Buffer) => createHash("sha256").update(content).digest("hex");

/** With a manifest that says what `change` makes of it, sealed as ours are. */
export function resealed(pieces: readonly Piece[], change: (manifest: Manifest) => void): Piece[] {
  const manifest = JSON.parse(pieces.find(({ name }) => name === manifestName)?.content.toString() ?? "") as Manifest;
  change(manifest);
  const content = Buffer.from(JSON.stringify(manifest));
  return pieces.map((piece) =>
    piece.name === manifestName
      ? { ...piece, content }
      : piece.name === sealName
        ? { ...piece, content: Buffer.from(hash(content)) }
        : piece,
  );
}

export async function write(path: string, pieces: readonly Piece[]): Promise<string> {
  await writeFile(path, tarOf(pieces));
  return path;
}
