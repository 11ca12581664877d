/** Buckets, objects and unfinished uploads of the test S3 server: what is small in memory, bytes on disk. */
import { createHash, randomBytes } from "node:crypto";
import { createReadStream } from "node:fs";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { Refused } from "./s3-signature.ts";

interface Piece {
  path: string;
  bytes: number;
  md5: Buffer;
}

export interface StoredObject {
  pieces: Piece[];
  bytes: number;
  etag: string;
  type: string;
  modified: Date;
}

export interface Bucket {
  objects: Map<string, StoredObject>;
  uploads: Map<string, { key: string; type: string; parts: Map<number, Piece>; initiated: Date }>;
}

export async function storePiece(folder: string, bytes: Buffer): Promise<Piece> {
  const path = join(folder, randomBytes(8).toString("hex"));
  await writeFile(path, bytes);
  return { path, bytes: bytes.length, md5: createHash("md5").update(bytes).digest() };
}

export function objectOf(pieces: Piece[], type: string, multipart: boolean): StoredObject {
  const md5 = multipart
    ? createHash("md5")
        .update(Buffer.concat(pieces.map((piece) => piece.md5)))
        .digest()
    : pieces[0]?.md5;
  return {
    pieces,
    bytes: pieces.reduce((sum, piece) => sum + piece.bytes, 0),
    etag: `"${md5?.toString("hex")}${multipart ? `-${pieces.length}` : ""}"`,
    type,
    modified: new Date(),
  };
}

/** Joins the named parts; as S3 does it refuses unknown ones and all but the last below 5 MiB. */
export function complete(bucket: Bucket, id: string, xml: string): StoredObject {
  const upload = bucket.uploads.get(id);
  if (!upload) throw new Refused(404, "NoSuchUpload");
  const named = [
    ...xml.matchAll(/<Part>\s*<PartNumber>(\d+)<\/PartNumber>\s*<ETag>(?:&quot;|")?([0-9a-f]+)(?:&quot;|")?<\/ETag>\s*<\/Part>/g),
  ];
  const pieces = named.map(([, number, etag], index) => {
    const piece = upload.parts.get(Number(number));
    if (!piece || piece.md5.toString("hex") !== etag) throw new Refused(400, "InvalidPart");
    if (index > 0 && Number(number) <= Number(named[index - 1]?.[1])) throw new Refused(400, "InvalidPartOrder");
    if (index < named.length - 1 && piece.bytes < 5 << 20) throw new Refused(400, "EntityTooSmall");
    return piece;
  });
  if (pieces.length === 0) throw new Refused(400, "MalformedXML");
  bucket.uploads.delete(id);
  const object = objectOf(pieces, upload.type, true);
  bucket.objects.set(upload.key, object);
  return object;
}

/** Bytes `start` to `end`, both included. */
export async function* read(object: StoredObject, start: number, end: number): AsyncGenerator<Buffer> {
  let at = 0;
  for (const piece of object.pieces) {
    const from = Math.max(0, start - at);
    const to = Math.min(piece.bytes - 1, end - at);
    if (from <= to) yield* createReadStream(piece.path, { start: from, end: to });
    at += piece.bytes;
  }
}
