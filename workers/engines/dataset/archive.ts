/** Reads a zip archive of photos: what is in it is listed first and checked by numbers, then each picture is unpacked in memory when it is its turn. */
import type { Readable } from "node:stream";
import { promisify } from "node:util";
import { crc32, inflateRaw } from "node:zlib";
import { type Entry, fromFdPromise, type ZipFile } from "yauzl";
import type { Artifact } from "../../../core/artifact.ts";
import { Failure } from "../../../core/failure.ts";
import { readAll } from "../../../core/uploads.ts";
import { badList, growsTooMuch, kindOf, refused, tooManyEntries, tooMuchUnpacked } from "./archive-rules.ts";
import type { Brought } from "./brought.ts";
import { NotUsable } from "./left-out.ts";
import { archives, maxPictureBytes } from "./limits.ts";
import { byName, shownName } from "./names.ts";
import { closeFile, spool } from "./spool.ts";

export interface Archive {
  /** As a person counts them by name. */
  pictures: Brought[];
  /** Files that are no pictures. */
  others: number;
  close(): void;
}

const inflate = promisify(inflateRaw);

async function unpack(zip: ZipFile, entry: Entry, signal: AbortSignal): Promise<Uint8Array> {
  if (growsTooMuch(entry)) throw new NotUsable("bytes", `${Math.round(entry.uncompressedSize / 1e6)} MB unpacked`);
  try {
    const stream = await zip.openReadStreamPromise(entry, { decodeFileData: false });
    const packed = await readAll(stream, maxPictureBytes, () => new NotUsable("bytes"));
    // the list may lie about the length: unpacking ends where it said
    const limit = Math.max(1, entry.uncompressedSize);
    const bytes = entry.compressionMethod === 0 ? packed : await inflate(packed, { maxOutputLength: limit });
    if (crc32(bytes) !== entry.crc32) throw new NotUsable("broken", "damaged in the archive");
    return bytes;
  } catch (error) {
    signal.throwIfAborted();
    if (error instanceof NotUsable) throw error;
    throw new NotUsable("broken", "cannot be unpacked", error);
  }
}

/** Pictures of other formats are pictures that were brought: they are left out by name. */
const otherFormat = async (): Promise<never> => {
  throw new NotUsable("format");
};

async function list(zip: ZipFile, { id, name }: Artifact, signal: AbortSignal): Promise<Omit<Archive, "close">> {
  const found: Brought[] = [];
  let [others, unpacked] = [0, 0];
  if (zip.entryCount > archives.maxEntries) throw tooManyEntries(shownName(name), zip.entryCount);
  for await (const entry of zip.eachEntry()) {
    signal.throwIfAborted();
    const kind = kindOf(entry, shownName(name));
    if (kind === "other") others++;
    if (kind === "folder" || kind === "other") continue;
    unpacked += entry.uncompressedSize;
    if (kind === "picture" && unpacked > archives.maxUnpacked) throw tooMuchUnpacked(shownName(name));
    const read = kind === "picture" ? (stop: AbortSignal) => unpack(zip, entry, stop) : otherFormat;
    found.push({ name: entry.fileName, source: id, read });
  }
  return { pictures: found.sort(byName).map((picture) => ({ ...picture, name: shownName(picture.name) })), others };
}

/** @throws Failure `invalid_input` for an archive that is not safe, not whole or too large. */
export async function openArchive(artifact: Artifact, body: Readable, scratch: string, signal: AbortSignal): Promise<Archive> {
  const shown = shownName(artifact.name);
  const over = () => refused(shown, `has more than ${archives.maxBytes / 1e6} MB; that is the most. Send the photos in several archives.`);
  const file = await spool(body, { scratch, limit: archives.maxBytes, over, signal });
  let zip: ZipFile;
  try {
    zip = await fromFdPromise(file);
  } catch (error) {
    await closeFile(file);
    throw badList(shown, error);
  }
  // yauzl tells of trouble with the file at any time, and an error that nobody hears ends the process
  zip.on("error", () => {});
  const close = () => zip.close();
  try {
    return { ...(await list(zip, artifact, signal)), close };
  } catch (error) {
    close();
    signal.throwIfAborted();
    throw error instanceof Failure ? error : badList(shown, error);
  }
}
