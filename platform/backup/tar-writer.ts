/** Writes a tar whose entries need not be measured first: each header is written behind its entry, into the place that was left for it. */
import { createHash } from "node:crypto";
import { type FileHandle, open } from "node:fs/promises";

const block = 512;
/** Of two blocks of nothing, as the format wants it. */
export const endBytes = 2 * block;

/** @param bytes of content. */
export const padding = (bytes: number): number => (block - (bytes % block)) % block;

/** Octal, or binary with the first bit set where octal has no room. */
function numeric(target: Buffer, value: number, at: number, length: number): void {
  const octal = value.toString(8);
  if (octal.length < length) {
    target.write(octal.padStart(length - 1, "0"), at, "ascii");
    return;
  }
  target[at] = 0x80;
  target.writeUIntBE(value, at + length - 6, 6);
}

/** A name of more than 100 bytes is cut at a slash. */
function placeName(target: Buffer, name: string): void {
  const cut = Buffer.byteLength(name) <= 100 ? -1 : name.indexOf("/", Buffer.byteLength(name) - 101);
  const [prefix, rest] = cut < 0 ? ["", name] : [name.slice(0, cut), name.slice(cut + 1)];
  if (rest.length > 100 || prefix.length > 155 || rest === "") throw new Error(`no room for the name ${name}`);
  target.write(rest, 0, "utf8");
  target.write(prefix, 345, "utf8");
}

export function tarHeader(name: string, bytes: number, modified: Date, type = "0"): Buffer {
  const header = Buffer.alloc(block);
  placeName(header, name);
  header.write("0000600\0", 100, "ascii");
  header.write("0000000\0", 108, "ascii");
  header.write("0000000\0", 116, "ascii");
  numeric(header, bytes, 124, 12);
  numeric(header, Math.floor(modified.getTime() / 1000), 136, 12);
  header.write(type, 156, "ascii");
  header.write("ustar\x0000", 257, "ascii");
  header.fill(" ", 148, 156);
  const sum = header.reduce((total, byte) => total + byte, 0);
  header.write(`${sum.toString(8).padStart(6, "0")}\0 `, 148, "ascii");
  return header;
}

export interface Written {
  bytes: number;
  /** Hex SHA-256. */
  sha256: string;
  /** Line feeds among the bytes. */
  lines: number;
}

export interface TarWriter {
  /** Streams the content to its end. Where it breaks, or `accept` says no, nothing of the entry is left. */
  add(name: string, content: AsyncIterable<Uint8Array>, accept?: (written: Written) => boolean): Promise<Written>;
  /** Synced and closed; the size of the whole. */
  finish(): Promise<number>;
  /** Closes it in whatever state. */
  close(): Promise<void>;
}

export function linesIn(chunk: Uint8Array): number {
  let lines = 0;
  for (let at = chunk.indexOf(10); at >= 0; at = chunk.indexOf(10, at + 1)) lines++;
  return lines;
}

async function writeAll(file: FileHandle, bytes: Uint8Array, at: number): Promise<number> {
  let done = 0;
  while (done < bytes.length) done += (await file.write(bytes, done, bytes.length - done, at + done)).bytesWritten;
  return done;
}

/** @param path of a file that is not there yet; private to this user. */
export async function createTar(path: string, modified: Date): Promise<TarWriter> {
  const file = await open(path, "wx", 0o600);
  let end = 0;
  return {
    async add(name, content, accept = () => true) {
      let at = end + block;
      const [hash, start] = [createHash("sha256"), at];
      let lines = 0;
      for await (const chunk of content) {
        hash.update(chunk);
        lines += linesIn(chunk);
        at += await writeAll(file, chunk, at);
      }
      const written = { bytes: at - start, sha256: hash.digest("hex"), lines };
      if (!accept(written)) return written;
      await writeAll(file, Buffer.alloc(padding(written.bytes)), at);
      await writeAll(file, tarHeader(name, written.bytes, modified), end);
      end = at + padding(written.bytes);
      return written;
    },
    async finish() {
      await writeAll(file, Buffer.alloc(endBytes), end);
      end += endBytes;
      // behind it may lie what is left of an entry that was not kept
      await file.truncate(end);
      await file.sync();
      await file.close();
      return end;
    },
    close: () => file.close().catch(() => undefined),
  };
}
