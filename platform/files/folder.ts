/** Files in a folder, private to this user: written aside, synced, and only then given their name. */
import { randomBytes } from "node:crypto";
import { createReadStream } from "node:fs";
import { type FileHandle, mkdir, open, readdir, rmdir, stat, unlink } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import type { Log } from "../../core/log.ts";
import { silentLog } from "../../core/log.ts";
import type { FileStore } from "../../core/ports/files.ts";
import { type Body, readBody } from "./body.ts";
import { moveIntoPlace } from "./durable.ts";
import { folderFailure } from "./folder-failures.ts";
import { checkKey, checkPrefix } from "./keys.ts";
import { badRange, checkRange, missingFile } from "./missing.ts";
import { probe } from "./probe.ts";
import { walk } from "./walk.ts";

/** Longer than any upload may pause. */
const leftoverMs = 24 * 3600_000;

function isMissing(error: unknown): boolean {
  const code = (error as NodeJS.ErrnoException | null)?.code;
  return code === "ENOENT" || code === "ENOTDIR" || code === "EISDIR";
}

async function named<T>(work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    throw folderFailure(error);
  }
}

/** @param folder made when first needed, with mode 0700 (files 0600). */
export function createFolderFiles(folder: string, options: { log?: Log } = {}): FileStore {
  const root = resolve(folder);
  const log = options.log ?? silentLog;
  // on the same disk as what it becomes, and no key may begin with a dot
  const incoming = join(root, ".incoming");

  async function create(): Promise<{ path: string; file: FileHandle }> {
    await mkdir(incoming, { recursive: true, mode: 0o700 });
    const path = join(incoming, randomBytes(12).toString("hex"));
    return { path, file: await open(path, "wx", 0o600) };
  }

  async function write(file: FileHandle, body: Body): Promise<void> {
    try {
      for await (const chunk of body.chunks) await named(file.writeFile(chunk));
      body.throwIfAborted();
      await named(file.sync());
    } finally {
      await file.close();
    }
  }

  async function sweepLeftovers(): Promise<void> {
    for (const name of await readdir(incoming)) {
      const path = join(incoming, name);
      const found = await stat(path).catch(() => undefined);
      if (!found || Date.now() - found.mtimeMs < leftoverMs) continue;
      await unlink(path).catch(() => undefined);
      log.info({ bytes: found.size }, "removed what a process that died had not finished storing");
    }
  }

  const files: Omit<FileStore, "check"> = {
    async put(key, source, { signal } = {}) {
      const body = readBody(source, signal);
      try {
        const target = join(root, checkKey(key));
        body.throwIfAborted();
        const { path, file } = await named(create());
        try {
          await write(file, body);
          await named(moveIntoPlace(path, target));
        } catch (error) {
          await unlink(path).catch(() => undefined);
          throw error;
        }
        return body.stored();
      } finally {
        body.release();
      }
    },

    async open(key, range) {
      const path = join(root, checkKey(key));
      if (range) checkRange(range);
      const file = await open(path, "r").catch((error: unknown) => {
        throw isMissing(error) ? missingFile(error) : folderFailure(error);
      });
      try {
        const found = await named(file.stat());
        if (!found.isFile()) throw missingFile();
        if (range && range.start >= found.size) throw badRange(range);
      } catch (error) {
        await file.close();
        throw error;
      }
      return createReadStream(path, { fd: file, ...range, highWaterMark: 1 << 20 });
    },

    async stat(key) {
      const path = join(root, checkKey(key));
      try {
        const found = await stat(path);
        return found.isFile() ? { bytes: found.size } : undefined;
      } catch (error) {
        if (isMissing(error)) return undefined;
        throw folderFailure(error);
      }
    },

    async remove(key) {
      const path = join(root, checkKey(key));
      try {
        await unlink(path);
      } catch (error) {
        if (!isMissing(error)) throw folderFailure(error);
      }
      // empty folders are of no use; one that is not empty refuses
      for (let parent = dirname(path); parent !== root; parent = dirname(parent)) {
        if (
          !(await rmdir(parent).then(
            () => true,
            () => false,
          ))
        )
          return;
      }
    },

    async *list(prefix) {
      checkPrefix(prefix);
      try {
        yield* walk(root, prefix);
      } catch (error) {
        throw folderFailure(error);
      }
    },
  };

  return {
    ...files,
    async check() {
      await probe(files);
      await named(sweepLeftovers());
    },
  };
}
