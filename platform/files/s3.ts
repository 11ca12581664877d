/** Files in an S3 bucket: MinIO, or any server that speaks S3. */
import { PassThrough, type Readable } from "node:stream";
import type { Client } from "minio";
import type { Log } from "../../core/log.ts";
import type { FileStore } from "../../core/ports/files.ts";
import { readBody } from "./body.ts";
import { checkKey, checkPrefix } from "./keys.ts";
import { badRange, checkRange, missingFile } from "./missing.ts";
import { probe } from "./probe.ts";
import { connect, retrying, type S3Options } from "./s3-connection.ts";
import { isMissingObject, s3Code, s3Failure } from "./s3-failures.ts";
import { upload } from "./s3-upload.ts";

const leftoverMs = 24 * 3600_000;

function refuse(error: unknown): never {
  throw s3Failure(error);
}

/** A connection that breaks in the middle is named too, and a reader that leaves closes it. */
function translated(source: Readable): Readable {
  const out = new PassThrough({ highWaterMark: 1 << 18 });
  source.once("error", (error) => out.destroy(s3Failure(error)));
  out.once("close", () => source.destroy());
  return source.pipe(out);
}

/** A missing bucket is created at the first `put` or `check`, where the keys may. */
export function createS3Files(options: S3Options & { log: Log }): FileStore {
  const { bucket, log } = options;
  let connecting: Promise<Client> | undefined;
  const connected = () => {
    connecting ??= connect(options);
    return connecting;
  };
  /** One request, tried again where that may help. */
  const ask = async <T>(call: (client: Client) => Promise<T>): Promise<T> => {
    const client = await connected();
    return retrying(() => call(client));
  };

  // MinIO itself removes such parts after a day; others keep, and charge for, them
  async function sweepLeftovers(): Promise<void> {
    const client = await connected();
    const { uploads } = await client.listIncompleteUploadsQuery(bucket, "", "", "", "");
    for (const { key, uploadId, initiated } of uploads as { key: string; uploadId: string; initiated: Date }[]) {
      if (Date.now() - initiated.getTime() < leftoverMs) continue;
      await client.abortMultipartUpload(bucket, key, uploadId);
      log.info({ key }, "removed what a process that died had not finished storing");
    }
  }

  const files: Omit<FileStore, "check"> = {
    async put(key, source, { mediaType, signal } = {}) {
      const body = readBody(source, signal);
      try {
        checkKey(key);
        body.throwIfAborted();
        await upload({ client: await connected().catch(refuse), bucket, key, mediaType, log }, body);
        return body.stored();
      } finally {
        body.release();
      }
    },

    async open(key, range) {
      checkKey(key);
      if (range) checkRange(range);
      try {
        const source = await ask((client) =>
          range ? client.getPartialObject(bucket, key, range.start, range.end - range.start + 1) : client.getObject(bucket, key),
        );
        return translated(source);
      } catch (error) {
        if (isMissingObject(error)) throw missingFile(error);
        if (range && s3Code(error) === "InvalidRange") throw badRange(range, error);
        throw s3Failure(error);
      }
    },

    async stat(key) {
      checkKey(key);
      try {
        return { bytes: (await ask((client) => client.statObject(bucket, key))).size };
      } catch (error) {
        if (isMissingObject(error)) return undefined;
        throw s3Failure(error);
      }
    },

    async remove(key) {
      checkKey(key);
      try {
        await ask((client) => client.removeObject(bucket, key));
      } catch (error) {
        if (!isMissingObject(error)) throw s3Failure(error);
      }
    },

    async *list(prefix) {
      checkPrefix(prefix);
      try {
        const client = await connected();
        for await (const found of client.listObjectsV2(bucket, prefix, true)) {
          const { name, size, lastModified } = found as { name: string; size: number; lastModified: Date };
          yield { key: name, bytes: size, modifiedAt: lastModified };
        }
      } catch (error) {
        throw s3Failure(error);
      }
    },
  };

  return {
    ...files,
    async check() {
      await probe(files);
      // housekeeping that keys with fewer rights may be refused; nothing depends on it
      await sweepLeftovers().catch((error: unknown) => log.debug({ code: s3Code(error) }, "could not look for unfinished uploads"));
    },
  };
}
