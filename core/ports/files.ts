/** Where bytes live: a folder or S3. */
import type { Readable } from "node:stream";

export interface StoredFile {
  bytes: number;
  /** Hex SHA-256. */
  sha256: string;
}

/** Inclusive byte positions. */
export interface ByteRange {
  start: number;
  end: number;
}

/** Keys are ours: `[a-z0-9._/-]`, relative, no `..`; anything else is a programming error and is refused. */
export interface FileStore {
  /** Streams to the end or leaves nothing: a file is never seen half written. Failure `storage_full`, `storage_unavailable`. */
  put(key: string, body: Readable | Uint8Array, options?: { mediaType?: string; signal?: AbortSignal }): Promise<StoredFile>;
  /** Failure `unknown_artifact` when there is no such file. */
  open(key: string, range?: ByteRange): Promise<Readable>;
  stat(key: string): Promise<{ bytes: number } | undefined>;
  /** No error for a missing one. */
  remove(key: string): Promise<void>;
  list(prefix: string): AsyncIterable<{ key: string; bytes: number; modifiedAt: Date }>;
  /** Writes, reads and removes a small file; throws the Failure that a job would meet. */
  check(): Promise<void>;
}
