/** Stored files into the tar, each compared with what its row says of it. */
import { Failure } from "../../core/failure.ts";
import type { FileStore } from "../../core/ports/files.ts";
import { type AbsentFile, type FileEntry, fileEntry } from "./format.ts";
import { size } from "./room.ts";
import type { StoredRow } from "./rows-out.ts";
import type { TarWriter } from "./tar-writer.ts";

const tries = 3;

export interface FilesOut {
  files: FileEntry[];
  /** Missing, changed or unreadable. */
  lacking: AbsentFile[];
}

/** What breaks the tar itself must not be taken for a file that cannot be read. */
async function* read(files: Pick<FileStore, "open">, key: string, tell: (error: unknown) => void, signal: AbortSignal | undefined) {
  const source = await files.open(key).catch((error: unknown) => {
    tell(error);
    throw error;
  });
  try {
    for await (const chunk of source) {
      signal?.throwIfAborted();
      yield chunk as Buffer;
    }
  } catch (error) {
    tell(error);
    throw error;
  } finally {
    source.destroy();
  }
}

function reason(error: unknown): string {
  if (error instanceof Failure) return error.code === "unknown_artifact" ? "it is not there" : error.message;
  return `it cannot be read (${(error as NodeJS.ErrnoException | null)?.code ?? "no reason is known"})`;
}

/** Failures of the store that say "not now" end the backup; what is wrong with one file does not. */
export async function writeFiles(
  rows: readonly StoredRow[],
  parts: { files: Pick<FileStore, "open">; tar: TarWriter; signal?: AbortSignal | undefined; done?: (bytes: number) => void },
): Promise<FilesOut> {
  const { files, tar, signal, done } = parts;
  const out: FilesOut = { files: [], lacking: [] };
  for (const { key, bytes, sha256, mediaType, artifact, name } of rows) {
    let why: string | undefined;
    for (let round = 1; round <= tries; round++) {
      signal?.throwIfAborted();
      let broken: { error: unknown } | undefined;
      why = undefined;
      const tell = (error: unknown) => {
        broken = { error };
      };
      try {
        await tar.add(fileEntry(key), read(files, key, tell, signal), (written) => {
          if (written.bytes !== bytes) why = `it has ${size(written.bytes)} instead of ${size(bytes)}`;
          else if (written.sha256 !== sha256) why = "its content is not what was stored";
          return why === undefined;
        });
      } catch (error) {
        signal?.throwIfAborted();
        if (!broken) throw error;
        why = reason(broken.error);
        if (broken.error instanceof Failure && broken.error.retryable && round === tries) throw broken.error;
        if (broken.error instanceof Failure && !broken.error.retryable) break;
        continue;
      }
      // read whole: a further look would find the same
      break;
    }
    if (why === undefined) out.files.push({ key, bytes, sha256, mediaType });
    else out.lacking.push({ key, artifact, name, why });
    done?.(bytes);
  }
  return out;
}
