/** One object of unknown length: small ones in one request, larger ones in parts that become visible all at once or not at all. */
import type { Client } from "minio";
import type { Log } from "../../core/log.ts";
import type { Body } from "./body.ts";
import { retrying } from "./s3-connection.ts";
import { s3Code, s3Failure } from "./s3-failures.ts";

/** Bytes of a part; 10 000 parts are allowed: 80 GB. At most two parts are in memory. */
const partSize = 8 << 20;

/** Chunks gathered into parts of `partSize`, the last one shorter. */
async function* parts(chunks: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  let gathered: Buffer[] = [];
  let size = 0;
  for await (const given of chunks) {
    for (let chunk = given; chunk.length > 0; ) {
      const piece = chunk.subarray(0, partSize - size);
      chunk = chunk.subarray(piece.length);
      gathered.push(piece);
      size += piece.length;
      if (size < partSize) continue;
      yield Buffer.concat(gathered);
      gathered = [];
      size = 0;
    }
  }
  if (size > 0) yield Buffer.concat(gathered);
}

export interface Target {
  client: Client;
  bucket: string;
  key: string;
  mediaType: string | undefined;
  log: Log;
}

async function named<T>(call: () => Promise<T>): Promise<T> {
  try {
    return await retrying(call);
  } catch (error) {
    throw s3Failure(error);
  }
}

/** Creates the bucket where it is missing; a key that may not create buckets meets the Failure that says so. */
async function withBucket<T>({ client, bucket, log }: Target, call: () => Promise<T>): Promise<T> {
  return named(async () => {
    try {
      return await call();
    } catch (error) {
      if (s3Code(error) !== "NoSuchBucket") throw error;
      await client.makeBucket(bucket).catch((refusal: unknown) => {
        if (s3Code(refusal) === "BucketAlreadyOwnedByYou") return;
        throw s3Code(refusal) === "AccessDenied" ? error : refusal;
      });
      log.info({ bucket }, "created the bucket");
      return call();
    }
  });
}

/** Where the answer to a first try was lost, the second finds no such upload: then the object itself tells. */
async function complete(
  { client, bucket, key }: Target,
  id: string,
  etags: { part: number; etag: string }[],
  bytes: number,
): Promise<void> {
  let tries = 0;
  await named(async () => {
    tries += 1;
    try {
      await client.completeMultipartUpload(bucket, key, id, etags);
    } catch (error) {
      if (tries === 1 || s3Code(error) !== "NoSuchUpload") throw error;
      const found = await client.statObject(bucket, key).catch(() => undefined);
      if (found?.size !== bytes || !found.etag.endsWith(`-${etags.length}`)) throw error;
    }
  });
}

export async function upload(target: Target, body: Body): Promise<void> {
  const { client, bucket, key, mediaType, log } = target;
  const headers = mediaType ? { "Content-Type": mediaType } : {};
  let first: Buffer | undefined;
  let id: string | undefined;
  const etags: { part: number; etag: string }[] = [];

  // the client's own streaming upload resumes whatever upload of this key it finds, and mixes two that run at once
  const send = async (part: Buffer) => {
    const uploadID = id as string;
    const partNumber = etags.length + 1;
    const sent = named(() => client.uploadPart({ bucketName: bucket, objectName: key, uploadID, partNumber, headers: {} }, part));
    sent.catch(() => undefined);
    etags.push({ part: partNumber, etag: (await Promise.race([sent, body.aborted])).etag });
  };

  try {
    for await (const part of parts(body.chunks)) {
      if (first === undefined) {
        first = part;
        continue;
      }
      if (id === undefined) {
        id = await withBucket(target, () => client.initiateNewMultipartUpload(bucket, key, headers));
        await send(first);
      }
      await send(part);
    }
    // from here on an abort comes too late: the object may already be there
    body.throwIfAborted();
    const uploadId = id;
    if (uploadId === undefined)
      await withBucket(target, () => client.putObject(bucket, key, first ?? Buffer.alloc(0), first?.length ?? 0, headers));
    else await complete(target, uploadId, etags, body.stored().bytes);
  } catch (error) {
    const uploadId = id;
    if (uploadId !== undefined) {
      await retrying(() => client.abortMultipartUpload(bucket, key, uploadId)).catch((refusal: unknown) =>
        log.warn({ key, code: s3Code(refusal) }, "the parts of a broken upload stay until the next check"),
      );
    }
    throw error;
  }
}
